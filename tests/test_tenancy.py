"""Generated from the URLconf, the authorisation table and the model list: a forgotten route or table fails here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from omnichannel.workspaces.checks import all_routes
from omnichannel.workspaces.choices import MemberRole, Rule
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.permissions import authorisation_table, public_routes
from omnichannel.workspaces.rls import is_tenant_table, tenant_links

CELLS = [
    (route, method, role) for route, methods in sorted(authorisation_table().items()) for method, role in
    product(methods, MemberRole)
]  # fmt: skip
TENANT_MODELS = [model for model in apps.get_models() if is_tenant_table(model)]


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (view name, {keyword: converter}) of every route."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, [namespace, entry.namespace]))
            outer = {k: type(c).__name__ for k, c in entry.pattern.converters.items()}
            for name, kwargs in patterns(entry, inner):
                yield name, {**outer, **kwargs}
        elif isinstance(entry, URLPattern):
            name = ":".join(filter(None, [namespace, entry.name]))
            yield name, {k: type(c).__name__ for k, c in entry.pattern.converters.items()}


KWARGS = dict(patterns(get_resolver()))
FILLING = {"IntConverter": "987654", "UUIDConverter": str(uuid.uuid4())}


def url_of(route: str, *, slug: str) -> str:
    """Build the route's URL in a workspace; ids are ones that nobody has."""
    filled = {name: FILLING.get(kind, "nobody-has-this") for name, kind in KWARGS[route].items()}
    return reverse(route, kwargs={**filled, "slug": slug})


def ties() -> dict[str, str]:
    """Tie a member to a unit and a person, so that bounded roles get past admission."""
    return {"unit_external_id": "S0101", "person_external_id": "E1001"}


def test_every_route_stands_in_the_table_and_every_workspace_route_has_its_slug() -> None:
    routes = set(all_routes())
    assert routes == set(authorisation_table()) | public_routes()
    assert all("slug" in KWARGS[route] for route in authorisation_table())
    assert not [route for route in public_routes() if "slug" in KWARGS[route]]
    assert len(CELLS) >= len(authorisation_table()) * len(MemberRole)


def plain(content: bytes, slug: str) -> str:
    """Return an answer's text without what differs by design: the slug that was asked for and masked CSRF tokens."""
    return re.sub(r"[A-Za-z0-9]{64}", "", content.decode()).replace(slug, "")


def is_api(route: str) -> bool:
    """Tell API routes from pages."""
    return url_of(route, slug="x").startswith("/api/")


