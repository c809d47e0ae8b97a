"""System checks of the tenancy: every route stands in the table; the database role bypasses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from omnichannel.workspaces.permissions import authorisation_table, public_routes


def all_routes(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[str]:
    """Yield the view name of every URL pattern, namespaces included."""
    resolver = resolver or get_resolver()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, [namespace, entry.namespace]))
            yield from all_routes(entry, inner)
        elif isinstance(entry, URLPattern):
            yield ":".join(filter(None, [namespace, entry.name or f"unnamed {entry.pattern}"]))


@register(Tags.security)
def every_route_is_listed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a route that the authorisation table does not know, and an entry without a route."""
    listed = set(authorisation_table()) | set(public_routes())
    routes = set(all_routes())
    missing = [Error(f"{route} is not in authz.yaml", id="workspaces.E001") for route in sorted(routes - listed)]
    stale = [Error(f"authz.yaml lists {route}, no URL has it", id="workspaces.E002") for route in listed - routes]
    return [*missing, *sorted(stale, key=str)]


@register(Tags.database)
def role_bypasses_nothing(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse to work as a superuser or a role that bypasses row-level security."""
    if not databases or "assume_role" not in settings.DATABASES["default"]["OPTIONS"]:
        return []
    with connection.cursor() as cursor:
        cursor.execute("select current_user, rolsuper or rolbypassrls from pg_roles where rolname = current_user")
        name, bypasses = cursor.fetchone()
    if bypasses:
        return [Error(f"the database role {name} bypasses row-level security", id="workspaces.E003")]
    return []
