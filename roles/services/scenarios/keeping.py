"""Scenarios as rows: made, copied, renamed, discarded; their steps, undone and redone; what is said about them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from omnichannel.workspaces.queries.zones import local_day
from roles.choices import ScenarioStatus, StepKind
from roles.errors import ScenarioClosed, ScenarioDay, ScenarioEmpty, UnknownScenario
from roles.models import Scenario, ScenarioComment, ScenarioStep
from roles.queries.feed import newest_revision
from roles.queries.scenarios import DAY
from roles.services.scenarios.entries import (
    Entry,
    Place,
    Steps,
    entries_of,
    entry_or_none,
    kept,
    set_entries,
    steps_of,
)
from roles.state_shift import shifted

NAME_LENGTH = 120
OPEN = (ScenarioStatus.DRAFT, ScenarioStatus.REJECTED)
OVER = (ScenarioStatus.APPLIED, ScenarioStatus.DISCARDED)


def scenario_of(scenario_id: int, *, lock: bool = False) -> Scenario:
    """Return a scenario of the open workspace, or raise UnknownScenario."""
    rows = Scenario.objects.select_for_update(of=("self",)) if lock else Scenario.objects.all()
    found = rows.filter(pk=scenario_id).first()
    if found is None:
        raise UnknownScenario(scenario_id)
    return found


def editable(scenario: Scenario) -> Scenario:
    """Return the scenario if it may be edited now; else ScenarioClosed."""
    return in_status(scenario, *OPEN)


def in_status(scenario: Scenario, *statuses: ScenarioStatus) -> Scenario:
    """Return the scenario if it stands in one of these, or raise ScenarioClosed."""
    if scenario.status not in statuses:
        raise ScenarioClosed(str(ScenarioStatus(scenario.status).label))
    return scenario


@transaction.atomic
def create(
    *, name: str, effective_on: date, actor_id: int | None, note: str = "", copy_of: int | None = None
) -> Scenario:
    """Begin a scenario on the organisation as it is now, or as a copy of another one with its changes and baseline.

    A copy may begin earlier than the changes that it takes over, not later.
    """
    name = _named(name)
    source = check_first_day(effective_on, copy_of=copy_of)
    return Scenario.objects.create(
        name=name,
        note=note.strip(),
        effective_on=effective_on,
        baseline=source.baseline if source is not None else newest_revision(),
        changes=source.changes if source is not None else {},
        copy_of=source,
        created_by_id=actor_id,
    )


def check_first_day(effective_on: date, *, copy_of: int | None = None) -> Scenario | None:
    """Refuse a day on which a new scenario cannot begin; return the one that it copies."""
    _check_day(effective_on)
    source = scenario_of(copy_of) if copy_of is not None else None
    if source is not None and source.changes and effective_on > source.effective_on:
        message = _("The copied changes hold from %(day)s. Choose that day or an earlier one.")
        raise ScenarioDay(message % {"day": source.effective_on})
    return source


@transaction.atomic
def describe(scenario_id: int, *, name: str, note: str = "") -> Scenario:
    """Rename a scenario and say what it is for."""
    scenario = in_status(scenario_of(scenario_id, lock=True), *(set(ScenarioStatus) - set(OVER)))
    scenario.name, scenario.note = _named(name), note.strip()
    scenario.save(update_fields=["name", "note"])
    return scenario


@transaction.atomic
def redate(scenario_id: int, *, effective_on: date, actor_id: int | None) -> Scenario:
    """Let a scenario hold from another day: what began on its first day begins on the new one. A step like an edit."""
    scenario = editable(scenario_of(scenario_id, lock=True))
    _check_day(effective_on)
    if effective_on == scenario.effective_on:
        return scenario
    now = entries_of(scenario.changes)
    after: dict[Place, Entry | None] = dict.fromkeys(now)
    for (thing, key), entry in now.items():
        days = {"old": str(scenario.effective_on), "new": str(effective_on)}
        place, wanted = shifted(thing, key, base=entry.base, wanted=entry.wanted, **days)
        after[thing, place] = entry_or_none(entry.base, wanted)
    sides = [{place: side.get(place) for place in after if now.get(place) != after[place]} for side in (now, after)]
    scenario.steps.filter(is_undone=True).delete()
    _add_step(
        scenario,
        before={**kept(sides[0]), DAY: str(scenario.effective_on)},
        after={**kept(sides[1]), DAY: str(effective_on)},
        kind=StepKind.EDIT,
        actor_id=actor_id,
    )
    scenario.effective_on = effective_on
    _put(scenario, sides[1])
    return scenario


@transaction.atomic
def discard(scenario_id: int) -> Scenario:
    """Put a scenario away; it stays readable."""
    scenario = in_status(scenario_of(scenario_id, lock=True), *(set(ScenarioStatus) - set(OVER)))
    scenario.status, scenario.share_token = ScenarioStatus.DISCARDED, ""
    scenario.save(update_fields=["status", "share_token"])
    return scenario


@transaction.atomic
def share(scenario_id: int, *, is_shared: bool) -> str:
    """Make a link by which the staff of the workspace may read the scenario, or revoke it; return its token."""
    scenario = scenario_of(scenario_id, lock=True)
    if is_shared:
        in_status(scenario, *(set(ScenarioStatus) - {ScenarioStatus.DISCARDED}))
        scenario.share_token = scenario.share_token or secrets.token_urlsafe(32)
    else:
        scenario.share_token = ""
    scenario.save(update_fields=["share_token"])
    return scenario.share_token


def comment(scenario_id: int, *, text: str, actor_id: int | None) -> ScenarioComment:
    """Say something about a scenario."""
    if not text.strip():
        raise ScenarioEmpty(_("Write something first."))
    return ScenarioComment.objects.create(scenario=scenario_of(scenario_id), author_id=actor_id, text=text.strip())


def note_step(scenario: Scenario, after: Steps, *, kind: StepKind, actor_id: int | None) -> bool:
    """Change entries of a scenario whose row is locked, and keep the step; tell whether anything differs.

    What had been undone before can then no longer be redone. A rejected scenario is a draft again.
    """
    now = entries_of(scenario.changes)
    differing = {place: entry for place, entry in after.items() if now.get(place) != entry}
    if not differing:
        return False
    scenario.steps.filter(is_undone=True).delete()
    before = kept({place: now.get(place) for place in differing})
    _add_step(scenario, before=before, after=kept(differing), kind=kind, actor_id=actor_id)
    _put(scenario, differing)
    return True


@transaction.atomic
def undo_edit(scenario_id: int) -> ScenarioStep | None:
    """Take the last step back; None when there is none."""
    scenario = editable(scenario_of(scenario_id, lock=True))
    step = scenario.steps.filter(is_undone=False).order_by("-number").first()
    return _turn(scenario, step, is_undone=True)


@transaction.atomic
def redo_edit(scenario_id: int) -> ScenarioStep | None:
    """Do the step again that was undone last; None when there is none."""
    scenario = editable(scenario_of(scenario_id, lock=True))
    step = scenario.steps.filter(is_undone=True).order_by("number").first()
    return _turn(scenario, step, is_undone=False)


@transaction.atomic
def drop(scenario_id: int, places: list[Place], *, actor_id: int | None) -> bool:
    """Take changes of these things out of the scenario; tell whether there were any."""
    scenario = editable(scenario_of(scenario_id, lock=True))
    return note_step(scenario, dict.fromkeys(places), kind=StepKind.DROP, actor_id=actor_id)


def _add_step(
    scenario: Scenario,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    kind: StepKind,
    actor_id: int | None,
) -> None:
    last = scenario.steps.aggregate(number=Max("number"))["number"] or 0
    ScenarioStep.objects.create(
        scenario=scenario, number=last + 1, kind=kind, actor_id=actor_id, before=before, after=after
    )


def _turn(scenario: Scenario, step: ScenarioStep | None, *, is_undone: bool) -> ScenarioStep | None:
    if step is None:
        return None
    step.is_undone = is_undone
    step.save(update_fields=["is_undone"])
    side = step.before if is_undone else step.after
    if DAY in side:
        scenario.effective_on = date.fromisoformat(side[DAY])
    _put(scenario, steps_of(side))
    return step


def _put(scenario: Scenario, entries: Steps) -> None:
    set_entries(scenario, entries)
    scenario.changed_at = timezone.now()
    if scenario.status == ScenarioStatus.REJECTED:
        scenario.status = ScenarioStatus.DRAFT
    scenario.save(update_fields=["changes", "changed_at", "status", "effective_on"])


def _named(name: str) -> str:
    if not name.strip():
        raise ScenarioEmpty(_("Give the scenario a name."))
    return name.strip()[:NAME_LENGTH]


def _check_day(effective_on: date) -> None:
    today = local_day(timezone.now())
    if effective_on < today:
        raise ScenarioDay(_("A scenario begins today, %(day)s, or later.") % {"day": today})
