"""Answers that people gave to the diagnostic, and verdicts as they were recorded: neither is ever edited."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from orgstages.catalogue import load_stages


class DiagnosisAnswer(WorkspaceModel):
    """A person's answer to one question about a unit, from `answered_on` until that person's newer one.

    An empty option takes the answer back. `overruled_option` is what the data said, where the person says otherwise.
    A confirmation is no answer: it chooses among the options on which the respondents are tied.
    """

    unit_external_id = models.CharField(max_length=64)
    question = models.CharField(max_length=4)
    option = models.CharField(max_length=8, blank=True)
    overruled_option = models.CharField(max_length=16, blank=True)
    reason = models.TextField(blank=True)
    is_confirmation = models.BooleanField(default=False)
    evidence = models.TextField(blank=True)
    evidence_url = models.URLField(max_length=500, blank=True)
    evidence_kpi = models.CharField(max_length=64, blank=True)
    answered_on = models.DateField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "unit_external_id", "question", "-answered_on", "-id"], name="answer_newest"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(unit_external_id=""), name="answer_has_a_unit"),
            models.CheckConstraint(condition=Q(question__in=list(load_stages().questions)), name="question_known"),
            models.CheckConstraint(
                condition=Q(overruled_option="") | (~Q(option="") & ~Q(reason="")), name="overruling_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(is_confirmation=False) | ~Q(option=""), name="confirmation_chooses_an_option"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} {self.option} for {self.unit_external_id}"


class Diagnosis(WorkspaceModel):
    """A recorded verdict: the unit, the day, every answer with its fact, and what follows from them.

    `digest` is that of answers and verdict: the same result is not recorded twice in a row.
    """

    unit_external_id = models.CharField(max_length=64)
    unit_name = models.CharField(max_length=120)
    as_of = models.DateField()
    period = models.CharField(max_length=8, blank=True)
    revision = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    answers = models.JSONField()
    verdict = models.JSONField()
    catalogue_version = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(unit_external_id=""), name="diagnosis_has_a_unit"),
            models.UniqueConstraint(
                fields=["workspace", "unit_external_id", "as_of"],
                condition=Q(is_current=True),
                name="one_current_diagnosis",
            ),
            models.UniqueConstraint(
                fields=["workspace", "unit_external_id", "as_of", "revision"], name="diagnosis_revision_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_external_id} {self.as_of} r{self.revision}"
