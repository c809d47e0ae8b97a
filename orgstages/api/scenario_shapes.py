"""The shape of scenarios for REST clients; decimals are texts, as everywhere in this API."""

from __future__ import annotations

from rest_framework import serializers

from orgstages.api.coverage_shapes import STATES
from orgstages.api.serializers import STAGES, SUBTYPES, Shape, TextSerializer
from roles.choices import ChangeKind, ScenarioStatus, Thing
from roles.state_merge import Side

THINGS = [thing.value for thing in Thing]
STATUSES = [status.value for status in ScenarioStatus]
SCENARIO = {
    "id": 7,
    "name": "East and south become one region",
    "note": "Fewer layers before the peak season",
    "status": "draft",
    "effective_on": "2027-03-01",
    "baseline": 41,
    "since": 2,
    "changes": {"created": 1, "changed": 14, "removed": 0},
    "author": "hr_lead@demo.example",
    "created_at": "2026-11-22T10:00:00Z",
    "changed_at": "2026-11-22T10:20:00Z",
    "submitted_by": None,
    "submitted_at": None,
    "decided_by": None,
    "decided_at": None,
    "decision_note": "",
    "applied_at": None,
    "applied_revision": None,
    "copy_of": None,
}
MOVE = {"action": "move", "thing": "units", "external_id": "S0101", "to": "R02", "on": "2027-03-01"}
CHOICES = {"choices": [{"id": "units|S0101|parent|2027-03-01|3f2a", "side": "draft"}]}


class ScenarioCountsSerializer(Shape):
    """How many things a scenario changes."""

    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    removed = serializers.IntegerField()


