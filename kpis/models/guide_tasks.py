"""What managers ask of guides, who has done it, and who wants no place in a ranking."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kpis.guide_choices import TaskStepKind
from omnichannel.workspaces.scoping import WorkspaceModel


class GuideTask(WorkspaceModel):
    """Something people are asked to do until a day, with what they need for it.

    `unit_external_id` and `role_key` say whom it was given to together; both are empty where people were named.
    """

    title = models.CharField(max_length=120)
    what = models.TextField()
    script = models.TextField(blank=True)
    link = models.CharField(max_length=400, blank=True)
    due_on = models.DateField()
    unit_external_id = models.CharField(max_length=64, blank=True)
    role_key = models.CharField(max_length=40, blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    given_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-due_on", "-id")
        indexes: ClassVar = [models.Index(fields=["workspace", "-due_on"], name="guide_task_by_due_day")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(title="") & ~Q(what=""), name="guide_task_says_what"),
        ]

    def __str__(self) -> str:
        return self.title


class GuideTaskPicture(WorkspaceModel):
    """The picture that goes with a task."""

    task = models.OneToOneField(GuideTask, on_delete=models.CASCADE, related_name="picture")
    content = models.BinaryField()
    content_type = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"picture of {self.task_id}"


class GuideTaskPerson(WorkspaceModel):
    """One of those who were asked. The unit is where they worked when the task was given."""

    task = models.ForeignKey(GuideTask, on_delete=models.CASCADE, related_name="people")
    person_external_id = models.CharField(max_length=64)
    unit_external_id = models.CharField(max_length=64)
    done_on = models.DateField(null=True)
    note = models.CharField(max_length=400, blank=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("person_external_id",)
        indexes: ClassVar = [models.Index(fields=["workspace", "person_external_id"], name="guide_task_of_person")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "task", "person_external_id"], name="guide_task_once_for_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_external_id} {self.task_id}"


class GuideTaskStep(WorkspaceModel):
    """One step in the life of a task; `person_external_id` where it is one person's. `changes`: field -> [was, is]."""

    task = models.ForeignKey(GuideTask, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=9, choices=TaskStepKind.choices)
    person_external_id = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=400, blank=True)
    changes = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=TaskStepKind.values), name="guide_task_step_known"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.kind}"


class RankingChoice(WorkspaceModel):
    """Whether places are shown: to a person, or to anybody where none is named. The newest row counts."""

    person_external_id = models.CharField(max_length=64, blank=True)
    is_shown = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["workspace", "person_external_id", "-id"], name="ranking_choice_newest")
        ]

    def __str__(self) -> str:
        return f"{self.person_external_id or 'all'} {self.is_shown}"
