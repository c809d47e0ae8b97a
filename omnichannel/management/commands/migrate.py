"""`migrate`, run as the database URL's own role, then grants to the application's role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connection

GRANTS = f"""
do $$ begin
    if not exists (select 1 from pg_roles where rolname = '{settings.APP_ROLE}') then
        create role {settings.APP_ROLE} nologin nosuperuser nobypassrls nocreatedb nocreaterole;
    end if;
    execute format('grant {settings.APP_ROLE} to %I', current_user);
end $$;
grant usage on schema public to {settings.APP_ROLE};
grant select, insert, update, delete on all tables in schema public to {settings.APP_ROLE};
grant usage, select on all sequences in schema public to {settings.APP_ROLE};
revoke insert, update, delete on django_migrations from {settings.APP_ROLE};
"""  # noqa: S608 - the role's name is a constant of the settings


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

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the stock command and the grants as the owner."""
        with as_owner():
            with connection.cursor() as cursor:
                cursor.execute(GRANTS.split("grant usage on schema", 1)[0])
            super().handle(*args, **options)
            with connection.cursor() as cursor:
                cursor.execute(GRANTS)
