"""A smallest change becomes a scenario: its steps are written into a draft, which is judged before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orgstages.answers import counting
from orgstages.catalogue import load_stages
from orgstages.errors import WayDoesNotHold, WayNotOffered, WayRefused
from orgstages.queries.diagnosis import diagnose
from orgstages.queries.smallest import outcome_words, way_of
from orgstages.remedies import Deed, Remedy, Step
from orgstages.scoring import subtype_result
from orgstages.smallest import StageOutcome, Way, stage_outcome
from orgstages.verdicts import verdict_name
from roles.choices import Thing, UnitLevel
from roles.services import scenarios as drafts
from roles.services.edits import add, edit, values_on
from roles.services.ending import end
from roles.services.moving import move
from roles.services.written import Written


@transaction.atomic
def open_way(
    unit: str, *, key: str, as_of: date, effective_on: date, actor_id: int | None, within: str | None = None
) -> int:
    """Make a scenario of an offered way and return its id.

    Raise WayNotOffered, WayRefused by the organisation, or WayDoesNotHold where the draft does not get the verdict.
    """
    found = diagnose(unit, as_of=as_of, within=within)
    line = way_of(found, key)
    if line is None or not line.is_doable:
        raise WayNotOffered
    names = {"unit": found.unit.name, "outcome": line.outcome.in_language(get_language())}
    scenario = drafts.create(
        name=(_("%(unit)s: %(outcome)s") % names)[:120],
        effective_on=effective_on,
        actor_id=actor_id,
        note="\n".join(each.remedy.words.in_language(get_language()) for each in line.lines),
    )
    with drafts.edited(scenario.pk, actor_id=actor_id) as draft:
        for each in line.lines:
            carry_out(each.remedy, on=draft.effective_on, actor_id=actor_id)
        _check(unit, line.way, day=draft.effective_on)
    return scenario.pk


def _check(unit: str, way: Way, *, day: date) -> None:
    """Judge the unit as the draft has it: a way that moves other answers too may end elsewhere."""
    after = diagnose(unit, as_of=day)
    answers = counting(after.answers)
    if isinstance(way.outcome, StageOutcome):
        reached = stage_outcome(answers)
        told = outcome_words(reached) if reached else verdict_name(after.verdict)
        if reached != way.outcome:
            raise WayDoesNotHold(told.in_language(get_language()))
        return
    stage = after.verdict.stage.current
    leading = subtype_result(answers, stage=stage, catalogue=load_stages()).leading if stage else ()
    if leading != way.outcome:
        raise WayDoesNotHold(verdict_name(after.verdict).in_language(get_language()))


def carry_out(remedy: Remedy, *, on: date, actor_id: int | None) -> None:
    """Write a remedy's steps into the organisation as it is open here. Raise WayRefused where one is refused."""
    for step in remedy.steps:
        written = DEEDS[step.deed](step, on, actor_id)
        if written.issues:
            raise WayRefused("; ".join(issue.message for issue in written.issues))


def _move_unit(step: Step, on: date, actor_id: int | None) -> Written:
    return move(Thing.UNITS, step.target, to=str(step.values["to"]), on=on, actor_id=actor_id)


def _add_unit(step: Step, on: date, actor_id: int | None) -> Written:
    values = {
        "external_id": step.target,
        "name": _("New business unit %(id)s") % {"id": step.target},
        "level": UnitLevel.BUSINESS_UNIT.value,
        **step.values,
    }
    return add(Thing.UNITS, values, on=on, actor_id=actor_id)


def _edit(thing: Thing) -> Callable[[Step, date, int | None], Written]:
    def write(step: Step, on: date, actor_id: int | None) -> Written:
        base = values_on(thing, step.target, on)
        if base is None:
            raise WayNotOffered
        return edit(thing, step.target, on=on, changes=step.values, base=base, actor_id=actor_id).written

    return write


def _end(step: Step, on: date, actor_id: int | None) -> Written:
    return end(Thing.ASSIGNMENTS, step.target, on=on, actor_id=actor_id)


DEEDS: Mapping[Deed, Callable[[Step, date, int | None], Written]] = {
    Deed.MOVE_UNIT: _move_unit,
    Deed.EDIT_UNIT: _edit(Thing.UNITS),
    Deed.ADD_UNIT: _add_unit,
    Deed.EDIT_PERSON: _edit(Thing.PEOPLE),
    Deed.EDIT_ASSIGNMENT: _edit(Thing.ASSIGNMENTS),
    Deed.END_ASSIGNMENT: _end,
}
