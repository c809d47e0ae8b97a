"""Operating data as the engine reads it: the parts that count, and the facts of PostgreSQL as frames."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from django.conf import settings
from django.db.models import QuerySet

from kpis.datasets.checks.columns import arrow_type
from kpis.datasets.store.contacts import FIRST_CONTACT_SQL
from kpis.datasets.store.parts import MONTH_COLUMNS, SEQ
from kpis.engine.backends import EMBEDDED_URL, engine_name, open_remote
from kpis.engine.compiling import keep_in
from kpis.engine.relations import Made, Relations, States
from kpis.engine.scoping import Organisation, UnitTree
from kpis.engine.specs import TableSpec
from kpis.library import load_library
from kpis.models import Part, Upload
from kpis.queries.targets import review_rows
from kpis.queries.uploads import visible
from omnichannel.workspaces.queries.zones import current_day
from omnichannel.workspaces.scoping import current_workspace_id
from roles.queries.frames import assignment_rows, employees_rows, org_units_rows

# Kept in PostgreSQL: their parts are a trace of what was loaded, not what counts.
ORGANISATION = frozenset({"org_units", "seats", "employees", "role_assignments", "reporting_lines"})
IN_POSTGRES = ORGANISATION | {"targets", "reviews"}
_UPLOAD = (pa.field(SEQ, pa.int64()),)


def visible_parts(*, known_at: datetime | None = None) -> QuerySet[Part]:
    """Return the parts that count now, or counted at a moment in the past."""
    return Part.objects.filter(upload__in=Upload.objects.filter(visible(known_at=known_at)))


def part_paths(table: str) -> list[Path]:
    """Return the files of the table's parts that count now."""
    return [settings.DATA_ROOT / path for path in visible_parts().filter(table_id=table).values_list("path", flat=True)]


@dataclass(frozen=True, slots=True)
class PartChange:
    """Parts taken away from those that count, or added: to see what would become of the figures.

    `gone` is the upload whose parts are left out, `added` holds (SHA-256, file) of parts. `overlaps`: the added rows
    may replace rows that are there.
    """

    table: str
    gone: int | None = None
    added: tuple[tuple[str, Path], ...] = ()
    overlaps: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """What a computation reads: what counts now, the same with a change that has not been made, or what counted then.

    `days` replaces the organisation, the reviews and the units of those days. With `known_at` the parts are those that
    counted at that moment; the organisation is the one known now.
    """

    change: PartChange | None = None
    days: Mapping[date, Organisation] | None = None
    known_at: datetime | None = None

    def open(self, *, as_of: date, engine: str = EMBEDDED_URL) -> Relations:
        """Open everything the engine may read, on the engine of an address; the caller closes it."""
        frames = self.days[as_of].frames if self.days else None
        return open_relations(as_of=as_of, known_at=self.known_at, change=self.change, frames=frames, engine=engine)

    def organisation(self, as_of: date) -> Organisation:
        """Return the organisation of a day."""
        return self.days[as_of] if self.days else organisation_on(as_of)

    def units(self, *, as_of: date) -> UnitTree:
        """Return the organisation's tree of a day."""
        return self.days[as_of].units if self.days else unit_tree_for_engine(as_of)


def organisation_on(as_of: date, *, only: Collection[str] | None = None) -> Organisation:
    """Read the organisation of a day as it is stored now, within the caller's transaction if there is one.

    With `only` no other small tables than these are read: those that what is to be computed rests on.
    """
    units = org_units_rows(as_of)
    frames = _frames(as_of=as_of, tables=load_library().tables, only=only, units=units)
    return Organisation(_closure(units), frames)


def open_relations(
    *,
    as_of: date,
    known_at: datetime | None = None,
    change: PartChange | None = None,
    frames: Mapping[str, pa.Table] | None = None,
    only: Collection[str] | None = None,
    provenance: bool = False,
    engine: str = EMBEDDED_URL,
) -> Relations:
    """Open everything the engine may read, or `only` some tables; the caller closes it.

    The organisation is that of `as_of`. With `provenance` each row keeps the upload, sheet and line it came with, on
    the embedded engine.
    """
    tables = load_library().tables
    parts, made = _parts(known_at=known_at, change=change, only=only)
    shown = _frames(as_of=as_of, tables=tables, only=only) if frames is None else frames
    dedupe = {table: tables[table].key for table in overlapping(known_at=known_at, change=change) if table in parts}
    if engine_name(engine) != engine_name(EMBEDDED_URL):
        return open_remote(
            engine, parts, shown, tables=tables, dedupe=dedupe, memory_limit=settings.ENGINE_MEMORY_LIMIT
        )
    keep_in(settings.DATA_ROOT / "compiled")
    spill = settings.DATA_ROOT / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    return Relations.from_parquet(
        parts,
        shown,
        tables=tables,
        dedupe=dedupe,
        memory_limit=settings.ENGINE_MEMORY_LIMIT,
        threads=settings.ENGINE_THREADS,
        temp_directory=spill,
        provenance=provenance,
        states=States(_states(), made, MONTH_COLUMNS) if change is None and known_at is None else None,
    )


def unit_tree_for_engine(as_of: date) -> UnitTree:
    """Return the organisation of a day as the engine's closure."""
    return _closure(org_units_rows(as_of))


def _closure(units: Iterable[Mapping[str, Any]]) -> UnitTree:
    parents: dict[str, str | None] = {
        str(row["unit_id"]): str(row["parent_id"]) if row["parent_id"] is not None else None for row in units
    }
    return UnitTree.from_parents(parents)


