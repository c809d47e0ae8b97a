"""Ratings of people against the abilities of a role, and what a workspace needs per job level. Histories stay."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from talent.choices import RatedBy

HIGHEST = 3


class Rating(WorkspaceModel):
    """One person rated in one role on a day, by themselves or who leads them. Finished, it is never changed.

    A draft has no `finished_at`; there is one at most per person, role and side. A later day supersedes an earlier
    one, and of one day the last finished.
    """

    person_external_id = models.CharField(max_length=64)
    role_key = models.CharField(max_length=40)
    job_level = models.CharField(max_length=12)
    rated_by = models.CharField(max_length=8, choices=RatedBy.choices)
    rated_on = models.DateField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["workspace", "person_external_id", "role_key", "-rated_on"], name="rating_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "person_external_id", "role_key", "rated_by"],
                condition=Q(finished_at=None),
                name="one_rating_draft",
            ),
            models.CheckConstraint(condition=Q(rated_by__in=RatedBy.values), name="rated_by_known"),
            models.CheckConstraint(condition=~Q(person_external_id="") & ~Q(role_key=""), name="rating_of_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.person_external_id} {self.role_key} {self.rated_on}"


class RatingLine(WorkspaceModel):
    """The level shown in one ability, with what shows it. The names are kept as they were when it was rated."""

    rating = models.ForeignKey(Rating, on_delete=models.CASCADE, related_name="lines")
    ability = models.CharField(max_length=60)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    level = models.PositiveSmallIntegerField(null=True)
    remark = models.CharField(max_length=600, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rating", "ability"], name="ability_rated_once"),
            models.CheckConstraint(condition=Q(level=None) | Q(level__lte=HIGHEST), name="rated_level_in_scale"),
        ]

    def __str__(self) -> str:
        return f"{self.ability} {self.level}"


class NeededLevel(WorkspaceModel):
    """From `since` on the workspace needs this level of an ability; None goes back to the catalogue's."""

    role_key = models.CharField(max_length=40)
    ability = models.CharField(max_length=60)
    job_level = models.CharField(max_length=12)
    needed = models.PositiveSmallIntegerField(null=True)
    since = models.DateField()
    note = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["workspace", "role_key", "since", "id"], name="needed_level_newest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(needed=None) | Q(needed__lte=HIGHEST), name="needed_level_in_scale"),
            models.CheckConstraint(condition=~Q(role_key="") & ~Q(ability=""), name="needed_of_an_ability"),
        ]

    def __str__(self) -> str:
        return f"{self.role_key} {self.ability} {self.job_level}: {self.needed}"
