"""The rows that count now as the measuring of their health reads them: parts with their sources, or frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from django.conf import settings

from kpis.datasets.files.raw import LINE
from kpis.datasets.health.measuring import Stored
from kpis.datasets.store.parts import SEQ
from kpis.library import load_library
from kpis.models import Target
from kpis.queries.systems import source_of
from kpis.queries.targets import review_rows
from kpis.queries.warehouse import IN_POSTGRES, frame, visible_parts
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.exports import Roster, roster_rows

NO_SEQ = 0  # the place of rows that came with no upload of their own
DATED, DAYS_OF_THEIR_OWN = ("org_units", "seats", "employees"), ("role_assignments", "reporting_lines")
TARGET_COLUMNS = ("period", "kpi_id", "scope_kind", "scope_id", "floor", "value", "stretch")


def stored_tables() -> Mapping[str, Stored]:
    """Return every table that has rows now."""
    return {**_from_parts(), **_from_facts()}


def stored_table(table: str) -> Stored | None:
    """Return one table; None when it has no rows now."""
    found = _from_facts() if table in IN_POSTGRES else _from_parts()
    return found.get(table)


def _from_parts() -> dict[str, Stored]:
    tables = load_library().tables
    rows = visible_parts().exclude(table_id__in=IN_POSTGRES).order_by("table_id", "id")
    found: dict[str, list[tuple[str, int, str, bool]]] = {}
    columns = ("table_id", "path", "upload__seq", "upload__system", "upload__overlaps")
    for table, path, seq, system, overlaps in rows.values_list(*columns):
        found.setdefault(table, []).append((path, seq, source_of(table, system), overlaps))
    return {
        table: Stored(
            spec=tables[table],
            paths=tuple(settings.DATA_ROOT / path for path, *_rest in parts),
            systems={seq: system for _path, seq, system, _overlaps in parts},
            overlaps=any(overlaps for *_rest, overlaps in parts),
        )
        for table, parts in found.items()
        if table in tables
    }


def _from_facts() -> dict[str, Stored]:
    today, tables = current_day(), load_library().tables
    rows: dict[str, list[dict[str, Any]]] = {
        **{table: roster_rows(table, Roster(today, with_pay=True)) for table in DATED},
        **{table: roster_rows(table, Roster(None)) for table in DAYS_OF_THEIR_OWN},
        "reviews": review_rows(),
        "targets": _target_rows(),
    }
    return {
        table: Stored(
            tables[table], frame=_with_place(frame(found, spec=tables[table])), systems={NO_SEQ: source_of(table, "")}
        )
        for table, found in rows.items()
        if found
    }


def _with_place(rows: pa.Table) -> pa.Table:
    seq = pa.array([NO_SEQ] * rows.num_rows, pa.int64())
    return rows.append_column(SEQ, seq).append_column(LINE, pa.nulls(rows.num_rows, pa.int64()))


def _target_rows() -> list[dict[str, Any]]:
    columns = ("period", "kpi", "scope_kind", "scope_id", "floor", "value", "stretch")
    rows = Target.objects.order_by("pk").values_list(*columns).iterator(chunk_size=5000)
    return [dict(zip(TARGET_COLUMNS, row, strict=True)) for row in rows]