@pytest.mark.parametrize("role", list(MemberRole))
def test_members_get_what_the_table_says(
    role: MemberRole, workspace: Workspace, signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    page, api = signed_in(role, **ties()), api_client(role, **ties())
    wrong = []
    for route, methods in authorisation_table().items():
        client = api if is_api(route) else page
        for method, rules in methods.items():
            status = client.generic(method, url_of(route, slug=workspace.slug)).status_code
            refused = status == 403
            if refused != (rules[role] is Rule.DENY) or status >= 500 or status in {401, 405}:
                wrong.append((route, method, rules[role].value, status))
    assert wrong == []


@pytest.mark.parametrize("role", list(MemberRole))
def test_an_outsider_gets_404_everywhere_exactly_as_for_a_workspace_that_does_not_exist(
    role: MemberRole,
    workspace: Workspace,
    other_workspace: Workspace,
    signed_in: Callable[..., Client],
    api_client: Callable[..., APIClient],
) -> None:
    page = signed_in(role, workspace=other_workspace, **ties())
    api = api_client(role, workspace=other_workspace, **ties())
    for route, methods in authorisation_table().items():
        client = api if is_api(route) else page
        for method in methods:
            foreign = client.generic(method, url_of(route, slug=workspace.slug))
            random = client.generic(method, url_of(route, slug="no-such-workspace"))
            assert (foreign.status_code, random.status_code) == (404, 404), (route, method)
            assert plain(foreign.content, workspace.slug) == plain(random.content, "no-such-workspace"), (route, method)


def test_nobody_comes_in_without_signing_in(workspace: Workspace) -> None:
    page, api = Client(), APIClient()
    for route, methods in authorisation_table().items():
        for method in methods:
            if is_api(route):
                assert api.generic(method, url_of(route, slug=workspace.slug)).status_code == 401, route
            else:
                answer = page.generic(method, url_of(route, slug=workspace.slug))
                assert answer.status_code == 302, route
                assert answer["Location"].startswith("/accounts/login/"), route


def test_a_deactivated_member_and_a_read_only_token_are_stopped_at_once(
    workspace: Workspace, signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    reader = api_client("owner", scope="read")
    for route, methods in authorisation_table().items():
        for method in set(methods) - {"GET"}:
            if is_api(route):
                assert reader.generic(method, url_of(route, slug=workspace.slug)).status_code == 403, route
    client = signed_in("owner")
    url = url_of("workspaces:members", slug=workspace.slug)
    assert client.get(url).status_code == 200
    from omnichannel.accounts.models import User

    User.objects.update(is_active=False)
    assert client.get(url).status_code in {302, 404}


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_every_tenant_table_is_locked_in_the_database(model: type[models.Model], db: None) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", [table])
        assert cursor.fetchone() == (True, True)
        cursor.execute("select qual, with_check from pg_policies where tablename = %s", [table])
        policies = cursor.fetchall()
        assert len(policies) == 1
        assert all("app.workspace_id" in part for part in policies[0])
        cursor.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'f'",
            [table],
        )
        definitions = [row[0] for row in cursor.fetchall()]
    for link in tenant_links(model):
        wanted = f"FOREIGN KEY (workspace_id, {link.column})"
        assert any(definition.startswith(wanted) for definition in definitions), link


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_every_tenant_model_is_scoped_by_its_manager(model: type[models.Model]) -> None:
    from omnichannel.workspaces.scoping import ScopedManager, WorkspaceModel

    assert issubclass(model, WorkspaceModel)
    assert isinstance(model.objects, ScopedManager)  # type: ignore[attr-defined]


def test_no_table_with_a_workspace_column_is_left_out(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.columns where column_name = 'workspace_id'"
            " and table_schema = 'public' and table_name not like 'workspaces\\_%%'"
        )
        assert {row[0] for row in cursor.fetchall()} == {model._meta.db_table for model in TENANT_MODELS}


def test_our_code_never_names_the_plain_manager() -> None:
    from pathlib import Path

    root = Path(__file__).parents[1]
    allowed = root / "omnichannel" / "workspaces" / "scoping.py"
    sources = [p for app in ("omnichannel", "roles", "kpis", "orgstages", "talent") for p in (root / app).rglob("*.py")]
    naming = [
        p for p in sources if p != allowed and "migrations" not in p.parts and "all_workspaces" in p.read_text("utf-8")
    ]
    assert naming == []


def test_a_link_into_another_workspace_is_refused_by_the_database(
    workspace: Workspace, other_workspace: Workspace
) -> None:
    from omnichannel.workspaces.scoping import workspace_scope
    from roles.models import Unit, UnitVersion

    with workspace_scope(other_workspace.pk):
        foreign = Unit.objects.create(external_id="F1")
    with workspace_scope(workspace.pk):
        unit = Unit.objects.create(external_id="U1")
        version = UnitVersion(unit=unit, name="U1", level="store", ownership="direct", during=DateRange(None, None))
        version.save()
        link = UnitVersion.objects.filter(pk=version.pk)
        with pytest.raises(IntegrityError), transaction.atomic():
            _link_now(link, foreign.pk)


def _link_now(link: models.QuerySet[Any], unit_id: int) -> None:
    """Point a version at a unit and have deferred constraints looked at now."""
    link.update(parent_id=unit_id)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
