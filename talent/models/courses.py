"""Courses: a programme held on some days, who is enrolled, what came of it, and what a workshop decided."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from talent.choices import EnrolmentState, OutcomeKind


class Course(WorkspaceModel):
    """A programme held once. What the programme asks (hours, mark, validity) is kept as it was when it was planned.

    `days` are its days as `2026-11-30`, ascending; `key` is the first part of the ids of its milestones.
    """

    key = models.CharField(max_length=16)
    programme = models.CharField(max_length=48)
    unit_external_id = models.CharField(max_length=64)
    trainer = models.CharField(max_length=120)
    place = models.CharField(max_length=160)
    is_online = models.BooleanField(default=False)
    capacity = models.PositiveSmallIntegerField()
    is_open = models.BooleanField(default=False)
    days = models.JSONField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    hours = models.PositiveSmallIntegerField()
    certifies = models.BooleanField()
    valid_months = models.PositiveSmallIntegerField(null=True)
    pass_mark = models.PositiveSmallIntegerField()
    attendance = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    cancelled_on = models.DateField(null=True)
    cancel_reason = models.CharField(max_length=300, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "key"], name="course_key_once"),
            models.CheckConstraint(condition=Q(starts_on__lte=models.F("ends_on")), name="course_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(capacity__gte=1), name="course_has_a_seat"),
            models.CheckConstraint(
                condition=Q(cancelled_on=None) | ~Q(cancel_reason=""), name="course_cancelled_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme} {self.starts_on}"


class Enrolment(WorkspaceModel):
    """Somebody's seat in a course, or their place on its waiting list in the order of enrolment."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="enrolments")
    person_external_id = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=EnrolmentState.choices)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["course", "person_external_id"],
                condition=~Q(state=EnrolmentState.WITHDRAWN),
                name="enrolled_once_in_a_course",
            ),
        ]

    def __str__(self) -> str:
        return self.person_external_id


class CourseResult(WorkspaceModel):
    """What came of an enrolment, as it was recorded; the newest row counts, older ones are the history.

    `days` are those attended. `passed` is null where no exam was written.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="results")
    days = models.JSONField()
    hours = models.DecimalField(max_digits=6, decimal_places=2)
    completed_on = models.DateField(null=True)
    exam_score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    passed = models.BooleanField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(exam_score=None) | Q(exam_score__gte=0, exam_score__lte=100), name="exam_score_0_to_100"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.recorded_at:%Y-%m-%d}"


class CourseFeedback(WorkspaceModel):
    """What a trainee said of a course, 0 to 100; the newest row of an enrolment counts."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="feedback")
    score = models.PositiveSmallIntegerField()
    remark = models.CharField(max_length=600, blank=True)
    said_on = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(score__lte=100), name="feedback_0_to_100"),
        ]

    def __str__(self) -> str:
        return str(self.score)


class WorkshopOutcome(WorkspaceModel):
    """What a workshop decided: a milestone of the table of that name, or a target; `reference` is its key there."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="outcomes")
    kind = models.CharField(max_length=12, choices=OutcomeKind.choices)
    title = models.CharField(max_length=160)
    reference = models.CharField(max_length=160)
    roadmap_id = models.BigIntegerField(null=True)
    owner_role = models.CharField(max_length=24, blank=True)
    owner_person = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["course", "kind", "reference"], name="outcome_linked_once"),
            models.CheckConstraint(condition=~Q(title=""), name="outcome_has_a_title"),
        ]

    def __str__(self) -> str:
        return self.title
