"""Writing what a directory says: one revision, or a preview of it, with everything that a person should see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from roles.choices import OrgSource, Thing
from roles.directories.faults import DirectoryFault
from roles.directories.shapes import Directory, Note
from roles.models import Assignment
from roles.queries.source_ids import owned_by, owned_by_others
from roles.services.directories.charting import Chart, chart_of
from roles.services.directories.standing import standing
from roles.services.documents.chart import PARTS, ChartResult, PartPlan
from roles.services.rehearsal import rehearsal
from roles.services.source_ids import remember
from roles.services.sync.closing import close
from roles.services.sync.revisions import Recorder, revision
from roles.services.whole import put_org_chart

# Of each list so many are kept by name; the counts are always whole.
MOST_NAMED = 200
NAMED_PARTS = ("created", "changed", "moved", "ended")


@dataclass(frozen=True, slots=True)
class DirectoryOutcome:
    """What a directory did or would do. `summary` is JSON, as a run keeps it; with `confirm` nothing was written."""

    written: bool
    confirm: str
    has_issues: bool
    revision: int | None
    summary: dict[str, Any]


def write_directory(
    directory: Directory,
    *,
    on: date,
    actor_id: int | None,
    since: date | None = None,
    under: str | None = None,
    dry_run: bool = False,
    confirm: str = "",
) -> DirectoryOutcome:
    """Bring the organisation to what the directory says from `on` on. The same directory again changes nothing.

    Roles held in departments that are gone end with them. More than 10 % leavers need the words of `confirm`. Raise
    DirectoryFault for a directory without a department or without anybody who works there.
    """
    if not directory.departments or not any(one.is_active for one in directory.members):
        raise DirectoryFault("empty")
    kind = directory.kind.value
    with revision(actor_id=actor_id, source=OrgSource(kind)) as recorder, rehearsal(recorder) as tried:
        before = standing(kind, on=on)
        chart = chart_of(directory, standing=before, on=on, since=since, under=under)
        orphaned = _end_orphaned_roles(chart, kind=kind, on=on, recorder=recorder)
        result = put_org_chart(
            chart.document,
            source=OrgSource(kind),
            effective_on=on,
            actor_id=actor_id,
            units_since=None if before.is_first else on,
            dry_run=dry_run,
            confirm_leavers=confirm or None,
        )
        if result.written:
            remember(kind, Thing.PEOPLE, chart.more_ids)
        tried.is_undone = not result.written
    return DirectoryOutcome(
        written=result.written,
        confirm=result.confirm,
        has_issues=bool(result.issues),
        revision=recorder.written.number if result.written and recorder.written is not None else None,
        summary=_summary(directory, chart, result, orphaned=orphaned),
    )


def _end_orphaned_roles(chart: Chart, *, kind: str, on: date, recorder: Recorder) -> list[str]:
    """End the roles that people hold in departments which the directory has dropped: nothing else lets those go."""
    closing = owned_by(kind, Thing.UNITS) - owned_by_others(kind, Thing.UNITS) - chart.document.keys(Thing.UNITS)
    if not closing:
        return []
    held = Assignment.objects.filter(unit__external_id__in=list(closing)).filter(
        Q(during__upper_inf=True) | Q(during__endswith__gt=on)
    )
    columns = held.values_list("person__external_id", "role_key", "during")
    keys = [f"{person}/{role}/{during.lower}" for person, role, during in columns]
    close(Thing.ASSIGNMENTS, keys, on=on, recorder=recorder)
    return sorted(keys)


def _summary(directory: Directory, chart: Chart, result: ChartResult, *, orphaned: Sequence[str]) -> dict[str, Any]:
    return {
        "departments": len(directory.departments),
        "members": len(directory.members),
        "people": len(chart.document.people or ()),
        "parts": {thing.value: _part(result.parts[thing]) for thing in PARTS if thing in result.parts},
        "issues": [
            {"thing": one.thing.value, "id": one.external_id, "code": one.code, "message": one.message}
            for one in result.issues[:MOST_NAMED]
        ],
        "confirm": result.confirm,
        "effect": _effect(result),
        "roles_ended": list(orphaned[:MOST_NAMED]),
        "renamed": [list(pair) for pair in chart.renamed[:MOST_NAMED]],
        "maybe_same": _maybe_same(directory, chart, result),
        **_notes(chart.notes),
    }


def _part(plan: PartPlan) -> dict[str, Any]:
    entries: dict[str, Any] = {
        name: [
            {"id": one.external_id, "name": one.name, "was": one.was, "now": one.now}
            for one in getattr(plan, name)[:MOST_NAMED]
        ]
        for name in NAMED_PARTS
    }
    return {"counts": {name: len(getattr(plan, name)) for name in NAMED_PARTS} | {"same": plan.same}, **entries}


def _effect(result: ChartResult) -> dict[str, Any]:
    if result.effect is None:
        return {}
    return {
        "units": [
            {"id": one.external_id, "name": one.name, "before": one.people_before, "after": one.people_after}
            for one in result.effect.units[:MOST_NAMED]
        ],
        "coverage_lost": [
            {"role": one.role, "unit": one.unit_external_id, "held_by": list(one.held_by)}
            for one in result.effect.coverage_lost[:MOST_NAMED]
        ],
    }


def _notes(notes: Iterable[Note]) -> dict[str, Any]:
    """Keep some notes of each kind by name, and how many there are of each."""
    counts: Counter[str] = Counter()
    named = []
    for note in dict.fromkeys(notes):
        counts[note.code] += 1
        if counts[note.code] <= MOST_NAMED // 10:
            named.append([note.code, note.subject, note.more])
    return {"notes": named, "note_counts": dict(counts)}


def _maybe_same(directory: Directory, chart: Chart, result: ChartResult) -> list[dict[str, str]]:
    """Pair each leaver with the one newcomer of the same name: their id may have changed in the other system.

    Where two share a name nobody is guessed. A person decides; `rename_member` tells us.
    """
    plan = result.parts.get(Thing.PEOPLE)
    if plan is None or not plan.ended or not plan.created:
        return []
    theirs = {ours: key for key, ours in (chart.document.source_ids.get(Thing.PEOPLE) or {}).items()}
    gone, new = _by_name(plan.ended), _by_name(plan.created)
    return [
        {"name": name, "old": gone[name], "new": theirs[new[name]]}
        for name in gone
        if name and name in new and new[name] in theirs
    ][:MOST_NAMED]


def _by_name(entries: Iterable[Any]) -> Mapping[str, str]:
    found: dict[str, list[str]] = {}
    for one in entries:
        found.setdefault(one.name, []).append(one.external_id)
    return {name: ids[0] for name, ids in found.items() if len(ids) == 1}
