"""A client of the workspace's SCIM endpoint, and the small organisation behind it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from omnichannel.accounts.models import User
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from tests.roles.organisation import write_organisation
from tests.roles.scim.client import ScimClient, scim_client


@pytest.fixture
def scim(workspace: Workspace, member: Callable[..., User]) -> ScimClient:
    """An identity provider of an empty workspace."""
    return scim_client(workspace, member("owner"))


@pytest.fixture
def organised(workspace: Workspace, scim: ScimClient) -> ScimClient:
    """An identity provider of a workspace whose organisation came through another door."""
    with workspace_scope(workspace.pk):
        write_organisation()
    return scim
