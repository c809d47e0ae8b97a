"""Review rounds: who judges whom by which qualitative KPI until when, what they wrote, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kpis.choices import RoundAction, RoundState, SubjectKind
from kpis.models.values import PERIOD_KEY
from omnichannel.workspaces.scoping import WorkspaceModel


class ReviewRound(WorkspaceModel):
    """The reviews of one period. `state` says whether reviewers may write; a signed round is locked.

    `unit_id` is where the subjects work (empty: the whole company).
    """

    period = models.CharField(max_length=8)
    name = models.CharField(max_length=120)
    unit_id = models.CharField(max_length=64, blank=True)
    opens_on = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=8, choices=RoundState.choices, default=RoundState.OPEN)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    signed_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-opens_on", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(period__regex=PERIOD_KEY), name="round_period_key"),
            models.CheckConstraint(condition=Q(state__in=RoundState.values), name="round_state_known"),
            models.CheckConstraint(condition=Q(due_on__gte=F("opens_on")), name="round_days_in_order"),
            models.CheckConstraint(
                condition=Q(state=RoundState.SIGNED, signed_at__isnull=False)
                | (~Q(state=RoundState.SIGNED) & Q(signed_at__isnull=True)),
                name="round_signed_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReviewTask(WorkspaceModel):
    """One reviewer judges one subject by one KPI. `score` and `evidence` are kept as typed until `done_at`.

    `role_key` is the subject's role that carries the KPI; empty for KPIs of any role. `needs_two`: the subject is at
    director level, so two reviewers must judge.
    """

    round = models.ForeignKey(ReviewRound, on_delete=models.CASCADE, related_name="tasks")
    kpi = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=8, choices=SubjectKind.choices, default=SubjectKind.EMPLOYEE)
    subject_id = models.CharField(max_length=64)
    role_key = models.CharField(max_length=40, blank=True)
    reviewer_id = models.CharField(max_length=64)
    needs_two = models.BooleanField(default=False)
    score = models.PositiveSmallIntegerField(null=True)
    evidence = models.TextField(blank=True)
    saved_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("subject_id", "kpi", "id")
        indexes: ClassVar = [models.Index(fields=["workspace", "reviewer_id"], name="review_task_of_reviewer")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "round", "kpi", "subject_kind", "subject_id", "reviewer_id"],
                name="review_task_once",
            ),
            models.CheckConstraint(condition=Q(score=None) | Q(score__gte=1, score__lte=5), name="review_task_1_to_5"),
            models.CheckConstraint(
                condition=Q(done_at=None) | (Q(score__isnull=False) & ~Q(evidence="")), name="review_task_done_is_whole"
            ),
            models.CheckConstraint(
                condition=~Q(subject_kind="employee", subject_id=F("reviewer_id")), name="review_task_not_of_oneself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.subject_id} by {self.reviewer_id}"


class RoundEvent(WorkspaceModel):
    """What happened to a round, only ever added to. `kpi` and `subject_id` name the judgement that was talked through.

    `note` is the reason or the outcome in words.
    """

    round = models.ForeignKey(ReviewRound, on_delete=models.CASCADE, related_name="events")
    action = models.CharField(max_length=10, choices=RoundAction.choices)
    kpi = models.CharField(max_length=60, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(action__in=RoundAction.values), name="round_action_known"),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.action}"
