"""The problems of an upload by cause, each with the fixes that can be taken with one press."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from kpis.datasets.checks.findings import Group
from kpis.datasets.checks.problems import Severity
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.repair.fixcases import Fix, Surroundings
from kpis.datasets.repair.suggestions import suggest
from kpis.engine.specs import TableSpec
from kpis.models import Upload
from kpis.queries.organisation import allowed_ids, known_organisation
from omnichannel.core.text import Bilingual

LISTED_PER_CAUSE = 20
FIXES_SHOWN = 8
REFERENCE = "unknown_reference"


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A problem in the page's language."""

    row: int | None
    column: str
    value: str
    code: str
    message: str
    hint: str
    severity: str


@dataclass(frozen=True, slots=True)
class FixButton:
    """A fix as its button shows and sends it; `steps` are JSON."""

    label: Bilingual
    steps: str


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """One cause in one column: all of it counted, the first lines listed, and what would settle it."""

    first: ProblemLine
    count: int
    rows: tuple[ProblemLine, ...]
    fixes: tuple[FixButton, ...] = ()

    @property
    def cause(self) -> str:
        """Return how a URL names this cause."""
        return f"{self.first.code}:{self.first.column}"

    @property
    def has_rows(self) -> bool:
        """Tell whether it is about rows, not the file as a whole."""
        return self.first.row is not None


def problem_groups(
    upload: Upload, mapping: ColumnMapping | None, *, table: TableSpec | None, language: str
) -> tuple[ProblemGroup, ...]:
    """Return the problems by cause and column, errors first, the most frequent first."""
    counted = {(str(group["code"]), str(group["column"])): group for group in upload.counts.get("groups", ())}
    listed: dict[tuple[str, str], list[ProblemLine]] = {}
    stored: dict[tuple[str, str], int] = {}
    for *cells, among in _first_rows(upload, language=language):
        problem = ProblemLine(*cells)
        key = (problem.code, problem.column)
        listed.setdefault(key, []).append(problem)
        stored[key] = among
    around = _surroundings(listed) if mapping and table else None
    groups = []
    for key, rows in listed.items():
        known = counted.get(key, {})
        count = max(int(known.get("count", 0)), stored[key])
        fixes: tuple[Fix, ...] = ()
        if mapping is not None and table is not None and known:
            fixes = suggest(_group(known), mapping=mapping, table=table, around=around)
        groups.append(ProblemGroup(rows[0], count, tuple(rows), _buttons(fixes)))
    return tuple(sorted(groups, key=lambda group: (group.first.severity != "error", -group.count)))


def _buttons(fixes: Sequence[Fix]) -> tuple[FixButton, ...]:
    """Return the likeliest fixes; the last one, leaving the rows out, is always among them."""
    shown = fixes if len(fixes) <= FIXES_SHOWN else (*fixes[: FIXES_SHOWN - 1], fixes[-1])
    return tuple(FixButton(fix.label, json.dumps(fix.steps, ensure_ascii=False)) for fix in shown)


def _first_rows(upload: Upload, *, language: str) -> Sequence[tuple[Any, ...]]:
    """Return the first problems of each cause with how many of the cause are stored, in one query."""
    told = "zh" if language.startswith("zh") else "en"
    columns = ("line", "column", "value", "code", f"message_{told}", f"hint_{told}", "severity", "among")
    cause = [F("code"), F("column")]
    ranked = upload.problems.annotate(
        place=Window(RowNumber(), partition_by=cause, order_by="id"), among=Window(Count("id"), partition_by=cause)
    )
    return list(ranked.filter(place__lte=LISTED_PER_CAUSE).order_by("id").values_list(*columns))


def _group(data: Mapping[str, Any]) -> Group:
    values = tuple((str(text), int(count)) for text, count in data.get("values", ()))
    return Group(data["code"], data["column"], Severity(data["severity"]), int(data["count"]), values)


def _surroundings(causes: Mapping[tuple[str, str], object]) -> Surroundings:
    """Return the ids and names that fixes may offer. The organisation is read only when a reference is in question."""
    allowed = allowed_ids()
    if not any(code == REFERENCE for code, _column in causes):
        return Surroundings(allowed=allowed)
    known, names = known_organisation()
    return Surroundings(known=known, names=names, allowed=allowed)
