"""The shapes of competence, pools, key people and vacancies for REST clients; decimals are texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from omnichannel.core.fields import StrictBooleanField, StrictCharField, StrictIntegerField
from roles.catalogue.competence import HIGHEST, Part
from talent.choices import OpenKind, Pool, RatedBy, Readiness
from talent.services.pools import MOST_REASON
from talent.services.rating import MOST_REMARK

JOB_LEVELS = ["specialist", "manager", "director"]
PARTS = [part.value for part in Part]
ID_LENGTH = 64
ABILITY_LENGTH = 60


class TextShape(serializers.Serializer[Any]):
    """A text in both languages."""

    zh = serializers.CharField()
    en = serializers.CharField()


class StrictBody(serializers.Serializer[Any]):
    """A body whose unknown fields are refused, each by name."""

    def to_internal_value(self, data: Any) -> Any:
        """Read the body; ValidationError names the fields that are none of it."""
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            words = _("There is no field %(name)s here.")
            raise serializers.ValidationError({str(name)[:64]: [words % {"name": str(name)[:64]}] for name in unknown})
        return super().to_internal_value(data)


class AbilityShape(serializers.Serializer[Any]):
    """An ability of a role. `anchors` say what levels 1, 2 and 3 look like at work."""

    ability = serializers.CharField(source="key")
    names = TextShape()
    part = serializers.ChoiceField(PARTS)
    needed = serializers.DictField(child=serializers.IntegerField(), help_text="0 to 3 per job level.")
    altered = serializers.ListField(
        child=serializers.CharField(), help_text="Job levels whose need the workspace has set itself."
    )
    anchors = TextShape(many=True)


class ModelShape(serializers.Serializer[Any]):
    """The competence model of a role on a day."""

    role = serializers.CharField()
    abilities = AbilityShape(many=True)


class NeededBody(StrictBody):
    """One needed level; null goes back to the library's."""

    ability = StrictCharField(max_length=ABILITY_LENGTH)
    job_level = serializers.ChoiceField(JOB_LEVELS)
    needed = StrictIntegerField(min_value=0, max_value=HIGHEST, allow_null=True)


class NeedsBody(StrictBody):
    """Needed levels from a day on; what is left out stays."""

    since = serializers.DateField()
    note = StrictCharField(max_length=300, allow_blank=True, default="")
    needed = NeededBody(many=True, allow_empty=False)


class NeedsResult(serializers.Serializer[Any]):
    """What the write did."""

    changed = serializers.IntegerField(help_text="How many levels differ from before.")


class RatingLineShape(serializers.Serializer[Any]):
    """The level rated in an ability; null in a draft that is open."""

    ability = serializers.CharField()
    level = serializers.IntegerField(allow_null=True)
    remark = serializers.CharField(allow_blank=True)


class RatingShape(serializers.Serializer[Any]):
    """A finished rating. It is never changed; a newer one takes its place."""

    id = serializers.IntegerField(source="pk")
    person_external_id = serializers.CharField(source="person")
    role = serializers.CharField()
    job_level = serializers.CharField()
    rated_by = serializers.ChoiceField(RatedBy.values)
    rated_on = serializers.DateField()
    author = serializers.CharField(allow_blank=True)
    lines = RatingLineShape(many=True)


class RatingLineBody(StrictBody):
    """The level of one ability, 0 to 3; null only in a draft."""

    ability = StrictCharField(max_length=ABILITY_LENGTH)
    level = StrictIntegerField(min_value=0, max_value=HIGHEST, allow_null=True)
    remark = StrictCharField(max_length=MOST_REMARK, allow_blank=True, default="")


class RatingBody(StrictBody):
    """A rating. The side follows from the caller: one's own is a self rating, anybody else's a manager's."""

    person_external_id = StrictCharField(max_length=ID_LENGTH)
    role = StrictCharField(max_length=40)
    job_level = serializers.ChoiceField(JOB_LEVELS)
    rated_on = serializers.DateField()
    finish = StrictBooleanField(default=True, help_text="false: kept as a draft, which counts in nothing.")
    lines = RatingLineBody(many=True, allow_empty=True)


class RatingResult(serializers.Serializer[Any]):
    """What was kept."""

    id = serializers.IntegerField()
    rated_by = serializers.ChoiceField(RatedBy.values)
    is_finished = serializers.BooleanField()


class CompetencePartShape(serializers.Serializer[Any]):
    """The mean level of a part and the mean of what is needed; null: nothing of it is rated."""

    part = serializers.ChoiceField(PARTS)
    level = serializers.CharField(allow_null=True)
    needed = serializers.CharField(allow_null=True)


class CompetenceGapShape(serializers.Serializer[Any]):
    """An ability that falls short."""

    ability = serializers.CharField()
    names = TextShape()
    needed = serializers.IntegerField()
    rated = serializers.IntegerField()
    size = serializers.IntegerField()


class CompetenceShape(serializers.Serializer[Any]):
    """A person in a role they hold; without a manager's rating the rest is null and the lists are empty."""

    person_external_id = serializers.CharField()
    role = serializers.CharField()
    unit_external_id = serializers.CharField()
    job_level = serializers.CharField(allow_null=True)
    rated_on = serializers.DateField(allow_null=True)
    self_rated_on = serializers.DateField(allow_null=True)
    fit = serializers.CharField(allow_null=True, help_text="Levels shown of levels needed, 0 to 1.")
    parts = CompetencePartShape(many=True)
    gaps = CompetenceGapShape(many=True, help_text="The largest first.")


