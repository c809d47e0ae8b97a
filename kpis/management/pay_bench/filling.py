"""A workspace with a month to pay: stores, guides, targets and a plan through the services, its orders as parts.

`python -m kpis.management.pay_bench.filling GUIDES ORDERS`.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from string import Template

SLUG, MONTH, START, END = "bench", "2026-10", "2026-10-01", "2026-11-01"
SINCE = date(2024, 1, 1)
REGIONS = 20
QUERIES = Path(__file__).with_name("month.sql")
# A ladder by attainment, two rates, a capped amount per contact and a share of the store's pool.
RULES = (
    ("guide-composite", "mall"),
    ("guide-composite", "contacts"),
    ("ladder-whole", "sales"),
    ("shift-pool", "pool"),
    ("live-host", "live"),
)


def fill(guides: int, orders: int) -> None:
    """Fill the database and the folder of this process's settings."""
    from omnichannel.accounts.models import User
    from omnichannel.workspaces.choices import MemberRole
    from omnichannel.workspaces.models import Membership, Workspace
    from omnichannel.workspaces.scoping import workspace_scope

    workspace = Workspace.objects.create(slug=SLUG, name="Bench")
    users = []
    for role in (MemberRole.HR_LEAD, MemberRole.OWNER):
        users.append(User.objects.create_user(f"{role}@example.org"))
        Membership.objects.create(workspace=workspace, user=users[-1], role=role)
    with workspace_scope(workspace.pk):
        _organisation(guides, stores=max(guides // 4, 1))
        _targets(guides)
        _parts(guides, orders, stores=max(guides // 4, 1))
        _plan(users[0].pk, users[1].pk)


def _organisation(guides: int, *, stores: int) -> None:
    from roles.services.sync import (
        AssignmentInput,
        PersonInput,
        UnitInput,
        upsert_assignments,
        upsert_people,
        upsert_units,
    )

    units = [UnitInput("G", "集团", "group")]
    units += [UnitInput(f"R{number:02}", f"大区 {number}", "region", "G") for number in range(REGIONS)]
    units += [
        UnitInput(f"S{number:05}", f"门店 {number}", "store", f"R{number % REGIONS:02}") for number in range(stores)
    ]
    places = [(f"E{number:06}", f"S{number % stores:05}") for number in range(guides)]
    people = [PersonInput(person, unit, SINCE, display_name=f"导购 {person}") for person, unit in places]
    held = [AssignmentInput(person, "digital-guide", unit, SINCE) for person, unit in places]
    for result in (
        upsert_units(units, effective_on=SINCE, actor_id=None),
        upsert_people(people, effective_on=SINCE, actor_id=None),
        upsert_assignments(held, actor_id=None),
    ):
        assert result.is_ok  # noqa: S101 - the bench's own rows


def _targets(guides: int) -> None:
    from kpis.services.targets import upsert_targets

    rows = [
        {
            "period": MONTH,
            "kpi_id": "guide_store_sales",
            "scope_kind": "employee",
            "scope_id": f"E{number:06}",
            "floor": None,
            "value": 6_000 + number % 40 * 200,
            "stretch": None,
        }
        for number in range(guides)
    ]
    upsert_targets(rows, upload_id=None)


def _parts(guides: int, orders: int, *, stores: int) -> None:
    """Write each table as one part of an upload that counts: the door itself has a bench of its own."""
    import duckdb
    from django.conf import settings

    text = Template(QUERIES.read_text(encoding="utf-8")).substitute(
        guides=guides, stores=stores, orders=orders, start=START, end=END
    )
    queries = {name: query for name, _, query in (part.partition("\n") for part in text.split("\n-- ")[1:])}
    with duckdb.connect(config={"memory_limit": "2GB"}) as engine:
        engine.execute(queries.pop("macros"))
        for table, query in queries.items():
            path = Path("bench", f"{table}.parquet")
            (settings.DATA_ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            engine.sql(query).write_parquet(str(settings.DATA_ROOT / path), compression="zstd")
            _manifest(table, path, settings.DATA_ROOT / path)


def _manifest(table: str, path: Path, file: Path) -> None:
    import duckdb
    from django.db import transaction
    from django.utils import timezone

    from kpis.datasets.store.parts import file_digest
    from kpis.models import Part, Upload
    from kpis.services.manifest import begin_to_count
    from kpis.services.ordering import lock_manifest, take_seq

    rows = int(duckdb.read_parquet(str(file)).count("*").fetchall()[0][0])
    where, size, digest = str(path), file.stat().st_size, file_digest(file)
    with transaction.atomic():
        lock_manifest()
        upload = Upload.objects.create(
            filename=file.name, table_id=table, then_compute=False, path=where, bytes=size, sha256=digest
        )
        take_seq(upload)
        Part.objects.create(
            upload=upload, table_id=table, month=MONTH, rows=rows, path=where, bytes=size, sha256=digest
        )
        upload.loaded_at = timezone.now()
        begin_to_count(upload, at=upload.loaded_at, rows_added=rows, actor_id=None)
        upload.save()


def _plan(maker: int, approver: int) -> None:
    from kpis.incentives.templates import load_templates
    from kpis.incentives.texts import plan_node
    from kpis.services.pay.plans import approve_plan, save_plan, submit_plan

    nodes = {name: plan_node(load_templates()[name]) for name, _component in RULES}
    parts = [next(each for each in nodes[name]["components"] if each["id"] == component) for name, component in RULES]
    key = save_plan({**nodes["guide-composite"], "components": parts}, actor_id=maker).key
    submit_plan(key, effective_from=SINCE, actor_id=maker)
    approve_plan(key, actor_id=approver)


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnichannel.settings")
    django.setup()
    fill(int(sys.argv[1]), int(sys.argv[2]))
