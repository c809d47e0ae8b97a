"""The JSON of an explained figure: itself, the rows behind an operand, and its parts. Decimals are strings."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kpis.api.shapes import BilingualShape


class ScopeShape(serializers.Serializer[Any]):
    """Whose figure."""

    kind = serializers.CharField()
    id = serializers.CharField(help_text="External id; empty for the company.")
    name = BilingualShape()


class OperandShape(serializers.Serializer[Any]):
    """One operand: its value, what it counts, and where its rows are."""

    index = serializers.IntegerField()
    ref = serializers.CharField(help_text="As the formula writes it.")
    names = BilingualShape()
    value = serializers.CharField(allow_null=True)
    reason = serializers.CharField(help_text="Why there is no value.")
    how = BilingualShape()
    conditions = BilingualShape(many=True)
    tables = serializers.ListField(child=serializers.CharField())
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    rows = serializers.URLField()


class ParamShape(serializers.Serializer[Any]):
    """A parameter the figure depends on."""

    name = serializers.CharField()
    names = BilingualShape()
    value = serializers.CharField()


class TableStateShape(serializers.Serializer[Any]):
    """How far the data of a table reach."""

    id = serializers.CharField()
    names = BilingualShape()
    last_day = serializers.DateField(allow_null=True)
    newest_upload = serializers.IntegerField(allow_null=True)


class GroundShape(serializers.Serializer[Any]):
    """What a stored figure rests on. `upload_seq` is the newest change of the data that it saw."""

    library_version = serializers.CharField()
    definition_hash = serializers.CharField()
    is_current_definition = serializers.BooleanField()
    computed_at = serializers.DateTimeField()
    upload_seq = serializers.IntegerField()
    is_newest = serializers.BooleanField(help_text="No data came or went, and the organisation is as it was.")
    is_reorganised = serializers.BooleanField(
        help_text="The organisation has changed since: rows may add up otherwise until it is computed again."
    )
    is_current = serializers.BooleanField()


class ExplanationShape(serializers.Serializer[Any]):
    """A figure explained. Decimals are strings."""

    kpi = serializers.CharField()
    names = BilingualShape()
    unit = serializers.CharField()
    period = serializers.CharField()
    scope = ScopeShape()
    where = ScopeShape(many=True)
    known_at = serializers.DateTimeField(allow_null=True)
    value = serializers.CharField(allow_null=True)
    numerator = serializers.CharField(allow_null=True)
    denominator = serializers.CharField(allow_null=True)
    row_count = serializers.IntegerField()
    reason = serializers.CharField(help_text="Why there is no value.")
    target = serializers.CharField(allow_null=True)
    sentence = BilingualShape()
    formula = serializers.CharField()
    formula_in_words = BilingualShape()
    formula_in_numbers = serializers.CharField()
    operands = OperandShape(many=True)
    parameters = ParamShape(many=True)
    tables = TableStateShape(many=True)
    ground = GroundShape(allow_null=True, help_text="Null for a figure that is counted just now.")


class UploadShape(serializers.Serializer[Any]):
    """The upload that brought a row."""

    id = serializers.IntegerField()
    filename = serializers.CharField()
    sheet = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)


class RowShape(serializers.Serializer[Any]):
    """One row behind an operand: what it adds, and where it came from."""

    table = serializers.CharField()
    key = serializers.DictField(child=serializers.CharField())
    counted_as = serializers.CharField(help_text="amount, empty, one, first, again, ranked or evidence")
    amount = serializers.CharField(allow_null=True)
    weight = serializers.CharField(allow_null=True)
    entity = serializers.CharField(help_text="Whom or what the row is counted for, where rows are counted together.")
    upload = UploadShape(allow_null=True)
    cells = serializers.DictField(child=serializers.CharField())


class RowsBehindShape(serializers.Serializer[Any]):
    """A page of the rows behind one operand. `amount` (over `weight`) is what all rows add up to: the `value`."""

    operand = serializers.IntegerField()
    ref = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    amount = serializers.CharField(allow_null=True)
    weight = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    total = serializers.IntegerField(help_text="Rows; customers and the like where `by_entity`.")
    by_entity = serializers.BooleanField()
    known_at = serializers.DateTimeField(allow_null=True)
    next = serializers.URLField(allow_null=True)
    results = RowShape(many=True)


class PartShape(serializers.Serializer[Any]):
    """One part of a figure, and what it did to the change of the whole (`rate` and `mix` add up to `effect`)."""

    scope = ScopeShape()
    value = serializers.CharField(allow_null=True)
    numerator = serializers.CharField(allow_null=True)
    denominator = serializers.CharField(allow_null=True)
    rows = serializers.IntegerField()
    reason = serializers.CharField()
    share = serializers.CharField(allow_null=True, help_text="Percent of the whole, where parts add up.")
    rate = serializers.CharField(allow_null=True)
    mix = serializers.CharField(allow_null=True)
    effect = serializers.CharField(allow_null=True)


class RestShape(serializers.Serializer[Any]):
    """What the parts leave over: rows that name no part, or (below zero) what counts in several."""

    numerator = serializers.CharField(allow_null=True)
    denominator = serializers.CharField(allow_null=True)
    effect = serializers.CharField(allow_null=True)


class PartsShape(serializers.Serializer[Any]):
    """A figure by its parts. The effects of all parts and the rest add up to `change`, to the last digit."""

    by = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    before = serializers.CharField(allow_null=True)
    change = serializers.CharField(allow_null=True)
    change_by_numerator = serializers.CharField(allow_null=True)
    change_by_denominator = serializers.CharField(allow_null=True)
    adds_up = serializers.BooleanField(help_text="False: the whole is counted anew, parts do not add up to it.")
    counted_anew = serializers.BooleanField()
    parts = PartShape(many=True)
    rest = RestShape(allow_null=True)
