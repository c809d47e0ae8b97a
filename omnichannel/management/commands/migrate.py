"""`migrate`, run as the database URL's own role, then grants to the application's role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import ProgrammingError, connection

APP = settings.APP_ROLE
CREATE_ROLE = f"create role {APP} nologin nosuperuser nobypassrls nocreatedb nocreaterole"
GRANTS = f"""
grant usage on schema public to {APP};
grant select, insert, update, delete on all tables in schema public to {APP};
grant usage, select on all sequences in schema public to {APP};
revoke insert, update, delete on django_migrations from {APP};
"""  # noqa: S608 - the role's name is a constant of the settings


def ensure_app_role() -> None:
    """Make the application's role and our membership in it, as far as they are missing; say what a DBA must run."""
    with connection.cursor() as cursor:
        cursor.execute("select current_user, exists (select 1 from pg_roles where rolname = %s)", [APP])
        user, there = cursor.fetchone()
        missing = [] if there else [CREATE_ROLE]
        if there:
            cursor.execute("select pg_has_role(current_user, %s, 'member')", [APP])
        if not there or not cursor.fetchone()[0]:
            missing.append(f'grant {APP} to "{user}"')
        try:
            for statement in missing:
                cursor.execute(statement)
        except ProgrammingError as error:
            commands = ";\n  ".join(missing)
            raise CommandError(
                f"The role {user} may not do this itself. Let a database administrator run once:\n  {commands};"
            ) from error


@contextmanager
def as_owner() -> Iterator[None]:
    """Work as the login role of DATABASE_URL inside the block, as the application's role after it."""
    role = connection.settings_dict["OPTIONS"].pop("assume_role", None)
    connection.close()
    try:
        yield
    finally:
        if role is not None:
            connection.settings_dict["OPTIONS"]["assume_role"] = role
        connection.close()


class Command(MigrateCommand):
    """Migrate, then let the application's role use the tables."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Work as the owner from the checks on: on a new server the application's role is not there yet."""
        with as_owner():
            return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the role, run the stock command, grant."""
        ensure_app_role()
        super().handle(*args, **options)
        with connection.cursor() as cursor:
            cursor.execute(GRANTS)
