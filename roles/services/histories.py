"""Rows of files that carry days of their own: what a unit, a seat or a person's place was, is and will be.

All rows of a thing are taken together, whatever order they come in; the file is written whole or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from roles.choices import OrgSource, Thing
from roles.histories import Told, crossing, ended, retold
from roles.services.rehearsal import rehearsal
from roles.services.sync import restore, revision, states
from roles.services.sync.checks import ID_LENGTH, check_length
from roles.services.sync.people import MOST_FTE
from roles.services.sync.rows import Faults, Outcome, OutcomeKind, SyncResult
from roles.services.sync.seats import MOST_SEAT_FTE
from roles.services.sync.state_checks import IDENTITIES, day_of
from roles.services.sync.states import FACTS, Facts, as_text
from roles.state_diff import State
from roles.timeline import Span

# What a row leaves empty stays as it is stored; the seat only while the unit stays the same.
KEPT = {
    Thing.UNITS: frozenset({"is_leading", "rank"}),
    Thing.SEATS: frozenset({"monthly_budget"}),
    Thing.PEOPLE: frozenset({"monthly_cost", "seat"}),
}
LIMITS: Mapping[str, tuple[Decimal, Decimal | None]] = {
    "fte": (Decimal(0), MOST_FTE),
    "planned_fte": (Decimal("0.001"), MOST_SEAT_FTE),
    "monthly_cost": (Decimal(0), None),
    "monthly_budget": (Decimal(0), None),
}
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DatedRow:
    """One row of a unit, a seat or a person. `facts` are the columns of the dated fact, `own` those of the thing.

    `start` None: from the day of the load on, or of several rows from the first records on. `end` is the first day on
    which it does not hold any more.
    """

    external_id: str
    facts: Mapping[str, Any]
    own: Mapping[str, Any] = field(default_factory=dict)
    start: date | None = None
    end: date | None = None
    since: date | None = None


def upsert_histories(
    thing: Thing,
    rows: Sequence[DatedRow],
    *,
    effective_on: date,
    actor_id: int | None,
    dry_run: bool = False,
    source: OrgSource = OrgSource.FILE,
) -> SyncResult:
    """Bring units, seats or people to what the rows tell of them. A row counts as what became of its thing."""
    keys = [row.external_id for row in rows]
    faults = Faults()
    _check_rows(thing, rows, faults=faults)
    if faults.found:
        return faults.refused(keys)
    with revision(actor_id=actor_id, source=source) as recorder:
        before = states(thing, keys)
        after = _after(thing, rows, before, effective_on=effective_on)
        changed = {key: state for key, state in after.items() if state != before.get(key)}
        begun = len(recorder.log)
        with rehearsal(recorder, dry_run=dry_run) as tried:
            expected = {key: before.get(key) for key in changed}
            issues = restore(thing, expected=expected, wanted=changed, actor_id=actor_id, source=source)
            for issue in issues:
                faults.add(keys.index(issue.key), issue.key, "", code="does_not_fit", message=issue.message)
            if not issues:
                faults.tell(recorder.unsafe(since=begun), thing=thing, keys=keys)
            tried.is_undone = tried.is_undone or bool(faults.found)
    if faults.found:
        return faults.refused(keys)
    outcomes = tuple(Outcome(index, key, _kind(key, before, changed)) for index, key in enumerate(keys))
    return SyncResult(outcomes, written=not dry_run)


def _kind(key: str, before: Mapping[str, State], changed: Mapping[str, State]) -> OutcomeKind:
    if key not in changed:
        return OutcomeKind.SAME
    return OutcomeKind.CHANGED if key in before else OutcomeKind.CREATED


def _after(
    thing: Thing, rows: Sequence[DatedRow], before: Mapping[str, State], *, effective_on: date
) -> dict[str, State]:
    grouped: dict[str, list[DatedRow]] = defaultdict(list)
    for row in rows:
        grouped[row.external_id].append(row)
    return {key: _state(thing, group, before.get(key), effective_on=effective_on) for key, group in grouped.items()}


def _state(thing: Thing, rows: Sequence[DatedRow], before: State | None, *, effective_on: date) -> State:
    facts = FACTS[thing]
    told = [Told(row.start, row.end, partial(_values, thing, row)) for row in rows]
    newest = max(rows, key=lambda row: row.start or date.min)
    today = max(effective_on, newest.own.get("hired_on", effective_on))
    spans = retold(_spans(before), told, today=today, since=newest.since)
    if newest.own.get("left_on") is not None:
        spans = ended(spans, newest.own["left_on"])
    own = {name: as_text(newest.own[name]) for name in facts.own}
    return {**own, "spans": [_as_state(span, facts) for span in spans]}


def _spans(state: State | None) -> list[Span[Values]]:
    spans = [] if state is None else state["spans"]
    return [
        Span(
            day_of(one["start"]), day_of(one["end"]), {name: one[name] for name in one if name not in ("start", "end")}
        )
        for one in spans
    ]


def _as_state(span: Span[Values], facts: Facts) -> Values:
    said = {name: value for name, value in span.value.items() if value is not None or name not in facts.sparse}
    return {"start": as_text(span.start), "end": as_text(span.end), **said}


def _values(thing: Thing, row: DatedRow, held: Values | None) -> Values:
    """Return the columns as states hold them; what the row leaves out is taken from what held."""
    facts, kept = FACTS[thing], KEPT[thing]
    values = {}
    for name in facts.columns:
        value = _written(facts, name, row.facts.get(name))
        if value is None and name in kept and held is not None:
            moved = name == "seat" and held["unit"] != row.facts["unit"]
            value = None if moved else held.get(name)
        values[name] = value
    if values.get("is_leading", True) is None:
        values["is_leading"] = False
    return {name: value for name, value in values.items() if value is not None or name not in facts.sparse}


def _written(facts: Facts, name: str, value: Any) -> Any:
    column = facts.model._meta.get_field(name)
    if isinstance(value, Decimal) and isinstance(column, models.DecimalField):
        value = value.quantize(Decimal(1).scaleb(-column.decimal_places), rounding=ROUND_HALF_UP)
    return as_text(value)


def _check_rows(thing: Thing, rows: Sequence[DatedRow], *, faults: Faults) -> None:
    facts = FACTS[thing]
    there = _there(thing, rows)
    by_key: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_key[row.external_id].append(index)
        check_length(index, row.external_id, "external_id", row.external_id, most=ID_LENGTH, faults=faults)
        if row.start is not None and row.end is not None and row.end <= row.start:
            message = _("The end comes after the start, %(start)s.") % {"start": row.start}
            faults.add(index, row.external_id, "ends_on", code="end_before_start", message=message)
        for name, value in row.facts.items():
            if name in facts.links:
                _check_link(index, row, name, there=there[facts.links[name]], faults=faults)
            elif value is not None:
                _check_value(index, row, facts.model, name, faults=faults)
        hired_on, left_on = row.own.get("hired_on"), row.own.get("left_on")
        if left_on is not None and left_on <= hired_on:
            message = _("The first day gone comes after the day hired, %(hired)s.") % {"hired": hired_on}
            faults.add(index, row.external_id, "left_on", code="left_before_hired", message=message)
        if facts.identity is not None:
            for name in row.own:
                _check_value(index, row, facts.identity, name, faults=faults)
    for places in by_key.values():
        _check_days([rows[place] for place in places], places, faults=faults)


def _there(thing: Thing, rows: Sequence[DatedRow]) -> dict[Thing, set[str]]:
    """Return the ids that rows may point to: known ones, and of the same thing those of the file."""
    facts, found = FACTS[thing], {}
    for link in set(facts.links.values()):
        columns = [name for name, kind in facts.links.items() if kind is link]
        named = {row.facts[name] for row in rows for name in columns if row.facts.get(name)}
        found[link] = set(
            IDENTITIES[link].objects.filter(external_id__in=named).values_list("external_id", flat=True)
        ) | ({row.external_id for row in rows} if link is thing else set())
    return found


def _check_link(index: int, row: DatedRow, name: str, *, there: set[str], faults: Faults) -> None:
    value = row.facts[name]
    if value is not None and value not in there:
        message = _("%(id)s is in neither this batch nor the organisation.") % {"id": value}
        faults.add(index, row.external_id, name, code="unknown_reference", message=message)


def _check_value(index: int, row: DatedRow, model: type[models.Model], name: str, *, faults: Faults) -> None:
    """Note what the column cannot hold: too long, outside its list, below its least."""
    value = {**row.facts, **row.own}[name]
    column = model._meta.get_field(name)
    if value is None or not isinstance(column, models.Field):
        return
    if isinstance(value, Decimal):
        least, most = LIMITS.get(name, (value, None))
        if value < least or (most is not None and value > most):
            message = _("This lies outside what is allowed: %(least)s to %(most)s.") % {
                "least": least,
                "most": most or "…",
            }
            faults.add(index, row.external_id, name, code="out_of_range", message=message)
        return
    try:
        column.run_validators(value)
        if column.choices is not None:
            column.validate(value, None)
    except ValidationError as error:
        faults.add(index, row.external_id, name, code="invalid", message=" ".join(error.messages))


def _check_days(rows: Sequence[DatedRow], places: Sequence[int], *, faults: Faults) -> None:
    """Note rows of one thing that hold on the same day, or that disagree about what does not change over time."""
    told: list[Told[Values]] = [Told(row.start, row.end, lambda _held: {}) for row in rows]
    crossed = crossing(told) if len(rows) > 1 else None
    if crossed is not None:
        index = places[max(crossed)]
        message = _("Two rows of %(id)s hold on the same day. Let one end where the next one starts.")
        faults.add(
            index, rows[0].external_id, "starts_on", code="overlap", message=message % {"id": rows[0].external_id}
        )
    if len({tuple(sorted(row.own.items(), key=lambda one: one[0])) for row in rows}) > 1:
        message = _("The rows of %(id)s disagree about the name, the day hired or the day left.")
        faults.add(
            places[-1], rows[0].external_id, "hired_on", code="disagree", message=message % {"id": rows[0].external_id}
        )