def _parts(
    *, known_at: datetime | None, change: PartChange | None = None, only: Collection[str] | None = None
) -> tuple[dict[str, list[Path]], dict[str, list[Made]]]:
    """Return the files of each table, and what tells the content of each from others."""
    found: dict[str, list[tuple[int, Made, Path]]] = {}
    rows = visible_parts(known_at=known_at).exclude(table_id__in=IN_POSTGRES).order_by("id")
    if only is not None:
        rows = rows.filter(table_id__in=only)
    names = "table_id", "upload_id", "sha256", "first_day", "path"
    for table, upload, digest, first_day, path in rows.values_list(*names):
        if change is None or upload != change.gone:
            found.setdefault(table, []).append((upload, Made(digest, first_day), settings.DATA_ROOT / path))
    if change is not None and change.added:
        found.setdefault(change.table, []).extend((0, Made(digest, None), path) for digest, path in change.added)
    parts = {table: [path for _upload, _made, path in entries] for table, entries in found.items()}
    made = {table: [each for _upload, each, _path in entries] for table, entries in found.items()}
    contacts = found.get("contacts", [])
    if len({upload for upload, _made, _path in contacts}) > 1:
        parts["contacts"] = [_current_contacts([(each.digest, path) for _upload, each, path in contacts])]
        # a contact of one part may stand in another one too: all of them make one file
        made["contacts"] = [each._replace(first_day=None) for each in made["contacts"]]
    return parts, made


def _digest(of: Iterable[str]) -> str:
    return hashlib.sha256("".join(of).encode()).hexdigest()[:32]


def overlapping(*, known_at: datetime | None = None, change: PartChange | None = None) -> list[str]:
    """Return the tables in which some upload replaced rows. Contacts are made current beforehand, unless single."""
    found = Upload.objects.filter(visible(known_at=known_at), overlaps=True).exclude(table_id__in=IN_POSTGRES)
    if change is not None and change.gone is not None:
        found = found.exclude(pk=change.gone)
    tables = set(found.values_list("table_id", flat=True))
    if change is not None and change.overlaps:
        tables.add(change.table)
    return sorted(tables - {"contacts"})


def _states() -> Path:
    """Return the workspace's folder of what was made from parts; the daily sweep takes what was not used for a day."""
    found: Path = settings.DATA_ROOT / str(current_workspace_id()) / "states"
    return found


def _current_contacts(parts: Sequence[tuple[str, Path]]) -> Path:
    """Return one file of the current contacts with `is_first` over all of them, made once per set of parts.

    Each part knows the first contacts of its own upload only; a person may have come earlier in another one.
    """
    target = _states() / f"contacts-{_digest(digest for digest, _path in parts)}.parquet"
    if target.exists():
        os.utime(target)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}.draft")
    key = ", ".join(load_library().tables["contacts"].key)
    with duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT}) as engine:
        engine.read_parquet([str(path) for _digest, path in parts], union_by_name=True).create_view("seen")
        engine.sql(
            f"""
            with current as (
                select * from seen qualify row_number() over (partition by {key} order by _seq desc, _line desc) = 1
            )
            select * replace ({FIRST_CONTACT_SQL} as is_first) from current
            """  # noqa: S608 - the names are the catalogue's
        ).write_parquet(str(draft), compression="zstd")
    draft.replace(target)
    return target


def _frames(
    *,
    as_of: date,
    tables: Mapping[str, TableSpec],
    only: Collection[str] | None = None,
    units: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, pa.Table]:
    reads: Mapping[str, Callable[[], Sequence[Mapping[str, Any]]]] = {
        "org_units": lambda: org_units_rows(as_of) if units is None else units,
        "employees": lambda: employees_rows(as_of),
        "role_assignments": assignment_rows,
        "reviews": review_rows,
    }
    rows = {table: read() for table, read in reads.items() if only is None or table in only}
    return {table: frame(found, spec=tables[table], more=_UPLOAD) for table, found in rows.items() if found}


def frame(rows: Sequence[Mapping[str, Any]], *, spec: TableSpec, more: Sequence[pa.Field] = ()) -> pa.Table:
    """Return the rows as an Arrow table with the canonical columns and types, and `more`."""
    schema = pa.schema([*(pa.field(column.name, arrow_type(column)) for column in spec.columns), *more])
    return pa.table({field.name: pa.array(_cells(rows, field.name), field.type) for field in schema}, schema=schema)


def _cells(rows: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """Return a column of rows that have the same keys; empty where they have none of that name."""
    return [row[name] for row in rows] if rows and name in rows[0] else [None] * len(rows)


def known_ids(table: str, *, work: Path) -> dict[str, list[str] | str]:
    """Return the ids that references of the table may point to, as far as the other table has been loaded.

    Ids of operating tables may be millions: they come as a Parquet file in `work`. Of the organisation only the
    parents that are there are told (a file may add stores alone); the rest it checks itself.
    """
    tables = load_library().tables
    refs = {column.ref for column in tables[table].columns if column.ref}
    found: dict[str, list[str] | str] = {}
    for ref in sorted(refs):
        target, column = ref.split(".")
        if (target == table) is not (table in IN_POSTGRES):
            continue
        ids = _organisation_ids(target) if target in IN_POSTGRES else _stored_ids(target, column, work=work)
        if ids:
            found[ref] = ids
    return found


def _organisation_ids(table: str) -> list[str]:
    today = current_day()
    if table == "org_units":
        return [str(row["unit_id"]) for row in org_units_rows(today)]
    return [str(row["employee_id"]) for row in employees_rows(today)] if table == "employees" else []


def _stored_ids(table: str, column: str, *, work: Path) -> str | None:
    paths = [str(path) for path in part_paths(table)]
    if not paths:
        return None
    target = work / f"known-{table}-{column}.parquet"
    with duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT}) as engine:
        engine.read_parquet(paths, union_by_name=True).project(f'"{column}"').distinct().write_parquet(str(target))
    return str(target)
