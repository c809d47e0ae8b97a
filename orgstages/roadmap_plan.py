"""Steps of a transition as days, and what a route leaves out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from omnichannel.core.text import Bilingual
from orgstages.catalogue import StageSpec, Transition, load_stages

LANGUAGES = ("zh-hans", "en")


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step of a transition: it lasts from `begins_on` up to the day it is due."""

    order: int
    names: Bilingual
    weeks: int
    begins_on: date
    due_on: date


def planned_steps(transition: Transition, *, start: date) -> tuple[PlannedStep, ...]:
    """Lay the steps one after the other from the day on: each is due when its weeks are over."""
    found, begins = [], start
    for step in sorted(transition.steps, key=lambda one: one.order):
        due = begins + timedelta(weeks=step.weeks)
        found.append(PlannedStep(step.order, step.names, step.weeks, begins, due))
        begins = due
    return tuple(found)


def skipped_stages(transition: Transition) -> tuple[StageSpec, ...]:
    """Return the stages that lie between both ends of a route, the earliest first."""
    catalogue = load_stages()
    start, end = (
        catalogue.stages[catalogue.subtypes[key].stage].order
        for key in (transition.from_subtype, transition.to_subtype)
    )
    between = [stage for stage in catalogue.stages.values() if min(start, end) < stage.order < max(start, end)]
    return tuple(sorted(between, key=lambda stage: stage.order)) if transition.skip else ()


def is_confirmed(transition: Transition, typed: str) -> bool:
    """Tell whether the text names every stage that the route leaves out, in one language."""
    stages = skipped_stages(transition)
    if not stages:
        return not transition.skip
    said = " ".join(typed.casefold().split())
    return any(
        said == " ".join(stage.names.in_language(language).casefold() for stage in stages) for language in LANGUAGES
    )
