"""How the plan of a whole document is shown: part by part with names, and what follows."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from roles.services.whole import ChartEntry, ChartResult, PartPlan

MOST_NAMED = 1000


class ChartEntrySerializer(serializers.Serializer[Any]):
    """One thing of the plan."""

    external_id = serializers.CharField(help_text="Its id.")
    name = serializers.CharField(help_text="What people call it.")


class ChartMoveSerializer(ChartEntrySerializer):
    """A thing that moves."""

    was = serializers.CharField(allow_null=True, help_text="The unit it leaves; null: the top.")
    now = serializers.CharField(allow_null=True, help_text="The unit it comes to; null: the top.")


class ChartCountsSerializer(serializers.Serializer[Any]):
    """How many of a part; what moves is not counted as changed."""

    created = serializers.IntegerField(help_text="New ones.")
    changed = serializers.IntegerField(help_text="Those that stay where they are and differ otherwise.")
    moved = serializers.IntegerField(help_text="Those that come to another unit.")
    ended = serializers.IntegerField(help_text="Those that leave, close or end.")
    same = serializers.IntegerField(help_text="Those that are as the document says.")


class ChartPartSerializer(serializers.Serializer[Any]):
    """What happens to one part: all counts, and up to 1,000 of each named."""

    counts = ChartCountsSerializer(help_text="How many.")
    created = ChartEntrySerializer(many=True, help_text="New ones.")
    changed = ChartEntrySerializer(many=True, help_text="Changed ones.")
    moved = ChartMoveSerializer(many=True, help_text="Moved ones.")
    ended = ChartEntrySerializer(many=True, help_text="Those that leave, close or end.")


class ChartUnitEffectSerializer(serializers.Serializer[Any]):
    """A unit whose own head count or FTE differs afterwards."""

    external_id = serializers.CharField(help_text="The unit.")
    name = serializers.CharField(help_text="Its name.")
    people_before = serializers.IntegerField(help_text="Head count before.")
    people_after = serializers.IntegerField(help_text="Head count after.")
    fte_before = serializers.DecimalField(12, 3, help_text="Full-time equivalents before.")
    fte_after = serializers.DecimalField(12, 3, help_text="Full-time equivalents after.")


class ChartRoleLossSerializer(serializers.Serializer[Any]):
    """A role that nobody holds in a unit any more."""

    role = serializers.CharField(help_text="The role.")
    unit_external_id = serializers.CharField(help_text="The unit.")
    held_by = serializers.ListField(child=serializers.CharField(), help_text="Who held it.")


class ChartEffectSerializer(serializers.Serializer[Any]):
    """What follows from the document on its effective day."""

    units = ChartUnitEffectSerializer(many=True, help_text="Units whose head count differs.")
    coverage_lost = ChartRoleLossSerializer(many=True, help_text="Roles nobody holds any more.")
    seats_opened = ChartEntrySerializer(many=True, help_text="Seats that fall vacant.")


class ChartPartsSerializer(serializers.Serializer[Any]):
    """The parts the document speaks of, and those that follow it."""

    units = ChartPartSerializer(required=False, help_text="Units.")
    seats = ChartPartSerializer(required=False, help_text="Seats.")
    people = ChartPartSerializer(required=False, help_text="People.")
    assignments = ChartPartSerializer(required=False, help_text="Assignments.")
    lines = ChartPartSerializer(required=False, help_text="Secondary lines.")


class ChartPlanSerializer(serializers.Serializer[Any]):
    """What a whole document does, or would do."""

    dry_run = serializers.BooleanField(help_text="True when nothing was written.")
    revision = serializers.IntegerField(allow_null=True, help_text="The revision; null when nothing differs.")
    confirm = serializers.CharField(
        allow_blank=True, help_text="The words to send as `confirm` to have it written; empty when none are needed."
    )
    parts = ChartPartsSerializer(help_text="What happens, part by part.")
    effect = ChartEffectSerializer(allow_null=True, help_text="What follows; null for a document that is written.")


def plan_of(result: ChartResult, *, dry_run: bool) -> dict[str, Any]:
    """Return the plan as the API shows it."""
    effect = None
    if result.effect is not None:
        effect = {
            "units": [
                {
                    "external_id": unit.external_id,
                    "name": unit.name,
                    "people_before": unit.people_before,
                    "people_after": unit.people_after,
                    "fte_before": str(unit.fte_before),
                    "fte_after": str(unit.fte_after),
                }
                for unit in result.effect.units
            ],
            "coverage_lost": [
                {"role": loss.role, "unit_external_id": loss.unit_external_id, "held_by": list(loss.held_by)}
                for loss in result.effect.coverage_lost
            ],
            "seats_opened": [_entry(seat) for seat in result.effect.seats_opened],
        }
    return {
        "dry_run": dry_run,
        "revision": result.revision,
        "confirm": result.confirm,
        "parts": {thing.value: _part(part) for thing, part in result.parts.items()},
        "effect": effect,
    }


def _part(part: PartPlan) -> dict[str, Any]:
    counts = {
        "created": len(part.created),
        "changed": len(part.changed),
        "moved": len(part.moved),
        "ended": len(part.ended),
        "same": part.same,
    }
    return {
        "counts": counts,
        "created": [_entry(one) for one in part.created[:MOST_NAMED]],
        "changed": [_entry(one) for one in part.changed[:MOST_NAMED]],
        "moved": [{**_entry(one), "was": one.was, "now": one.now} for one in part.moved[:MOST_NAMED]],
        "ended": [_entry(one) for one in part.ended[:MOST_NAMED]],
    }


def _entry(entry: ChartEntry) -> dict[str, Any]:
    return {"external_id": entry.external_id, "name": entry.name}
