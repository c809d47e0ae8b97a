"""What was aimed at, and what managers judged: small facts that arrive as files and live here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kpis.choices import ScopeKindChoice, SubjectKind
from kpis.models.target_edits import TargetEdit
from kpis.models.uploads import Upload
from kpis.models.values import PERIOD_KEY
from omnichannel.workspaces.scoping import WorkspaceModel


class Target(WorkspaceModel):
    """The target of one KPI for one period and scope; `floor` and `stretch` frame it where they are set.

    It came with an upload or by an edit. What it was before stands in `FactChange` or `TargetChange`.
    """

    period = models.CharField(max_length=8)
    kpi = models.CharField(max_length=60)
    scope_kind = models.CharField(max_length=8, choices=ScopeKindChoice.choices)
    scope_id = models.CharField(max_length=64, blank=True)
    floor = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    value = models.DecimalField(max_digits=18, decimal_places=4)
    stretch = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    upload = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT, related_name="+")
    edit = models.ForeignKey(TargetEdit, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["workspace", "kpi", "period"], name="target_of_kpi")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "period", "kpi", "scope_kind", "scope_id"], name="one_target_per_scope"
            ),
            models.CheckConstraint(condition=Q(period__regex=PERIOD_KEY), name="target_period_key"),
            models.CheckConstraint(condition=Q(scope_kind__in=ScopeKindChoice.values), name="target_scope_known"),
            models.CheckConstraint(
                condition=Q(scope_kind="company", scope_id="") | (~Q(scope_kind="company") & ~Q(scope_id="")),
                name="target_only_company_has_no_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.period} {self.scope_kind} {self.scope_id}"


class Review(WorkspaceModel):
    """A manager's judgement of a qualitative KPI, 1 to 5, with evidence."""

    period = models.CharField(max_length=8)
    kpi = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    subject_id = models.CharField(max_length=64)
    reviewer_id = models.CharField(max_length=64)
    score = models.DecimalField(max_digits=6, decimal_places=4)
    evidence = models.TextField()
    upload = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["workspace", "subject_kind", "subject_id"], name="review_of_subject")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "period", "kpi", "subject_kind", "subject_id", "reviewer_id"],
                name="one_review_per_reviewer",
            ),
            models.CheckConstraint(condition=Q(period__regex=PERIOD_KEY), name="review_period_key"),
            models.CheckConstraint(condition=Q(subject_kind__in=SubjectKind.values), name="review_subject_known"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="review_score_1_to_5"),
            models.CheckConstraint(condition=~Q(evidence=""), name="review_has_evidence"),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.period} {self.subject_kind} {self.subject_id}"
