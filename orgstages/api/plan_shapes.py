"""The shape of roadmaps, relations and team phases for REST clients."""

from __future__ import annotations

from rest_framework import serializers

from kpis.queries.milestones import Punctuality
from orgstages.api.serializers import SUBTYPES, Shape, TextSerializer
from orgstages.queries.relations import Gap

STANDINGS = [standing.value for standing in Punctuality]
GAPS = [gap.value for gap in Gap]
SEEN = "null: nobody, or the caller may not see people."
ROADMAP = {
    "id": 3,
    "unit_external_id": "BU2",
    "unit_name": "Childrenswear",
    "transition": "project-team-to-market-led",
    "from_subtype": "project-team",
    "to_subtype": "market-led",
    "start_on": "2026-11-03",
    "ends_on": "2027-03-09",
    "note": "",
    "skip_confirmed": "",
    "is_over": False,
    "done": 0,
    "overdue": 0,
    "cancelled_on": None,
    "cancel_reason": "",
    "milestones": [
        {
            "milestone_id": "RM3-1",
            "title": "",
            "names": {"zh": "在市场部设用户运营团队", "en": "Set a user-operations team in marketing"},
            "weeks": 6,
            "owner_role": "omni-strategy",
            "owner_external_id": "E1001",
            "first_planned_on": "2026-12-15",
            "planned_on": "2026-12-15",
            "done_on": None,
            "standing": "coming",
            "days": 0,
        }
    ],
}
RELATION = {
    "unit_external_id": "BU1",
    "subtype": "sales-led",
    "number": 7,
    "names": {"zh": "会员权益与活动", "en": "Member benefits and campaigns"},
    "from_department": {"zh": "用户中心", "en": "User centre"},
    "to_department": {"zh": "大区", "en": "Regions"},
    "is_reconstructed": False,
    "is_owned": True,
    "pairs": [
        {
            "giver_external_id": "UC",
            "receiver_external_id": "R1",
            "owner_external_id": "E1001",
            "since": "2026-06-01",
            "owner_gap": None,
        }
    ],
}
_PHASE = {"key": "foundation", "order": 1, "names": {"zh": "基础建设期", "en": "Foundation phase"}}
TEAM = {
    "unit_external_id": "UC",
    "unit_name": "User centre",
    "phase": _PHASE,
    "since": "2026-03-01",
    "criteria": [
        {
            "number": 0,
            "names": {"zh": "试点验证了价值", "en": "The pilot has proved its value"},
            "met": {"met_on": "2026-10-08", "evidence": "Report of the pilot"},
        }
    ],
    "following": None,
    "is_ready": True,
    "history": [{"phase": "foundation", "since": "2026-03-01", "until": None, "reason": "A pilot begins"}],
}


class MilestoneSerializer(Shape):
    """A milestone with its row's days."""

    milestone_id = serializers.CharField(help_text="The id of its row in the table of milestones.")
    title = serializers.CharField(allow_blank=True)
    names = TextSerializer()
    weeks = serializers.IntegerField(allow_null=True, help_text="null: no step of the catalogue.")
    owner_role = serializers.CharField()
    owner_external_id = serializers.CharField(allow_null=True, help_text=SEEN)
    first_planned_on = serializers.DateField()
    planned_on = serializers.DateField()
    done_on = serializers.DateField(allow_null=True)
    standing = serializers.ChoiceField(STANDINGS)
    days = serializers.IntegerField(help_text="Days after the planned day that it was done or is overdue.")


class RoadmapSerializer(Shape):
    """The way of a unit from one sub-type to another, its milestones in the order of their days."""

    id = serializers.IntegerField()
    unit_external_id = serializers.CharField()
    unit_name = serializers.CharField()
    transition = serializers.CharField()
    from_subtype = serializers.ChoiceField(SUBTYPES)
    to_subtype = serializers.ChoiceField(SUBTYPES)
    start_on = serializers.DateField()
    ends_on = serializers.DateField()
    note = serializers.CharField(allow_blank=True)
    skip_confirmed = serializers.CharField(allow_blank=True, help_text="What was written to confirm a skipped stage.")
    is_over = serializers.BooleanField(help_text="Cancelled, or every milestone is done.")
    done = serializers.IntegerField()
    overdue = serializers.IntegerField()
    cancelled_on = serializers.DateField(allow_null=True)
    cancel_reason = serializers.CharField(allow_blank=True)
    milestones = MilestoneSerializer(many=True)


class RelationPairSerializer(Shape):
    """Two units that a relation stands between, and who sees to it."""

    giver_external_id = serializers.CharField()
    receiver_external_id = serializers.CharField()
    owner_external_id = serializers.CharField(allow_null=True, help_text=SEEN)
    since = serializers.DateField()
    owner_gap = serializers.ChoiceField(GAPS, allow_null=True, help_text="Why the owner does not count on the day.")


class RelationSerializer(Shape):
    """A numbered relation of a unit's sub-type."""

    unit_external_id = serializers.CharField()
    subtype = serializers.ChoiceField(SUBTYPES)
    number = serializers.IntegerField()
    names = TextSerializer()
    from_department = TextSerializer()
    to_department = TextSerializer()
    is_reconstructed = serializers.BooleanField(help_text="The sources have lost it.")
    is_owned = serializers.BooleanField(help_text="Somebody sees to it between at least one pair of units.")
    pairs = RelationPairSerializer(many=True)


class TeamPhaseSerializer(Shape):
    """A phase of teams."""

    key = serializers.CharField()
    order = serializers.IntegerField()
    names = TextSerializer()


class CriterionMetSerializer(Shape):
    """The evidence that a criterion is met."""

    met_on = serializers.DateField()
    evidence = serializers.CharField()


class CriterionSerializer(Shape):
    """A criterion of leaving a phase."""

    number = serializers.IntegerField()
    names = TextSerializer()
    met = CriterionMetSerializer(allow_null=True)


class PhaseStaySerializer(Shape):
    """One stay in a phase."""

    phase = serializers.CharField()
    since = serializers.DateField()
    until = serializers.DateField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class TeamSerializer(Shape):
    """A team with its phase of the day."""

    unit_external_id = serializers.CharField()
    unit_name = serializers.CharField()
    phase = TeamPhaseSerializer()
    since = serializers.DateField()
    criteria = CriterionSerializer(many=True)
    following = TeamPhaseSerializer(allow_null=True)
    is_ready = serializers.BooleanField(help_text="All criteria are met.")
    history = PhaseStaySerializer(many=True)
