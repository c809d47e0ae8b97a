"""What a workspace has changed in the talent map: one row per change of a role, with the whole state after it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from roles.choices import RoleAction


class RoleText(WorkspaceModel):
    """A change of a role: written once, never edited; the newest row of a role holds, earlier ones are its history.

    `state` is described in `roles.role_texts`; `fields` names what differs from the row before.
    """

    role_key = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    action = models.CharField(max_length=8, choices=RoleAction.choices)
    fields = models.JSONField(default=list)
    state = models.JSONField(default=dict)
    library_version = models.CharField(max_length=80)
    note = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "role_key", "number"], name="role_text_number_once"),
            models.CheckConstraint(condition=~Q(role_key=""), name="role_text_key_given"),
            models.CheckConstraint(condition=Q(action__in=RoleAction.values), name="role_text_action_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role_key} #{self.number} {self.action}"
