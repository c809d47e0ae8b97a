"""Targets written in the browser or over the API: who, when, why, and what each was before."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kpis.choices import TargetOrigin
from omnichannel.workspaces.scoping import WorkspaceModel


class TargetEdit(WorkspaceModel):
    """One save of any number of targets. `undoes` names the edit that it took back."""

    origin = models.CharField(max_length=10, choices=TargetOrigin.choices)
    note = models.CharField(max_length=400, blank=True)
    undoes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(origin__in=TargetOrigin.values), name="target_edit_origin_known"),
            models.UniqueConstraint(fields=["workspace", "undoes"], name="target_edit_undone_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.origin}"

    @property
    def rows(self) -> int:
        """How many targets it touched."""
        return self.created + self.changed + self.removed


class TargetChange(WorkspaceModel):
    """What an edit made of one target. Null means that there was none; decimals are strings.

    `key` is that of `FactChange`, so that a target's history is one list.
    """

    edit = models.ForeignKey(TargetEdit, on_delete=models.PROTECT, related_name="changes")
    key = models.CharField(max_length=240)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        indexes: ClassVar = [models.Index(fields=["workspace", "key"], name="target_change_of_key")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "edit", "key"], name="target_changed_once_per_edit"),
        ]

    def __str__(self) -> str:
        return self.key
