"""Shared fixtures: the database as the application's role, workspaces, members, clients."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from omnichannel.accounts.models import User
from omnichannel.services.testing import SERVER_OF_THIS_RUN
from omnichannel.workspaces.choices import MemberRole, TokenScope
from omnichannel.workspaces.models import Membership, Workspace
from omnichannel.workspaces.scoping import workspace_scope
from omnichannel.workspaces.services.tokens import create_token
from tests.databases import forget, template

PASSWORD = "correct horse battery"

# A busy machine is no fault of the product: no property fails for the time that an example takes.
property_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("patient")


def pytest_configure() -> None:
    """On a server that has seen other runs nothing that these have made is trusted."""
    if "PYTEST_XDIST_WORKER" not in os.environ and SERVER_OF_THIS_RUN not in os.environ:
        forget()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Create the test database as the owner, from one that is migrated already."""
    connection.settings_dict["OPTIONS"].pop("assume_role", None)
    connection.settings_dict["TEST"]["TEMPLATE"] = template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Run every test as the application's role: it owns nothing and bypasses nothing."""
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:  # only tests empty tables
            cursor.execute(f"grant truncate on all tables in schema public to {settings.APP_ROLE}")
        connection.close()
        connection.settings_dict["OPTIONS"]["assume_role"] = settings.APP_ROLE
    yield
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["OPTIONS"].pop("assume_role")


@pytest.fixture(autouse=True)
def _language_of_its_own() -> Iterator[None]:
    """Start every test in the product's language: a request leaves its own behind in the thread."""
    with translation.override(None):
        translation.activate(settings.LANGUAGE_CODE)
        yield


@pytest.fixture
def workspace(db: None) -> Workspace:
    """The workspace most tests work in."""
    return Workspace.objects.create(slug="acme", name="Acme 云裳")


@pytest.fixture
def other_workspace(db: None) -> Workspace:
    """Another customer, whose rows nobody of acme may see."""
    return Workspace.objects.create(slug="umbrella", name="Umbrella")


@pytest.fixture
def in_workspace(workspace: Workspace) -> Iterator[Workspace]:
    """Open the workspace's scope for the whole test."""
    with workspace_scope(workspace.pk):
        yield workspace


MemberFactory = Callable[..., User]


@pytest.fixture
def member(workspace: Workspace) -> MemberFactory:
    """Make a member: member("hr_lead"), member("guide", person_external_id="E1")."""

    def make(role: str, *, workspace: Workspace = workspace, **ties: str) -> User:
        number = User.objects.count() + 1
        user = User.objects.create_user(f"{role}{number}@{workspace.slug}.test", PASSWORD)
        Membership.objects.create(workspace=workspace, user=user, role=MemberRole(role), **ties)
        return user

    return make


@pytest.fixture
def signed_in(member: MemberFactory) -> Callable[..., Client]:
    """Return a browser-like client signed in as a new member of the role."""

    def make(role: str, **kwargs: object) -> Client:
        client = Client()
        client.force_login(member(role, **kwargs))
        return client

    return make


@pytest.fixture
def api_client(member: MemberFactory, workspace: Workspace) -> Callable[..., APIClient]:
    """Return a REST client with a token of a new member of the role."""

    def make(role: str, *, scope: str = "write", workspace: Workspace = workspace, **kwargs: object) -> APIClient:
        user = member(role, workspace=workspace, **kwargs)
        _token, secret = create_token(workspace, name="test", scope=TokenScope(scope), actor=user)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        return client

    return make
