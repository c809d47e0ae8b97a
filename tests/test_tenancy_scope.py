"""The three locks of a tenant table, on the real database as the application's role."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.workspaces import scoping
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import ScopeError, workspace_scope


def test_tenant_rows_outside_a_scope_raise(workspace: Workspace) -> None:
    with pytest.raises(ScopeError):
        list(Job.objects.all())


def test_plain_manager_and_raw_sql_see_nothing_outside_a_scope(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        create_job(JobKind.COMPUTE_VALUES, params={})
        assert Job.all_workspaces.count() == 1
    assert Job.all_workspaces.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from jobs_job")
        assert cursor.fetchone() == (0,)


def test_inserting_for_another_workspace_is_refused_by_the_database(
    workspace: Workspace, other_workspace: Workspace
) -> None:
    with (
        workspace_scope(workspace.pk),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
    ):
        Job.all_workspaces.bulk_create([Job(workspace=other_workspace, kind=JobKind.COMPUTE_VALUES)])


def test_the_database_role_owns_and_bypasses_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_user, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb,"
            " (select count(*) from pg_tables where schemaname = 'public' and tableowner = current_user)"
            " from pg_roles where rolname = current_user"
        )
        assert cursor.fetchone() == ("omnichannel_app", False, 0)


def test_what_is_read_once_may_be_forgotten_by_another_thread_at_any_moment(workspace: Workspace) -> None:
    class Emptied(dict[str, object]):
        """As seen by a thread beside which another one empties it: what is in it is gone a moment later."""

        def __contains__(self, key: object) -> bool:
            return True

    with workspace_scope(workspace.pk):
        token = scoping._read.set(Emptied())
        try:
            assert scoping.read_once("tree", lambda: "read") == "read"
            assert scoping.read_once("tree", lambda: "again") == "read"
        finally:
            scoping._read.reset(token)
