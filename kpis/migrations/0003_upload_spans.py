"""Give uploads that were loaded before spans were kept the span in which they have counted since."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Row-level security is forced, so each workspace is opened by itself.
FILL = """
    insert into kpis_uploadspan (workspace_id, upload_id, starts_at, began, rows_added, started_by_id)
    select workspace_id, id, visible_from, seq, coalesce((effect ->> 'new')::bigint, 0), created_by_id
    from kpis_upload
    where visible_from is not null and workspace_id = %(workspace)s
      and not exists (select 1 from kpis_uploadspan as span where span.upload_id = kpis_upload.id)
"""


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write one span for each upload that counts."""
    with schema_editor.connection.cursor() as cursor:
        for workspace in apps.get_model("workspaces", "Workspace").objects.values_list("pk", flat=True):
            cursor.execute("select set_config('app.workspace_id', %s, true)", [str(workspace)])
            cursor.execute(FILL, {"workspace": workspace})
        cursor.execute("select set_config('app.workspace_id', '', true)")


class Migration(migrations.Migration):
    dependencies = (("kpis", "0002_data_door"),)

    operations = (migrations.RunPython(fill, migrations.RunPython.noop),)
