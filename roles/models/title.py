"""What the workspace itself says about a job title: which role it means. A newer row counts, none is edited."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from roles.choices import TitleSay


class TitleMapping(WorkspaceModel):
    """The title, as it is compared in `plain`, means the role, or no role, or is left to the rules again."""

    title = models.CharField(max_length=120)
    plain = models.CharField(max_length=120)
    says = models.CharField(max_length=8, choices=TitleSay.choices)
    role_key = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [models.Index(fields=["workspace", "plain", "-id"], name="title_mapping_newest")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(plain=""), name="title_mapping_has_a_title"),
            models.CheckConstraint(condition=Q(says__in=TitleSay.values), name="title_mapping_says_known"),
            models.CheckConstraint(
                condition=(Q(says="role") & ~Q(role_key="")) | (~Q(says="role") & Q(role_key="")),
                name="title_mapping_names_its_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} -> {self.role_key or self.says}"
