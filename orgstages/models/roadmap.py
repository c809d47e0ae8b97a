"""Roadmaps from one sub-type to another. Their milestones' days are rows of the table `milestones`, not kept here."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from roles.catalogue import RoleKey


class Roadmap(WorkspaceModel):
    """A unit on its way through a transition from a day on. `key` is the first part of its milestones' ids.

    `skip_confirmed` is what a person typed to confirm a route that leaves a stage out; empty for other routes.
    """

    key = models.CharField(max_length=16)
    unit_external_id = models.CharField(max_length=64)
    transition = models.CharField(max_length=80)
    start_on = models.DateField()
    note = models.TextField(blank=True)
    skip_confirmed = models.CharField(max_length=160, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    cancelled_on = models.DateField(null=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    cancel_reason = models.TextField(blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "key"], name="roadmap_key_once"),
            models.CheckConstraint(condition=~Q(unit_external_id=""), name="roadmap_has_a_unit"),
            models.CheckConstraint(
                condition=Q(cancelled_on=None) | ~Q(cancel_reason=""), name="roadmap_cancelled_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transition} for {self.unit_external_id}"


class RoadmapMilestone(WorkspaceModel):
    """A milestone of a roadmap: what it is, who owns it, and the id of its row; the row holds its days.

    `step` is the number of the transition's step; an own milestone has none but a title. `first_planned_on` is the day
    it was planned for at first, to be compared with.
    """

    roadmap = models.ForeignKey(Roadmap, on_delete=models.CASCADE, related_name="milestones")
    milestone_id = models.CharField(max_length=64)
    step = models.PositiveSmallIntegerField(null=True)
    title = models.CharField(max_length=160, blank=True)
    owner_role = models.CharField(max_length=24)
    owner_person = models.CharField(max_length=64, blank=True)
    first_planned_on = models.DateField()
    called_off_on = models.DateField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "milestone_id"], name="roadmap_milestone_once"),
            models.UniqueConstraint(
                fields=["roadmap", "step"], condition=~Q(step=None), name="roadmap_step_once_in_a_roadmap"
            ),
            models.CheckConstraint(condition=~Q(step=None) | ~Q(title=""), name="own_milestone_has_a_title"),
            models.CheckConstraint(
                condition=Q(owner_role__in=[role.value for role in RoleKey]), name="milestone_owner_role_known"
            ),
        ]

    def __str__(self) -> str:
        return self.milestone_id
