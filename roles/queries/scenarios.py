"""Scenarios as pages read them: the list, one of them, what it changes, its steps and what was said about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from roles.choices import PARTS, ChangeKind, ScenarioStatus, StepKind, Thing
from roles.errors import UnknownScenario
from roles.models import Scenario, ScenarioComment, ScenarioStep
from roles.queries.feed import newest_revision
from roles.state_diff import State, changed_fields, first_difference
from roles.state_lines import FieldLine, differences

NAMED = ("created_by", "submitted_by", "decided_by", "applied_by", "applied_revision", "copy_of")
OPEN = (ScenarioStatus.DRAFT, ScenarioStatus.REJECTED)
DAY = "effective_on"  # beside the things in a step that moved the first day


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """A scenario. `counts` are its changes by kind; `since` counts the live revisions after its baseline."""

    id: int
    name: str
    note: str
    status: ScenarioStatus
    effective_on: date
    baseline: int
    since: int
    counts: Mapping[ChangeKind, int]
    author: str
    author_id: int | None
    created_at: datetime
    changed_at: datetime
    submitted_by: str
    submitted_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    decision_note: str
    applied_by: str
    applied_at: datetime | None
    applied_revision: int | None
    copy_of: int | None
    copy_name: str
    share_token: str

    @property
    def changes(self) -> int:
        """Return how many things it changes."""
        return sum(self.counts.values())

    @property
    def is_open(self) -> bool:
        """True while it may be edited."""
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class ScenarioChange:
    """One thing that a scenario changes, field by field."""

    thing: Thing
    external_id: str
    kind: ChangeKind
    fields: tuple[str, ...]
    effective_on: date | None
    before: State | None
    after: State | None

    @property
    def lines(self) -> tuple[FieldLine, ...]:
        """Return only the fields that differ, with the days over which they do."""
        return differences(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a scenario's making; `day` is the first day of the scenario where the step moved it."""

    number: int
    kind: StepKind
    at: datetime
    by: str
    things: tuple[tuple[Thing, str], ...]
    is_undone: bool
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about a scenario."""

    by: str
    at: datetime
    text: str


def scenarios(*, is_discarded: bool = False) -> tuple[ScenarioRow, ...]:
    """Return the scenarios of the workspace, the last changed first; in two queries, however many there are."""
    rows = Scenario.objects.select_related(*NAMED).order_by("-changed_at", "-pk")
    if not is_discarded:
        rows = rows.exclude(status=ScenarioStatus.DISCARDED)
    last = newest_revision()
    return tuple(_row(row, last) for row in rows)


def open_scenarios(*, most: int = 12) -> tuple[tuple[int, str, date], ...]:
    """Return id, name and first day of the scenarios that may be edited, the last changed first."""
    rows = Scenario.objects.filter(status__in=OPEN).order_by("-changed_at", "-pk")
    return tuple(rows.values_list("pk", "name", "effective_on")[:most])


def scenario(scenario_id: int) -> ScenarioRow:
    """Return one scenario, or raise UnknownScenario."""
    return _row(_stored(scenario_id), newest_revision())


def shared_scenario(token: str) -> ScenarioRow:
    """Return the scenario that a link with this token opens, or raise UnknownScenario."""
    found = Scenario.objects.select_related(*NAMED).filter(share_token=token).first() if token else None
    if found is None:
        raise UnknownScenario("-")
    return _row(found, newest_revision())


def changes_of(scenario_id: int) -> tuple[ScenarioChange, ...]:
    """Return what a scenario changes against what its editor saw, by kind of thing and id."""
    return tuple(_changes(_stored(scenario_id)))


def steps_of(scenario_id: int, *, most: int = 50) -> tuple[Step, ...]:
    """Return the latest steps, newest first; undone ones among them."""
    rows = ScenarioStep.objects.filter(scenario_id=scenario_id).select_related("actor").order_by("-number")[:most]
    return tuple(
        Step(
            number=row.number,
            kind=StepKind(row.kind),
            at=row.at,
            by=str(row.actor or ""),
            things=tuple((Thing(each), key) for each in Thing.values for key in row.after.get(each, ())),
            day=date.fromisoformat(row.after[DAY]) if DAY in row.after else None,
            is_undone=row.is_undone,
        )
        for row in rows
    )


def comments_of(scenario_id: int) -> tuple[Comment, ...]:
    """Return what was said, oldest first."""
    rows = ScenarioComment.objects.filter(scenario_id=scenario_id).select_related("author").order_by("at", "pk")
    return tuple(Comment(str(row.author or ""), row.at, row.text) for row in rows)


def _stored(scenario_id: int) -> Scenario:
    found = Scenario.objects.select_related(*NAMED).filter(pk=scenario_id).first()
    if found is None:
        raise UnknownScenario(scenario_id)
    return found


def _changes(row: Scenario) -> Iterator[ScenarioChange]:
    for thing in (*PARTS, Thing.STAGES):
        for key, entry in sorted(row.changes.get(thing.value, {}).items()):
            yield change_of(thing, key, entry["base"], entry["wanted"])


def change_of(thing: Thing, key: str, before: State | None, after: State | None) -> ScenarioChange:
    """Return how a thing differs between two states."""
    return ScenarioChange(
        thing=thing,
        external_id=key,
        kind=_kind(before, after),
        fields=tuple(changed_fields(before, after)),
        effective_on=first_difference(before, after),
        before=before,
        after=after,
    )


def _kind(before: State | None, after: State | None) -> ChangeKind:
    return ChangeKind.CREATED if before is None else ChangeKind.REMOVED if after is None else ChangeKind.CHANGED


def _row(row: Scenario, last: int) -> ScenarioRow:
    counts: dict[ChangeKind, int] = {}
    for some in row.changes.values():
        for entry in some.values():
            kind = _kind(entry["base"], entry["wanted"])
            counts[kind] = counts.get(kind, 0) + 1
    until = row.applied_revision.number - 1 if row.applied_revision is not None else last
    return ScenarioRow(
        id=row.pk,
        name=row.name,
        note=row.note,
        status=ScenarioStatus(row.status),
        effective_on=row.effective_on,
        baseline=row.baseline,
        since=max(until - row.baseline, 0),
        counts=counts,
        author=str(row.created_by or ""),
        author_id=row.created_by_id,
        created_at=row.created_at,
        changed_at=row.changed_at,
        submitted_by=str(row.submitted_by or ""),
        submitted_at=row.submitted_at,
        decided_by=str(row.decided_by or ""),
        decided_at=row.decided_at,
        decision_note=row.decision_note,
        applied_by=str(row.applied_by or ""),
        applied_at=row.applied_at,
        applied_revision=row.applied_revision.number if row.applied_revision is not None else None,
        copy_of=row.copy_of_id,
        copy_name=row.copy_of.name if row.copy_of is not None else "",
        share_token=row.share_token,
    )
