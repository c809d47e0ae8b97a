"""What people type into the grid of targets: numbers as they are written here and there, and their cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.engine.specs import KpiSpec, Scope
from kpis.engine.targets import out_of_order, places_of, scaled_with
from kpis.queries.target_grid import parse_scope
from kpis.queries.targets import Aim, TargetKey, aims_at
from kpis.services.target_checks import TargetInput

PREFIX = "t|"
TOLD = "seen|"  # when the writer was told of a cell that somebody else had changed
LONGEST = 40
NUMBER = re.compile(r"(?P<sign>-?)(?P<digits>\d{1,3}(?:,\d{3})+|\d+)?(?P<rest>\.\d+)?(?P<scale>万|亿|k|m|bn)?")
SCALES = {"万": 10**4, "亿": 10**8, "k": 10**3, "m": 10**6, "bn": 10**9}


@dataclass(frozen=True, slots=True)
class TypedCell:
    """A cell that was sent: its name in the form, whose and when, and the text."""

    name: str
    scope: Scope
    period: str
    text: str


def parse_number(text: str) -> Decimal | None:
    """Read `1,200.5`, `１２００`, `¥1.2万`, `85%`; nothing is None. ValueError for anything else."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-").replace(" ", "").lower()
    plain = plain.lstrip("¥").rstrip("%‰元")
    if not plain:
        return None
    found = NUMBER.fullmatch(plain)
    if found is None or len(plain) > LONGEST or not (found["digits"] or found["rest"]):
        raise ValueError(text)
    digits = (found["digits"] or "0").replace(",", "")
    return Decimal(found["sign"] + digits + (found["rest"] or "")) * SCALES.get(found["scale"] or "", 1)


def typed_cells(sent: Mapping[str, str]) -> list[TypedCell]:
    """Return the cells of a form. ValueError for a name that is none of ours."""
    cells = []
    for name, text in sent.items():
        if name.startswith(PREFIX):
            _prefix, scope, period = name.split("|", 2)
            cells.append(TypedCell(name, parse_scope(scope), period, text))
    return cells


def told_moments(sent: Mapping[str, str], kpi: str) -> dict[TargetKey, datetime]:
    """Return when the writer was told what a target is by now, by its key. ValueError for what is no moment."""
    moments = {}
    for name, text in sent.items():
        if name.startswith(TOLD):
            _prefix, place, period = name.split("|", 2)
            scope = parse_scope(place)
            moments[period, kpi, scope.kind.value, scope.id] = datetime.fromisoformat(text)
    return moments


@dataclass(frozen=True, slots=True)
class Looked:
    """When the writer opened the page, and when they were told of targets that others have changed since."""

    seen_at: datetime | None
    told_at: Mapping[TargetKey, datetime]


@dataclass(frozen=True, slots=True)
class ReadCells:
    """The rows that the cells ask for, each with its cell's name, and what could not be read."""

    rows: tuple[TargetInput, ...]
    names: tuple[str, ...]
    issues: tuple[tuple[str, str], ...]


def read_cells(cells: list[TypedCell], *, spec: KpiSpec, layer: str) -> ReadCells:
    """Turn cells of one layer into whole targets; the other layers stay as they are stored.

    A floor or stretch that a new target would leave on its wrong side moves in proportion.
    """
    stored = aims_at(spec.id, {(cell.scope, cell.period) for cell in cells})
    rows, names, issues = [], [], []
    for cell in cells:
        try:
            number = parse_number(cell.text)
        except ValueError:
            issues.append((cell.name, _("%(text)s is no number.") % {"text": cell.text[:LONGEST]}))
            continue
        before = stored.get((cell.scope, cell.period))
        if before is None and number is None:
            continue
        rows.append(_row(cell, number, before=before, spec=spec, layer=layer))
        names.append(cell.name)
    return ReadCells(tuple(rows), tuple(names), tuple(issues))


def _row(cell: TypedCell, number: Decimal | None, *, before: Aim | None, spec: KpiSpec, layer: str) -> TargetInput:
    kept = TargetInput(
        period=cell.period,
        kpi=spec.id,
        scope_kind=cell.scope.kind.value,
        scope_id=cell.scope.id,
        value=before.value if before else None,
        floor=before.floor if before else None,
        stretch=before.stretch if before else None,
    )
    if layer == "floor":
        return replace(kept, floor=number)
    if layer == "stretch":
        return replace(kept, stretch=number)
    if number is None:
        return replace(kept, value=None, floor=None, stretch=None)
    return _moved(replace(kept, value=number), before=before, spec=spec)


def _moved(row: TargetInput, *, before: Aim | None, spec: KpiSpec) -> TargetInput:
    if before is None or row.value is None:
        return row
    parts: dict[str, Decimal | None] = {"floor": row.floor, "stretch": row.stretch}
    for name in out_of_order(spec.direction, floor=row.floor, value=row.value, stretch=row.stretch):
        parts[name] = scaled_with(parts[name], before=before.value, after=row.value, places=places_of(spec.unit))
    return replace(row, floor=parts["floor"], stretch=parts["stretch"])


def shown(value: Decimal | None) -> str:
    """Write a stored number for an input: thousands apart, no empty decimals."""
    if value is None:
        return ""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