class CountShape(serializers.Serializer[Any]):
    """A role, or a unit with everything below it. With fewer than five rated only numbers of people are told."""

    role = serializers.CharField(allow_blank=True)
    unit = serializers.CharField(allow_blank=True)
    names = TextShape()
    people = serializers.IntegerField()
    rated = serializers.IntegerField()
    fit = serializers.CharField(allow_null=True)
    met = serializers.IntegerField(allow_null=True, help_text="Rated people without a gap.")
    gap = TextShape(allow_null=True, help_text="The ability with the widest gap.")


class CountsShape(serializers.Serializer[Any]):
    """Counts by role and by unit."""

    roles = CountShape(many=True)
    units = CountShape(many=True)


class StayShape(serializers.Serializer[Any]):
    """A stay in a pool; `until` is the first day out of it."""

    id = serializers.IntegerField(source="pk")
    person_external_id = serializers.CharField(source="person")
    pool = serializers.ChoiceField(Pool.values)
    target_role = serializers.CharField(allow_blank=True)
    readiness = serializers.ChoiceField(Readiness.values)
    since = serializers.DateField()
    until = serializers.DateField(allow_null=True)
    reason = serializers.CharField()
    end_reason = serializers.CharField(allow_blank=True)


class StayBody(StrictBody):
    """Who is put into which pool. A reserve needs a target role."""

    person_external_id = StrictCharField(max_length=ID_LENGTH)
    pool = serializers.ChoiceField(Pool.values)
    target_role = StrictCharField(max_length=40, allow_blank=True, default="")
    readiness = serializers.ChoiceField(Readiness.values)
    since = serializers.DateField()
    reason = StrictCharField(max_length=MOST_REASON)


class LeaveBody(StrictBody):
    """Since when somebody is out of the pool, and why."""

    until = serializers.DateField()
    reason = StrictCharField(max_length=MOST_REASON)


class StayResult(serializers.Serializer[Any]):
    """Which stay was written."""

    id = serializers.IntegerField()


class SizeShape(serializers.Serializer[Any]):
    """People per pool for a role; an empty role: for no certain one."""

    role = serializers.CharField(allow_blank=True)
    by_pool = serializers.DictField(child=serializers.IntegerField())
    ready_now = serializers.IntegerField()


class SuccessionGapShape(serializers.Serializer[Any]):
    """A core role of a unit for which nobody of the unit is in a pool."""

    unit_external_id = serializers.CharField(source="unit")
    role = serializers.CharField()
    holders = serializers.IntegerField()
    successors_elsewhere = serializers.IntegerField(source="elsewhere")


class PoolFiguresShape(serializers.Serializer[Any]):
    """Sizes of the pools and the core roles without a successor."""

    sizes = SizeShape(many=True)
    gaps = SuccessionGapShape(many=True)


class RiskShape(serializers.Serializer[Any]):
    """A core role that one person alone holds. The person is empty to who may see no single person."""

    unit_external_id = serializers.CharField()
    role = serializers.CharField()
    person_external_id = serializers.CharField(allow_blank=True)
    held_since = serializers.DateField()
    alone_in = serializers.IntegerField(help_text="Core roles that this person alone holds, in all.")
    hands_to = TextShape(many=True, help_text="The roles that receive from it.")
    kpis = serializers.IntegerField()
    successors = serializers.IntegerField(help_text="People of the unit in a pool for the role.")
    successors_elsewhere = serializers.IntegerField()


class OpenShape(serializers.Serializer[Any]):
    """A core role that nobody holds, or a seat that nobody sits in. Without a known day since and days are null."""

    kind = serializers.ChoiceField(OpenKind.values)
    unit_external_id = serializers.CharField(source="unit")
    role = serializers.CharField(allow_blank=True)
    seat_external_id = serializers.CharField(source="seat", allow_blank=True)
    title = serializers.CharField(allow_blank=True)
    open_since = serializers.DateField(source="since", allow_null=True)
    days_open = serializers.IntegerField(source="days", allow_null=True)
    successors = serializers.IntegerField()


class HomeShape(serializers.Serializer[Any]):
    """The figures of the talent home."""

    core_roles_asked = serializers.IntegerField()
    core_roles_held = serializers.IntegerField()
    core_roles_dedicated = serializers.IntegerField()
    vacant_core_roles = serializers.IntegerField()
    vacant_seats = serializers.IntegerField()
    longest_open_days = serializers.IntegerField(allow_null=True)
    single_holders = serializers.IntegerField()
    without_successor = serializers.IntegerField()
    succession_gaps = serializers.IntegerField()
    people_and_roles = serializers.IntegerField()
    rated = serializers.IntegerField()
    with_gaps = serializers.IntegerField(
        allow_null=True,
        help_text="null to who may see no single person, where fewer than five people are rated.",
    )
    in_pools = serializers.IntegerField(allow_null=True, help_text="null to who may not see the pools.")
