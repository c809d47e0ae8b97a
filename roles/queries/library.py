"""The workspace's roles: the library's with what the workspace has renamed, reworded, hidden and added.

Texts have no day of their own: a role goes by its present name on every day shown. `as_of` asks what it was then.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import get_language

from omnichannel.workspaces.scoping import ScopeError, current_workspace_id, forget, read_once
from roles.catalogue import RoleCatalogue, RoleKey, load_roles
from roles.models import RoleText
from roles.role_texts import RoleLibrary, composed

KEY = "role_texts"


def role_library(*, as_of: date | None = None) -> RoleLibrary:
    """Return the workspace's effective roles, with one small query per request; `as_of`: as they were that evening."""
    found = read_once(KEY, lambda: RoleText.objects.aggregate(last=Max("pk"), rows=Count("pk")))
    if not found["rows"]:
        return _untouched()
    end = None
    if as_of is not None and as_of < timezone.localdate():
        end = timezone.make_aware(datetime.combine(as_of + timedelta(days=1), time.min))
    return _read(current_workspace_id(), found["last"], found["rows"], end)


def role_keys() -> list[str]:
    """Return the key of every role that may be held, hidden ones too."""
    return [key.value for key in role_library().roles]


def role_options(*chosen: str | None) -> list[tuple[str, str]]:
    """Return the roles a picker offers in the reader's language: all that are not hidden, and those chosen."""
    language = get_language()
    return [
        (key.value, role.names.in_language(language))
        for key, role in role_library().roles.items()
        if not role.is_hidden or key.value in chosen
    ]


def library_role_options(*chosen: str | None) -> list[tuple[str, str]]:
    """Return what `role_options` does without the workspace's own roles: what it fills knows the library's alone."""
    return [(key, name) for key, name in role_options(*chosen) if not RoleKey(key).is_own]


def forget_roles() -> None:
    """Read the roles anew: they have just been written."""
    forget(KEY)


def catalogue_here() -> RoleCatalogue:
    """Return the talent map of the open workspace, the shipped one outside of any."""
    try:
        return role_library().catalogue
    except ScopeError:
        return _untouched().catalogue


def states_now(*, before: datetime | None = None) -> dict[str, Any]:
    """Return the state of every role that the workspace has ever changed, in the order of the first change."""
    rows = RoleText.objects.order_by("pk")
    if before is not None:
        rows = rows.filter(created_at__lt=before)
    return dict(rows.values_list("role_key", "state"))


@lru_cache(maxsize=1)
def _untouched() -> RoleLibrary:
    return composed(load_roles(), {})


@lru_cache(maxsize=256)
def _read(workspace: int, last: int, rows: int, before: datetime | None) -> RoleLibrary:
    """Read and compose; `last` and `rows` say which state of the append-only table is kept."""
    return composed(load_roles(), states_now(before=before))