class ScenarioSerializer(Shape):
    """A scenario: a draft of the organisation on a dated baseline."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(STATUSES)
    effective_on = serializers.DateField(help_text="The first day on which it changes anything.")
    baseline = serializers.IntegerField(help_text="The revision of the organisation that it rests on.")
    since = serializers.IntegerField(help_text="How many live revisions have come after the baseline.")
    changes = ScenarioCountsSerializer()
    author = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    submitted_by = serializers.CharField(allow_null=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_note = serializers.CharField(allow_blank=True)
    applied_at = serializers.DateTimeField(allow_null=True)
    applied_revision = serializers.IntegerField(allow_null=True)
    copy_of = serializers.IntegerField(allow_null=True, help_text="The scenario it was copied from.")


class ScenarioInput(Shape):
    """A new scenario."""

    name = serializers.CharField(max_length=120)
    effective_on = serializers.DateField(help_text="Today or later.")
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    copy_of = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)


class ScenarioPatch(Shape):
    """What a scenario is called and what it is for; what is left out stays."""

    name = serializers.CharField(required=False, max_length=120)
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    effective_on = serializers.DateField(required=False, help_text="Its changes move along.")


class ScenarioFieldSerializer(Shape):
    """A field that differs over [start, end); both null for one without days."""

    field = serializers.CharField()
    start = serializers.DateField(allow_null=True)
    end = serializers.DateField(allow_null=True)
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class ScenarioChangeSerializer(Shape):
    """One thing that a scenario changes; people and pay only for those who administer them."""

    thing = serializers.ChoiceField(THINGS)
    external_id = serializers.CharField()
    change = serializers.ChoiceField(ChangeKind.values)
    effective_on = serializers.DateField(allow_null=True)
    lines = ScenarioFieldSerializer(many=True)


class ScenarioChangesSerializer(Shape):
    """What a scenario changes against what its editor saw."""

    changes = ScenarioChangeSerializer(many=True)
    hidden = serializers.IntegerField(help_text="How many changes the caller may not see.")


class ScenarioChangeInput(Shape):
    """One change put into the draft: a thing moved, ended, or a unit merged into another."""

    action = serializers.ChoiceField(["move", "end", "merge"])
    thing = serializers.ChoiceField(THINGS, default=Thing.UNITS.value)
    external_id = serializers.CharField(max_length=200)
    to = serializers.CharField(
        required=False,
        allow_null=True,
        default=None,
        max_length=64,
        help_text="The unit; null moves a unit to the top.",
    )
    on = serializers.DateField(required=False, help_text="The scenario's day when left out, else a later one.")
    whole_branch = serializers.BooleanField(required=False, default=True)


class ScenarioConflictSerializer(Shape):
    """Both the draft and the live organisation changed a field over [start, end), to different values."""

    id = serializers.CharField(help_text="Names the conflict as long as both sides stay as they are.")
    thing = serializers.ChoiceField(THINGS)
    external_id = serializers.CharField(allow_null=True)
    field = serializers.CharField(help_text="`during`: one side ended the thing that the other changed.")
    start = serializers.DateField(allow_null=True)
    end = serializers.DateField(allow_null=True)
    base = serializers.JSONField(allow_null=True)
    live = serializers.JSONField(allow_null=True)
    wanted = serializers.JSONField(allow_null=True)
    is_shown = serializers.BooleanField(help_text="false: the caller may not see the values.")


class ConflictChoiceInput(Shape):
    """Whose value holds in a conflict."""

    id = serializers.CharField(max_length=600)
    side = serializers.ChoiceField([side.value for side in Side])


class ConflictChoicesInput(Shape):
    """Choices of conflicts, settled together or not at all."""

    choices = ConflictChoiceInput(many=True, allow_empty=False)


class ScenarioDecisionInput(Shape):
    """What is said with a decision; a rejection wants a reason."""

    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class ScenarioCommentInput(Shape):
    """What somebody says about a scenario."""

    text = serializers.CharField(max_length=4000)


class ScenarioCommentSerializer(ScenarioCommentInput):
    """What was said."""

    by = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class PriceFigureSerializer(Shape):
    """A figure of the whole organisation on both sides."""

    name = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class UnitShiftSerializer(Shape):
    """A unit that differs; null where it is not there."""

    unit_external_id = serializers.CharField()
    name = serializers.CharField()
    change = serializers.CharField()
    parent_before = serializers.CharField(allow_null=True)
    parent_after = serializers.CharField(allow_null=True)
    people_before = serializers.IntegerField(allow_null=True)
    people_after = serializers.IntegerField(allow_null=True)


class CoverShiftSerializer(Shape):
    """A role of a unit whose coverage differs."""

    unit_external_id = serializers.CharField()
    role = serializers.CharField()
    before = serializers.ChoiceField(STATES, allow_null=True)
    after = serializers.ChoiceField(STATES, allow_null=True)


class VerdictSideSerializer(Shape):
    """What a unit is found to be."""

    stage = serializers.ChoiceField(STAGES, allow_null=True)
    subtypes = serializers.ListField(child=serializers.ChoiceField(SUBTYPES))
    confidence = serializers.CharField(allow_null=True)


class VerdictShiftSerializer(Shape):
    """A diagnosed unit on both sides, as the diagnostic shows it on the day."""

    unit_external_id = serializers.CharField()
    name = serializers.CharField()
    differs = serializers.BooleanField()
    before = VerdictSideSerializer(allow_null=True)
    after = VerdictSideSerializer(allow_null=True)
    recounted = VerdictSideSerializer(
        allow_null=True,
        help_text="With the month's rows counted by the scenario's units, where the diagnostic keeps the month's "
        "figures and these give something else.",
    )


class CardShiftSerializer(Shape):
    """A scorecard that changes."""

    person_external_id = serializers.CharField()
    role = serializers.CharField(allow_blank=True, help_text="Empty: the person's roles combined.")
    unit_before = serializers.CharField(allow_null=True)
    unit_after = serializers.CharField(allow_null=True)
    score_before = serializers.CharField(allow_null=True)
    score_after = serializers.CharField(allow_null=True)
    weights_changed = serializers.BooleanField()


class ScenarioEffectSerializer(Shape):
    """What it does to scorecards, on the rows of the last closed month."""

    period = serializers.CharField(allow_null=True)
    day = serializers.DateField()
    month_stays = serializers.BooleanField(
        help_text="True: the month ended before the changes begin; its cards and pay stay once they are applied."
    )
    people = serializers.IntegerField()
    changed = serializers.IntegerField()
    weights_changed = serializers.IntegerField()
    up = serializers.IntegerField()
    down = serializers.IntegerField()
    average_change = serializers.CharField(allow_null=True)
    cards = CardShiftSerializer(many=True, allow_null=True, help_text="null: the caller may not see people.")


class PayMoveSerializer(Shape):
    """A person whose incentive pay of the month differs, CNY; null where no plan pays them there."""

    person_external_id = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    change = serializers.CharField()


class PayEffectSerializer(Shape):
    """Incentive pay of the last closed month on both sides, CNY.

    Those who may not see pay get the change alone, and only where five people or more make it: rounded to 100, 200,
    500, 1,000 …, the first that is no less than what any one person's pay changes by.
    """

    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    change = serializers.CharField(allow_null=True)
    is_rough = serializers.BooleanField()
    people = PayMoveSerializer(many=True, allow_null=True)


class ScenarioPriceSerializer(Shape):
    """What a scenario comes to on a day."""

    on = serializers.DateField()
    figures = PriceFigureSerializer(many=True, help_text="Cost and budgets only for those who may see pay.")
    units = UnitShiftSerializer(many=True)
    coverage = CoverShiftSerializer(many=True)
    seats_opened = serializers.ListField(child=serializers.CharField())
    seats_closed = serializers.ListField(child=serializers.CharField())
    verdicts_period = serializers.CharField(allow_null=True, help_text="The month whose figures verdicts rest on.")
    is_recounted = serializers.BooleanField(help_text="True: that month is computed again once this is applied.")
    verdicts = VerdictShiftSerializer(many=True)
    subtypes = serializers.DictField(child=TextSerializer(), help_text="Units that come to work in another sub-type.")
    effect = ScenarioEffectSerializer(allow_null=True)
    pay = PayEffectSerializer(allow_null=True, help_text="Null where no pay plan holds or no month is closed.")
    left_out = serializers.ListField(child=serializers.CharField(), help_text="What cannot stand as things are, why.")
