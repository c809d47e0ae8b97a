"""Migration operations that lock a tenant table: row-level security, grants, composite foreign keys."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

POLICY = "workspace_isolation"
SCOPE = "workspace_id = nullif(current_setting('app.workspace_id', true), '')::bigint"


def is_tenant_table(model: type[models.Model]) -> bool:
    """Tell whether the model (real or historical) carries a workspace and is thus isolated."""
    if model._meta.abstract or model._meta.app_label == "workspaces":
        return False
    return any(field.name == "workspace" for field in model._meta.get_fields() if isinstance(field, models.ForeignKey))


def tenant_links(model: type[models.Model]) -> list[models.ForeignKey[Any, Any]]:
    """Return the foreign keys of a tenant table that point at tenant tables."""
    return [
        field
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and is_tenant_table(field.related_model)  # type: ignore[arg-type]
    ]


class ProtectTenantTable(Operation):
    """Enable and force row-level security and make every link to a tenant table composite. Safe to repeat.

    Foreign-key checks bypass row-level security, so (workspace_id, x_id) -> (workspace_id, id) is what stops
    a row from pointing into another workspace.
    """

    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change no state: Django does not model policies."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Run the statements for the model as it is after the migration so far."""
        apps: Apps = to_state.apps
        model = apps.get_model(app_label, self.model_name)
        for statement in protection_sql(model):
            schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Do nothing: the table goes away with its creation's reverse."""

    def describe(self) -> str:
        """Name the operation in `migrate --plan`."""
        return f"Isolate {self.model_name} by workspace"


def protection_sql(model: type[models.Model]) -> list[str]:
    """Return the statements that isolate one tenant table; each may be repeated."""
    table = model._meta.db_table
    statements = [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"drop policy if exists {POLICY} on {table}",
        f"create policy {POLICY} on {table} using ({SCOPE}) with check ({SCOPE})",
        _constraint(table, f"{table}_ws_id"[:63], "unique (workspace_id, id)"),
        f"grant select, insert, update, delete on {table} to {settings.APP_ROLE}",
    ]
    for link in tenant_links(model):
        target = link.related_model._meta.db_table  # type: ignore[union-attr]
        name = f"{table}_{link.column}_ws_fk"[-63:]
        statements += [
            _constraint(target, f"{target}_ws_id"[:63], "unique (workspace_id, id)"),
            _constraint(
                table,
                name,
                f"foreign key (workspace_id, {link.column}) references {target} (workspace_id, id) "
                "deferrable initially deferred",
            ),
        ]
    return statements


def _constraint(table: str, name: str, definition: str) -> str:
    return f"""do $$ begin
        if not exists (select 1 from pg_constraint where conname = '{name}' and conrelid = '{table}'::regclass) then
            alter table {table} add constraint {name} {definition};
        end if;
    end $$"""  # noqa: S608 - names come from our models
