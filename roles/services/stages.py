"""Adopting a stage: a dated decision of people, which weights of KPIs follow from that day on."""

from __future__ import annotations

from datetime import date

from roles.catalogue import StageKey, SubtypeKey
from roles.choices import SUBTYPES_OF, OrgSource, Thing
from roles.errors import SubtypeOfOtherStage, UnknownUnit
from roles.models import AdoptedStage, Unit
from roles.services.sync.following import follow_units
from roles.services.sync.revisions import revision
from roles.services.sync.spans import SpanWriter
from roles.services.sync.surroundings import unit_days
from roles.timeline import Span, change_from
from roles.tree_safety import within

Decision = tuple[StageKey, SubtypeKey, str]


def adopt_stage(
    unit_external_id: str, *, stage: StageKey, subtype: SubtypeKey, on: date, actor_id: int | None, note: str = ""
) -> bool:
    """Let the unit work in the stage from `on` until the next decision already taken; tell whether anything changed.

    A decision ends with its unit at the latest; UnknownUnit where the unit is gone by that day, ScenarioDay where a
    scenario that this is written into begins later.
    """
    if subtype not in SUBTYPES_OF[stage]:
        raise SubtypeOfOtherStage(stage, subtype)
    with revision(actor_id=actor_id, source=OrgSource.WEB) as recorder:
        unit = Unit.objects.filter(external_id=unit_external_id).first()
        there = unit_days([unit_external_id])
        if unit is None or not within((on, date.max), there.get(unit_external_id, ())):
            raise UnknownUnit(unit_external_id)
        before: list[Span[Decision]] = [
            Span(row.during.lower, row.during.upper, (StageKey(row.stage), SubtypeKey(row.subtype), row.note), row.pk)
            for row in AdoptedStage.objects.filter(unit=unit).order_by("during")
        ]
        after = change_from(before, value=(stage, subtype, note), on=on)
        writer = SpanWriter(AdoptedStage, at=recorder.at, actor_id=actor_id)
        recorder.touch(Thing.STAGES, [unit_external_id])
        writer.add(
            before,
            after,
            fields=lambda said: {"unit_id": unit.pk, "stage": said[0].value, "subtype": said[1].value, "note": said[2]},
        )
        writer.write()
        follow_units(there, recorder=recorder)
        recorder.check_first_day()
        return before != after
