"""What the API of head count and budget takes and answers, as the OpenAPI document tells it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from omnichannel.core.fields import StrictBooleanField, StrictCharField, StrictIntegerField
from roles.catalogue import ExpectationLevel, SubtypeKey, load_roles
from talent.choices import DriverSource, PlanStatus
from talent.headcount.budgeting import COST_TYPES, BandState
from talent.headcount.plan import Gap

Shape = serializers.Serializer[Any]
DRIVERS = tuple(load_roles().headcount.drivers)
PLAN_STATUSES = tuple(PlanStatus.values)
BAND_STATES = tuple(state.value for state in BandState)
LINE = {"base": "250", "growth": "2", "months": {"2027-03": "320"}}
DOCUMENT = {
    "start": "2027-01",
    "months": 12,
    "contingency_percent": "17.5",
    "norms": {"user-ops": {"driver": "wecom_groups", "units_per_fte": "25", "minimum": "1"}},
    "rates": {"user-ops": {"monthly": "14000", "source": "entered"}},
    "units": [
        {
            "unit": "BU1",
            "levels": {"user-ops": "core"},
            "drivers": {"wecom_groups": LINE},
            "costs": {"content": {"base": "80000", "growth": "0", "months": {}}},
            "outsourced": {"user-ops": {"fte": "2", "invoice": "26000"}},
        }
    ],
}


class HeadcountNormShape(Shape):
    """What one full-time post of a role carries: FTE = max(minimum, driver / units_per_fte), rounded up to 0.5."""

    role = serializers.CharField()
    driver = serializers.ChoiceField(DRIVERS)
    units_per_fte = serializers.CharField()
    minimum = serializers.CharField()
    since = serializers.DateField(allow_null=True, help_text="null: the catalogue's, which nobody has changed.")


class HeadcountNormBody(Shape):
    """A norm to be kept; the earlier ones stay in the history."""

    driver = StrictCharField(max_length=40)
    units_per_fte = StrictCharField(max_length=40, help_text="Above 0, at most four decimal places.")
    minimum = StrictCharField(max_length=40, help_text="0 or more.")
    since = serializers.DateField(required=False, help_text="From which day on; today when left out.")
    note = StrictCharField(max_length=300, required=False, allow_blank=True, default="")


class HeadcountDriverShape(Shape):
    """The value of a driver in a unit. `value` is null where nobody knows it, which is not the same as 0."""

    driver = serializers.ChoiceField(DRIVERS)
    unit = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    source = serializers.ChoiceField(DriverSource.values)  # type: ignore[assignment]
    on = serializers.DateField(allow_null=True, help_text="The day it was entered for, or counted on.")
    period = serializers.CharField(allow_null=True, help_text="The month it was measured in.")
    kpi = serializers.CharField(allow_null=True, help_text="The KPI whose figure holds it.")
    elsewhere = serializers.CharField(help_text="What was taken off because it counts in a stage area below the unit.")


class HeadcountDriverBody(Shape):
    """The value of a driver of a unit; without a value the entry is taken back and the data count again."""

    driver = StrictCharField(max_length=40)
    unit = StrictCharField(max_length=64)
    value = StrictCharField(max_length=40, allow_null=True)
    on = serializers.DateField(required=False, help_text="As of which day; today when left out.")
    note = StrictCharField(max_length=300, required=False, allow_blank=True, default="")


class HeadcountAreaShape(Shape):
    """A role in a stage area: a unit with what is below it, but for units below that adopted a stage of their own."""

    unit = serializers.CharField(help_text="The unit at the head of the area.")
    subtype = serializers.ChoiceField([key.value for key in SubtypeKey])
    expected = serializers.ChoiceField([level.value for level in ExpectationLevel])
    driver = HeadcountDriverShape(allow_null=True, help_text="The area's own part of it.")
    needed = serializers.CharField(allow_null=True)
    in_post = serializers.CharField()
    gap = serializers.CharField(allow_null=True)


class HeadcountShape(Shape):
    """A role in a unit with everything below it: the sum of its stage areas. FTE throughout.

    `needed` and `gap` are null where nothing is known; `is_partial` tells that they leave some area out.
    """

    role = serializers.CharField()
    expected = serializers.ChoiceField(
        [level.value for level in ExpectationLevel], allow_null=True, help_text="null: it differs from area to area."
    )
    driver = HeadcountDriverShape(allow_null=True, help_text="null also where the unit is made of several areas.")
    needed = serializers.CharField(allow_null=True)
    is_partial = serializers.BooleanField()
    internal = serializers.CharField()
    seconded = serializers.CharField()
    outsourced = serializers.CharField()
    in_post = serializers.CharField()
    gap = serializers.CharField(allow_null=True)
    planned = serializers.CharField(help_text="FTE of the seats planned for the role.")
    vacant = serializers.CharField(help_text="FTE of those seats in which nobody sits.")
    areas = HeadcountAreaShape(many=True)


class ContingencyShape(Shape):
    """The contingency in percent of the whole budget, itself included, against its band of 15 to 20 %."""

    share = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(BAND_STATES)


class HeadcountPlanRoleShape(Shape):
    """A role of a plan month by month; null where a figure is missing. `cost` is left out where it would tell pay."""

    role = serializers.CharField()
    expected = serializers.ChoiceField([level.value for level in ExpectationLevel])
    fte = serializers.ListField(child=serializers.CharField(allow_null=True))
    cost = serializers.ListField(child=serializers.CharField(allow_null=True), required=False)
    gap = serializers.ChoiceField([gap.value for gap in Gap], allow_null=True)


class HeadcountPlanUnitShape(Shape):
    """A unit of a plan: its roles, and its budget by cost type and month, CNY."""

    unit = serializers.CharField()
    roles = HeadcountPlanRoleShape(many=True)
    amounts = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(allow_null=True)),
        help_text=f"By cost type: {', '.join(COST_TYPES)}.",
    )
    total = serializers.CharField(allow_null=True)


class HeadcountPlanLineShape(Shape):
    """A plan in the list."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.ChoiceField(PLAN_STATUSES)
    version = serializers.IntegerField()
    months = serializers.ListField(child=serializers.CharField())
    fte = serializers.ListField(child=serializers.CharField(allow_null=True), help_text="All posts by month.")
    total = serializers.CharField(allow_null=True, help_text="The whole budget, CNY.")
    contingency = ContingencyShape()


