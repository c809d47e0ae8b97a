"""Adopting a stage: a dated decision of people, which weights of KPIs follow from that day on."""

from __future__ import annotations

from datetime import date

from roles.catalogue import StageKey, SubtypeKey
from roles.choices import SUBTYPES_OF, OrgSource, Thing
from roles.errors import SubtypeOfOtherStage, UnknownUnit
from roles.models import AdoptedStage, Unit
from roles.services.sync.revisions import revision
from roles.services.sync.spans import SpanWriter
from roles.timeline import Span, change_from

Decision = tuple[StageKey, SubtypeKey, str]


def adopt_stage(
    unit_external_id: str, *, stage: StageKey, subtype: SubtypeKey, on: date, actor_id: int | None, note: str = ""
) -> bool:
    """Let the unit work in the stage from `on` until the next decision already taken; tell whether anything changed."""
    if subtype not in SUBTYPES_OF[stage]:
        raise SubtypeOfOtherStage(stage, subtype)
    with revision(actor_id=actor_id, source=OrgSource.WEB) as recorder:
        unit = Unit.objects.filter(external_id=unit_external_id).first()
        if unit is None:
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
            fields=lambda value: {"unit_id": unit.pk, "stage": value[0].value, "subtype": value[1].value, "note": value[2]},
        )
        writer.write()
        return before != after
