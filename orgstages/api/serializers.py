"""The shape of a diagnosis for REST clients; decimals are texts, as everywhere in this API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from orgstages.catalogue import SectionKey
from orgstages.facts import SourceKind
from orgstages.scoring import Severity
from roles.catalogue import StageKey, SubtypeKey

STAGES = [key.value for key in StageKey]
SUBTYPES = [key.value for key in SubtypeKey]
Shape = serializers.Serializer[Any]


class TextSerializer(Shape):
    """A text in both languages."""

    zh = serializers.CharField()
    en = serializers.CharField()


class StageVerdictSerializer(Shape):
    """Section A."""

    current = serializers.ChoiceField(STAGES, allow_null=True, help_text="null: too little is answered.")
    second = serializers.ChoiceField(STAGES, allow_null=True)
    is_hybrid = serializers.BooleanField()
    confidence = serializers.CharField(allow_null=True, help_text="First share minus second.")
    shares = serializers.DictField(child=serializers.CharField())
    answered_weight = serializers.CharField()
    total_weight = serializers.CharField()


class SubtypeVerdictSerializer(Shape):
    """Section B; two leading sub-types mean: either, choose deliberately."""

    leading = serializers.ListField(child=serializers.ChoiceField(SUBTYPES))
    is_either = serializers.BooleanField()
    points = serializers.DictField(child=serializers.IntegerField())
    answered = serializers.IntegerField()
    asked = serializers.IntegerField()


class FitSerializer(Shape):
    """Section C; without a stage, `missing` are the questions that would decide."""

    stage = serializers.ChoiceField(STAGES, allow_null=True)
    subtypes = serializers.ListField(child=serializers.ChoiceField(SUBTYPES))
    missing = serializers.ListField(child=serializers.CharField())
    gap = serializers.IntegerField(allow_null=True, help_text="Stages from the current one.")
    needs_confirmation = serializers.BooleanField(help_text="It skips a stage.")


class ChallengeSerializer(Shape):
    """Section D for one challenge."""

    challenge = serializers.CharField()
    mean = serializers.CharField(allow_null=True)
    severity = serializers.ChoiceField([each.value for each in Severity], allow_null=True)
    answered = serializers.IntegerField()
    asked = serializers.IntegerField()


class MaturitySerializer(Shape):
    """Section E."""

    index = serializers.CharField(allow_null=True)
    level = serializers.CharField(allow_blank=True)
    answered = serializers.IntegerField()
    asked = serializers.IntegerField()


class VerdictSerializer(Shape):
    """What all five sections say."""

    name = TextSerializer()
    stage = StageVerdictSerializer()
    subtype = SubtypeVerdictSerializer(allow_null=True)
    fit = FitSerializer()
    challenges = ChallengeSerializer(many=True)
    maturity = MaturitySerializer()


class FactSourceSerializer(Shape):
    """What the fact was read from."""

    kind = serializers.ChoiceField([kind.value for kind in SourceKind])
    id = serializers.CharField()
    period = serializers.CharField(allow_blank=True)
    scope = serializers.CharField(allow_blank=True, help_text="Where the figure stands, as `unit:BU1`; else empty.")


class FactSerializer(Shape):
    """The automatic answer; without an option the sentence says why there is none."""

    question = serializers.CharField()
    option = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    numerator = serializers.CharField(allow_null=True)
    denominator = serializers.CharField(allow_null=True)
    parts_unit = serializers.CharField(allow_blank=True)
    observed = serializers.DictField(
        child=serializers.CharField(), help_text="What a rule without a number looked at, as `level`: `department`."
    )
    sentence = TextSerializer()
    source = FactSourceSerializer(allow_null=True)  # type: ignore[assignment]  # DRF takes declared fields off the class


class ResponseSerializer(Shape):
    """One respondent's own answer, with what it rests on."""

    option = serializers.CharField()
    overruled_option = serializers.CharField(allow_blank=True, help_text="What the data said, where it said otherwise.")
    reason = serializers.CharField(allow_blank=True)
    author = serializers.CharField(allow_blank=True)
    answered_on = serializers.DateField()
    evidence = serializers.CharField(allow_blank=True)
    evidence_url = serializers.CharField(allow_blank=True)
    evidence_kpi = serializers.CharField(allow_blank=True)


class GivenSerializer(Shape):
    """What people answered; it outranks the fact. Empty while a tie waits for a confirmer."""

    option = serializers.CharField(allow_blank=True, help_text="A key, or the mean of a scale as a fraction.")
    is_tied = serializers.BooleanField()
    responses = ResponseSerializer(many=True)
    confirmation = ResponseSerializer(allow_null=True)


class DiagnosisAnswerSerializer(Shape):
    """One question with the answer that counts (empty: none)."""

    question = serializers.CharField()
    section = serializers.ChoiceField([key.value for key in SectionKey])
    option = serializers.CharField(allow_blank=True)
    weight = serializers.CharField()
    fact = FactSerializer(allow_null=True)
    given = GivenSerializer(allow_null=True)


class AdoptedSerializer(Shape):
    """The stage the unit works in; without a unit nobody has decided and the first stage applies."""

    stage = serializers.ChoiceField(STAGES)
    subtype = serializers.ChoiceField(SUBTYPES)
    unit_external_id = serializers.CharField(allow_null=True)
    since = serializers.DateField(allow_null=True)


class DiagnosisSerializer(Shape):
    """The diagnosis of one unit on a day."""

    unit_external_id = serializers.CharField()
    unit_name = serializers.CharField()
    as_of = serializers.DateField()
    period = serializers.CharField(allow_null=True)
    catalogue_version = serializers.CharField()
    verdict = VerdictSerializer()
    adopted = AdoptedSerializer()
    answers = DiagnosisAnswerSerializer(many=True)
