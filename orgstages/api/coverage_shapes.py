"""The shape of the coverage map and of the advice to split or merge roles, for REST clients."""

from __future__ import annotations

from rest_framework import serializers

from orgstages.api.serializers import STAGES, SUBTYPES, Shape, TextSerializer
from roles.catalogue import ExpectationLevel, SplitAdvice
from roles.choices import UnitLevel
from roles.coverage import CoverState

EXPECTED = [level.value for level in ExpectationLevel]
STATES = [state.value for state in CoverState]
CELL = {
    "role": "ad-delivery",
    "expected": "core",
    "state": "missing",
    "people": 0,
    "dedicated": 0,
    "fte": "0",
    "overloaded": 0,
    "vacant_since": "2026-03-01",
}
COVERED = {
    "unit_external_id": "BU1",
    "unit_name": "Womenswear",
    "level": "business_unit",
    "stage": "first-level",
    "subtype": "user-growth-driven",
    "judged_unit_external_id": "BU1",
    "fte": "42.5000",
    "fte_seconded": "1.0000",
    "fte_outsourced": "3.0000",
    "outsourced_share": "7.0588",
    "cells": [CELL],
}
ADVISED = {
    "unit_external_id": "BU1",
    "unit_name": "Womenswear",
    "stage": "first-level",
    "period": "2026-10",
    "figures": {"guides": "12", "members": "400000", "stores": "14"},
    "pair": "user-vs-member",
    "roles": ["user-ops", "member-ops"],
    "advice": "split",
    "state": {"zh": "1 人兼任用户运营与会员运营", "en": "Holders of both User operations and Member operations: 1"},
    "reasons": [{"zh": "会员数 40.0 万，达到 30.0 万", "en": "members: 400.0 k, at least 300.0 k"}],
    "unknown": [{"zh": "会员销售占比：没有数据", "en": "member share of sales: no data"}],
    "split_when": {"zh": "会员销售占比高", "en": "member sales share high"},
    "merge_when": {"zh": "处于项目制阶段", "en": "stage=project"},
    "people_external_ids": ["E1001"],
}


class CoverCellSerializer(Shape):
    """A role in a unit with everything below it, against what the sub-type of the unit expects."""

    role = serializers.CharField()
    expected = serializers.ChoiceField(
        EXPECTED, allow_null=True, help_text="null: asked of `judged_unit_external_id`, a unit above."
    )
    state = serializers.ChoiceField(
        STATES, allow_null=True, help_text="`missing` of a `core` role is the red cell; `shared`: part-timers only."
    )
    people = serializers.IntegerField()
    dedicated = serializers.IntegerField(help_text="People with a share of 0.8 or more.")
    fte = serializers.CharField(help_text="Sum of share of time x FTE of the person.")
    overloaded = serializers.IntegerField(help_text="Holders with over three roles or over 1.2 of their time.")
    vacant_since = serializers.DateField(allow_null=True, help_text="Since when nobody holds a core role, if known.")


class UnitCoverSerializer(Shape):
    """The roles of a unit on a day, and how its time is filled."""

    unit_external_id = serializers.CharField()
    unit_name = serializers.CharField()
    level = serializers.ChoiceField([level.value for level in UnitLevel])
    stage = serializers.ChoiceField(STAGES)
    subtype = serializers.ChoiceField(SUBTYPES)
    judged_unit_external_id = serializers.CharField(help_text="The unit of which the sub-type's expectation is asked.")
    fte = serializers.CharField(help_text="FTE of who works in the unit and below it.")
    fte_seconded = serializers.CharField()
    fte_outsourced = serializers.CharField()
    outsourced_share = serializers.CharField(
        allow_null=True, help_text="Percent of FTE; question A11 of the diagnosis reads it. null: nobody works here."
    )
    cells = CoverCellSerializer(many=True)


class SplitAdviceSerializer(Shape):
    """What is said about a pair of roles in a unit that is judged by itself."""

    unit_external_id = serializers.CharField()
    unit_name = serializers.CharField()
    stage = serializers.ChoiceField(STAGES)
    period = serializers.CharField(allow_null=True, help_text="The month of the figures.")
    figures = serializers.DictField(
        child=serializers.CharField(), help_text="What the signs were read from; a figure without data is absent."
    )
    pair = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2)
    advice = serializers.ChoiceField(
        [each.value for each in SplitAdvice], allow_null=True, help_text="null: it may stay as it is."
    )
    state = TextSerializer(help_text="How the two roles are held.")
    reasons = TextSerializer(many=True, help_text="The signs that hold, with their numbers and bounds.")
    unknown = TextSerializer(many=True, help_text="The signs without data.")
    split_when = TextSerializer()
    merge_when = TextSerializer()
    people_external_ids = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="Who holds both; null: the caller may not see people."
    )
