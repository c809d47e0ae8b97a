"""Shapes that several answers share: a problem of a cell, the effect of a load."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kpis.choices import ProblemSeverity
from kpis.datasets.checks.problems import Problem, to_json


class BilingualShape(serializers.Serializer[Any]):
    """A text in both languages."""

    zh = serializers.CharField()
    en = serializers.CharField()


class ProblemShape(serializers.Serializer[Any]):
    """One thing wrong: where, what, and what to do. `row` is 1-based in the file or batch; null concerns all of it."""

    sheet = serializers.CharField()
    row = serializers.IntegerField(allow_null=True)
    column = serializers.CharField(help_text="As the file or batch calls it.")
    value = serializers.CharField()
    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=ProblemSeverity.choices)
    message = BilingualShape()
    hint = BilingualShape()


class EffectSerializer(serializers.Serializer[Any]):
    """What a load does to the current table, in rows."""

    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()


def problem_json(problem: Problem) -> dict[str, object]:
    """Return the one JSON form of a problem."""
    return to_json(problem)
