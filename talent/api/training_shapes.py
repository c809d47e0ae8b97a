"""Shapes of training for REST clients; decimals are texts, as everywhere in this API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from omnichannel.core.fields import StrictBooleanField, StrictCharField, StrictIntegerField
from roles.catalogue.training import ProgrammeLevel
from talent.choices import EnrolmentState, NeedReason
from talent.courses.effect import Unsaid
from talent.queries.certificates import Origin, Standing
from talent.queries.courses import CourseStanding
from talent.queries.training_effect import Apart, Side
from talent.queries.training_plan import Progress

Shape = serializers.Serializer[Any]


PROGRAMME_LEVELS = [each.value for each in ProgrammeLevel]


class TrainingTextSerializer(Shape):
    """A text in both languages."""

    zh = StrictCharField()
    en = StrictCharField()


class ProgrammeSerializer(Shape):
    """A programme in force."""

    key = serializers.CharField()
    names = TrainingTextSerializer()
    level = serializers.ChoiceField(PROGRAMME_LEVELS)
    audience = serializers.ListField(child=serializers.CharField(), help_text="Roles; none: everybody.")
    topics = TrainingTextSerializer(many=True)
    form = TrainingTextSerializer()
    hours = serializers.IntegerField()
    certifies = serializers.BooleanField()
    valid_months = serializers.IntegerField(allow_null=True, help_text="null: its certificate does not expire.")
    pass_mark = serializers.IntegerField()
    attendance = serializers.IntegerField(help_text="Percent of the days from which a course is completed.")
    is_own = serializers.BooleanField(help_text="Added by the workspace.")
    changed = serializers.ListField(child=serializers.CharField(), help_text="Fields that differ from the catalogue.")


class TrainingFiguresSerializer(Shape):
    """A month of the company, counted from the rows as the KPIs count them."""

    period = serializers.CharField()
    enrolments = serializers.IntegerField()
    completions = serializers.IntegerField()
    exams = serializers.IntegerField()
    passed = serializers.IntegerField()
    answers = serializers.IntegerField()
    certified = serializers.IntegerField(help_text="People with a valid certificate at the end of the month.")
    training_completion_rate = serializers.CharField(allow_null=True)
    training_mastery = serializers.CharField(allow_null=True)
    training_satisfaction = serializers.CharField(allow_null=True)
    certified_share = serializers.CharField(allow_null=True, help_text="As computed; null before the computation.")


class CourseSerializer(Shape):
    """A course with its seats."""

    id = serializers.IntegerField()
    programme = serializers.CharField()
    unit_external_id = serializers.CharField()
    days = serializers.ListField(child=serializers.DateField())
    trainer = serializers.CharField()
    place = serializers.CharField()
    is_online = serializers.BooleanField()
    is_open = serializers.BooleanField(help_text="People may enrol themselves.")
    capacity = serializers.IntegerField()
    enrolled = serializers.IntegerField()
    waiting = serializers.IntegerField()
    standing = serializers.ChoiceField([each.value for each in CourseStanding])


class ParticipantSerializer(Shape):
    """Somebody in a course, with the result that counts."""

    person_external_id = serializers.CharField()
    state = serializers.ChoiceField(EnrolmentState.values)
    days = serializers.ListField(child=serializers.DateField(), help_text="Days attended.")
    completed_on = serializers.DateField(allow_null=True)
    exam_score = serializers.CharField(allow_null=True)
    passed = serializers.BooleanField(allow_null=True)
    certificate_number = serializers.CharField(allow_null=True)


class CoursePageSerializer(Shape):
    """A course with the people whom the caller may see.

    Rates are null to guides, and outside HR where they rest on fewer than five people.
    """

    course = CourseSerializer()
    completion_rate = serializers.CharField(allow_null=True)
    pass_rate = serializers.CharField(allow_null=True)
    satisfaction = serializers.CharField(allow_null=True)
    participants = ParticipantSerializer(many=True)


class CourseBody(Shape):
    """A course to plan."""

    programme = StrictCharField(max_length=48)
    unit_external_id = StrictCharField(max_length=64)
    days = serializers.ListField(child=serializers.DateField(), allow_empty=False, max_length=60)
    trainer = StrictCharField(max_length=120)
    place = StrictCharField(max_length=160)
    is_online = StrictBooleanField(default=False)
    is_open = StrictBooleanField(default=False)
    capacity = StrictIntegerField(min_value=1, max_value=1000)
    note = StrictCharField(max_length=300, allow_blank=True, default="")


class EnrolmentsBody(Shape):
    """People to enrol, all or none."""

    people = serializers.ListField(child=StrictCharField(max_length=64), allow_empty=False, max_length=1000)


class ResultBody(Shape):
    """What somebody attended, and their exam."""

    person_external_id = StrictCharField(max_length=64)
    days = serializers.ListField(child=serializers.DateField(), max_length=60)
    exam_score = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, allow_null=True, default=None
    )


class ResultsBody(Shape):
    """Results of a course, all or none; people who are not named keep theirs."""

    results = ResultBody(many=True)


class RecordedSerializer(Shape):
    """What a save of results did."""

    results = serializers.IntegerField(help_text="Results that are new or other than before.")
    issued = serializers.ListField(child=serializers.CharField(), help_text="Numbers of certificates.")
    revoked = serializers.ListField(child=serializers.CharField())


class CertificateSerializer(Shape):
    """A certificate as it stands today."""

    number = serializers.CharField()
    person_external_id = serializers.CharField()
    programme = serializers.CharField()
    issued_on = serializers.DateField()
    expires_on = serializers.DateField(allow_null=True, help_text="It counts until the day before; null: for ever.")
    standing = serializers.ChoiceField([each.value for each in Standing])
    came_from = serializers.ChoiceField([each.value for each in Origin])
    issuer = serializers.CharField(allow_blank=True)
    revoked_on = serializers.DateField(allow_null=True)


class PlanReasonSerializer(Shape):
    """Why somebody is on the plan."""

    kind = serializers.ChoiceField(NeedReason.values)
    role = TrainingTextSerializer(allow_null=True)
    day = serializers.CharField(allow_blank=True)
    words = serializers.CharField(allow_blank=True, help_text="A number, the levels `1/3`, or what was typed.")
    ability = TrainingTextSerializer(allow_null=True)


class PlanLineSerializer(Shape):
    """Somebody and a programme."""

    id = serializers.IntegerField()
    person_external_id = serializers.CharField()
    programme = serializers.CharField()
    hours = serializers.IntegerField()
    progress = serializers.ChoiceField([each.value for each in Progress])
    drop_reason = serializers.CharField(allow_blank=True)
    reasons = PlanReasonSerializer(many=True)


class DemandSerializer(Shape):
    """Seats and hours of one programme."""

    programme = serializers.CharField()
    seats = serializers.IntegerField()
    enrolled = serializers.IntegerField()
    done = serializers.IntegerField()
    hours = serializers.IntegerField()


class TrainingPlanSerializer(Shape):
    """A plan; executives get its demand without lines."""

    id = serializers.IntegerField()
    unit_external_id = serializers.CharField()
    period = serializers.CharField()
    computed_at = serializers.DateTimeField()
    demand = DemandSerializer(many=True)
    lines = PlanLineSerializer(many=True)


class PlanBody(Shape):
    """Whose plan, for which quarter."""

    unit_external_id = StrictCharField(max_length=64)
    period = StrictCharField(max_length=8)


class PlanHeadSerializer(Shape):
    """A plan in the list."""

    id = serializers.IntegerField()
    unit_external_id = serializers.CharField()
    period = serializers.CharField()
    computed_at = serializers.DateTimeField()


class EffectStoreSerializer(Shape):
    """A store behind the comparison."""

    unit_external_id = serializers.CharField()
    group = serializers.ChoiceField([each.value for each in Side])
    reason = serializers.ChoiceField([each.value for each in Apart], allow_null=True)
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    change = serializers.CharField(allow_null=True)
    trained = serializers.IntegerField()
    people = serializers.IntegerField()


class TrainingEffectSerializer(Shape):
    """Difference in differences by store with Welch's 95 % interval; it tells no cause."""

    programme = serializers.CharField()
    windows = serializers.DictField(child=serializers.CharField())
    effect = serializers.CharField(allow_null=True)
    low = serializers.CharField(allow_null=True)
    high = serializers.CharField(allow_null=True)
    degrees_of_freedom = serializers.CharField(allow_null=True)
    cannot_say = serializers.ChoiceField([each.value for each in Unsaid], allow_null=True)
    stores = EffectStoreSerializer(many=True)
