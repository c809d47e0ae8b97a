"""Programmes as the workspace has them, and training plans of a unit and a quarter."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from talent.choices import LevelLabel


class ProgrammeVersion(WorkspaceModel):
    """What the workspace says of a programme; the newest row of a key counts, older ones are its history.

    A key of the catalogue changes that programme, any other is a programme of one's own. Without `valid_months` its
    certificate does not expire; `attendance` is the share of days in percent from which a course is completed.
    """

    key = models.SlugField(max_length=48)
    names = models.JSONField()
    level = models.CharField(max_length=12, choices=LevelLabel.choices)
    audience = models.JSONField(default=list)
    people = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    form = models.JSONField()
    hours = models.PositiveSmallIntegerField()
    certifies = models.BooleanField()
    valid_months = models.PositiveSmallIntegerField(null=True)
    pass_mark = models.PositiveSmallIntegerField()
    attendance = models.PositiveSmallIntegerField()
    is_hidden = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pass_mark__lte=100), name="programme_pass_mark_to_100"),
            models.CheckConstraint(
                condition=Q(attendance__gte=1, attendance__lte=100), name="programme_attendance_1_to_100"
            ),
            models.CheckConstraint(condition=Q(hours__gte=1), name="programme_takes_an_hour"),
        ]
        indexes: ClassVar = [models.Index(fields=["workspace", "key", "-id"], name="programme_newest_first")]

    def __str__(self) -> str:
        return self.key


class TrainingPlan(WorkspaceModel):
    """The plan of a unit and what is below it for a quarter such as `2026-Q4`."""

    unit_external_id = models.CharField(max_length=64)
    period = models.CharField(max_length=8)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    refreshed_at = models.DateTimeField()

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "unit_external_id", "period"], name="one_plan_a_quarter"),
            models.CheckConstraint(condition=~Q(unit_external_id=""), name="plan_has_a_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_external_id} {self.period}"


class PlanLine(WorkspaceModel):
    """Somebody needs a programme, for the reasons kept with it: `[{"kind", "role", "day", "words"}]`.

    A dropped line stays with its reason, so that the next computation does not bring it back.
    """

    plan = models.ForeignKey(TrainingPlan, on_delete=models.CASCADE, related_name="lines")
    person_external_id = models.CharField(max_length=64)
    programme = models.CharField(max_length=48)
    reasons = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    dropped_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    drop_reason = models.CharField(max_length=300, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "person_external_id", "programme"], name="planned_once"),
            models.CheckConstraint(condition=Q(dropped_at=None) | ~Q(drop_reason=""), name="dropped_with_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.person_external_id} {self.programme}"
