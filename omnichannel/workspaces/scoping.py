"""The one door to tenant data: inside `workspace_scope(id)` the manager filters and PostgreSQL enforces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Self, TypeVar

from django.db import DatabaseError, connection, models

_current: ContextVar[int | None] = ContextVar("workspace_id", default=None)
_read: ContextVar[dict[str, Any] | None] = ContextVar("read_in_scope", default=None)

SETTING = "app.workspace_id"
_NOT_READ = object()


class ScopeError(RuntimeError):
    """Tenant data was touched outside a workspace scope: a bug, never a user's mistake."""


def current_workspace_id() -> int:
    """Return the id of the open workspace; raise ScopeError outside of any scope."""
    workspace_id = _current.get()
    if workspace_id is None:
        raise ScopeError("tenant data outside workspace_scope()")
    return workspace_id


def _tell_database(workspace_id: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config(%s, %s, false)", [SETTING, "" if workspace_id is None else str(workspace_id)])


@contextmanager
def workspace_scope(workspace_id: int) -> Iterator[None]:
    """Open one workspace for this context and this database connection; scopes nest."""
    previous, outer = _current.get(), _read.get()
    token, read = _current.set(workspace_id), _read.set({})
    try:
        _tell_database(workspace_id)
        yield
    finally:
        _current.reset(token)
        _read.reset(read)
        if outer is not None:
            outer.clear()  # what was written inside may be what was read before
        try:
            _tell_database(previous)
        except DatabaseError:
            # An aborted transaction cannot run it, but its rollback undoes set_config as well.
            if not connection.in_atomic_block:
                raise


def read_once(key: str, read: Callable[[], T]) -> T:
    """Return what `read` gives, asked once while the workspace is open: for what a whole page or job rests on."""
    kept = _read.get()
    if kept is None:
        raise ScopeError("tenant data outside workspace_scope()")
    # another thread of the same job may empty what is kept at any moment: it is looked at once
    found = kept.get(key, _NOT_READ)
    if found is _NOT_READ:
        found = kept[key] = read()
    answer: T = found
    return answer


def forget(key: str) -> None:
    """Read anew what has just been written."""
    kept = _read.get()
    if kept is not None:
        kept.pop(key, None)


def lock_in_workspace(key: int) -> None:
    """Wait for others who hold this lock in the open workspace, and hold it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [key, current_workspace_id()])


T = TypeVar("T")
M = TypeVar("M", bound=models.Model)


class ScopedQuerySet(models.QuerySet[M]):
    """Base of the domain's querysets: rows of the open workspace only."""


class ScopedManager(models.Manager[M]):
    """Fail-closed: raises outside a scope, filters inside it."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the rows of the open workspace."""
        return super().get_queryset().filter(workspace_id=current_workspace_id())

    def create(self, **fields: Any) -> M:
        """Create a row of the open workspace."""
        fields.setdefault("workspace_id", current_workspace_id())
        return super().create(**fields)


class WorkspaceModel(models.Model):
    """Base of every tenant table. Its migration must end with `ProtectTenantTable`, which a test checks."""

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="+")

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()
    # For Django's internals only (cascades, refresh): row-level security still stands behind it.
    all_workspaces: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True
        default_manager_name = "all_workspaces"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in the open workspace; a row of another one is refused."""
        if self.workspace_id is None:
            self.workspace_id = current_workspace_id()
        elif self.workspace_id != current_workspace_id():
            raise ScopeError(f"row of workspace {self.workspace_id} saved in {current_workspace_id()}")
        super().save(*args, **kwargs)