class HeadcountPlanShape(HeadcountPlanLineShape):
    """A plan with what it holds and what it comes to.

    Without the right to see pay the document has no `outsourced`; where rates or invoices rest on fewer than three
    people, `rates` are left out, and labour, contingency and the totals are null.
    """

    document = serializers.JSONField()
    units = HeadcountPlanUnitShape(many=True)


class HeadcountPlanBody(Shape):
    """A plan to be kept. The document holds norms, rates and, by unit, drivers, costs and outsourced posts."""

    name = StrictCharField(max_length=120)
    document = serializers.JSONField(help_text="Numbers as texts; `months` of a line overrule single months.")
    version = StrictIntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text="The version you read; 409 when there is a newer one.",
    )
    note = StrictCharField(max_length=300, required=False, allow_blank=True, default="")


class HeadcountPlanStepBody(Shape):
    """A step of a plan."""

    step = serializers.ChoiceField([*PlanStatus.values, "budget", "undo"], help_text="`budget`: become the budget.")
    note = StrictCharField(max_length=300, required=False, allow_blank=True, default="")
    replace = StrictBooleanField(required=False, default=False, help_text="Of `budget`: set other budget rows to 0.")
    version = StrictIntegerField(
        required=False, min_value=1, help_text="The version that was looked at: 409 when there is a newer one."
    )


class BudgetVarianceShape(Shape):
    """Budget against actual; `percent` is null where there is nothing to compare."""

    month = serializers.CharField()
    budget = serializers.CharField(allow_null=True)
    actual = serializers.CharField(allow_null=True)
    percent = serializers.CharField(allow_null=True)
    is_over = serializers.BooleanField()


class BudgetLineShape(Shape):
    """A cost type over the months."""

    cost_type = serializers.ChoiceField(COST_TYPES)
    months = BudgetVarianceShape(many=True)


class BudgetShape(Shape):
    """Budget against actual of a unit."""

    unit = serializers.CharField()
    threshold = serializers.CharField(help_text="From which percent of the budget on a month counts as over.")
    contingency = ContingencyShape()
    lines = BudgetLineShape(many=True)
