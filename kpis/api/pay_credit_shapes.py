"""What the ledger of credit looks like over REST."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class MoneyField(serializers.DecimalField):
    """An amount in CNY, as a string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=24, decimal_places=4, **kwargs)


class TotalsShape(serializers.Serializer[Any]):
    """All valid orders, and those of them with a touch in the window; each counts once."""

    orders = serializers.IntegerField()
    value = MoneyField()
    touched = serializers.IntegerField()
    touched_value = MoneyField()


class SideShape(serializers.Serializer[Any]):
    """A side: the orders it touched, how many bring it nothing by the model, its credit by every model."""

    side = serializers.CharField(help_text="A unit, role or channel; `role:…` is a role that no one department holds.")
    names = serializers.DictField(child=serializers.CharField())
    orders = serializers.IntegerField()
    unpaid = serializers.IntegerField()
    credits = serializers.DictField(child=MoneyField())


class CreditShape(serializers.Serializer[Any]):
    """The ledger by side. `sums` are the sides added up: the touched value in every model but `shared`."""

    since = serializers.CharField()
    period = serializers.CharField()
    by = serializers.CharField()
    model = serializers.CharField()
    own_model = serializers.CharField()
    window_days = serializers.IntegerField()
    missing = serializers.CharField(allow_blank=True, help_text="The table that was never loaded.")
    totals = TotalsShape(allow_null=True)
    sums = serializers.DictField(child=MoneyField())
    sides = SideShape(many=True)


class TouchShape(serializers.Serializer[Any]):
    """A touch with what it earns by model; `credits` is empty where it cannot earn, and `earns` says why."""

    seq = serializers.IntegerField()
    at = serializers.CharField()
    role = serializers.DictField(child=serializers.CharField())
    side = serializers.CharField()
    channel = serializers.CharField(allow_blank=True)
    employee = serializers.CharField(allow_blank=True)
    campaign = serializers.CharField(allow_blank=True)
    seconds_before = serializers.IntegerField()
    earns = serializers.CharField()
    credits = serializers.DictField(child=MoneyField())


class OwnerShape(serializers.Serializer[Any]):
    """Whose the order is for pay: a person, or a store's pool where `person` is empty."""

    rule = serializers.CharField()
    person = serializers.CharField(allow_blank=True)
    store = serializers.CharField(allow_blank=True)
    amount = MoneyField()


class OrderCreditShape(serializers.Serializer[Any]):
    """One order: touches, credits by model, owner."""

    order_id = serializers.CharField()
    paid_at = serializers.CharField()
    channel = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    status = serializers.CharField()
    amount = MoneyField()
    own_model = serializers.CharField()
    touches = TouchShape(many=True)
    sums = serializers.DictField(child=MoneyField())
    owners = OwnerShape(many=True)


class PairShape(serializers.Serializer[Any]):
    """Two sides that touched the same orders. `credited` and `unpaid` are in the order of `sides`."""

    sides = serializers.ListField(child=serializers.CharField())
    names = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    orders = serializers.IntegerField()
    value = MoneyField()
    credited = serializers.ListField(child=MoneyField())
    unpaid = serializers.ListField(child=serializers.IntegerField())
    rules = serializers.DictField(child=serializers.IntegerField())


class ConflictsShape(serializers.Serializer[Any]):
    """Every pair of a month. An order of three sides stands in three pairs; `orders` and `value` count it once."""

    period = serializers.CharField()
    by = serializers.CharField()
    model = serializers.CharField()
    missing = serializers.CharField(allow_blank=True)
    orders = serializers.IntegerField()
    value = MoneyField()
    pairs = PairShape(many=True)


class PairOrderShape(serializers.Serializer[Any]):
    """An order of both, with what each is credited and the owner rule that pays it (empty: none)."""

    order_id = serializers.CharField()
    paid_at = serializers.CharField()
    channel = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    amount = MoneyField()
    credited = serializers.ListField(child=MoneyField())
    sides = serializers.IntegerField()
    rule = serializers.CharField(allow_blank=True)


class PairOrdersShape(serializers.Serializer[Any]):
    """A page of orders, the most money first."""

    next = serializers.URLField(allow_null=True)
    results = PairOrderShape(many=True)


class SourceShape(serializers.Serializer[Any]):
    """A part of the total, counted once; `views` are the KPIs that see it."""

    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # a field of the answer
    value = MoneyField()
    views = serializers.ListField(child=serializers.CharField())


class ViewShape(serializers.Serializer[Any]):
    """A KPI of the group. `second_view_of` names the one it repeats; without `sources` it sees all of them."""

    kpi = serializers.CharField()
    value = MoneyField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    target = MoneyField(allow_null=True)
    sources = serializers.ListField(child=serializers.CharField())
    second_view_of = serializers.CharField(source="second", allow_blank=True)


class SharedTotalShape(serializers.Serializer[Any]):
    """A shared group: the total once, its sources that add up to it, and what adding the views counts twice."""

    id = serializers.CharField()
    kpi = serializers.CharField()
    unit = serializers.CharField()
    total = MoneyField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    target = MoneyField(allow_null=True)
    counted = MoneyField(allow_null=True, help_text="The total from the rows just now: the sources added up.")
    sources = SourceShape(many=True)
    views = ViewShape(many=True)
    added = MoneyField(help_text="All views added up.")
    twice = MoneyField(help_text="What adding up counts more than once.")
    unseen = MoneyField(help_text="What of the total no view sees.")
