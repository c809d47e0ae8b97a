"""The outside suite against the view in process; tests/e2e/test_scim.py runs it against a running server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from omnichannel.wsgi import application
from tests.roles.scim.client import ScimClient


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Let requests keep the test's connection, as Django's own client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
def test_scim2_tester_has_no_error(scim: ScimClient) -> None:
    client = WSGISCIMClient(
        application,
        base_url=f"http://testserver/api/v1/workspaces/{scim.slug}/scim/v2",
        headers={"Authorization": f"Bearer {scim.token}"},
    )
    results = check_server(client)
    bad = [(one.title, one.reason) for one in results if one.status is not Status.SUCCESS]
    assert bad == []
    assert len(results) >= 130
