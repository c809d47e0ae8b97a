"""What an identity provider said over SCIM of a person or a group. Personal data: names, mail, phone numbers.

The organisation keeps who works where; this keeps the rest of a SCIM resource, so that it reads back as it was sent.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from omnichannel.workspaces.scoping import WorkspaceModel
from roles.choices import ScimKind

ATTRIBUTE_LENGTH = 255


class ScimResource(WorkspaceModel):
    """A person or a unit as SCIM names it. `external_id` is ours; those that SCIM never wrote have a row too.

    `linked_at` None: SCIM has not written it yet. `unit` and `manager` are our ids as SCIM left them: where the
    organisation says something else since, the organisation is right. `awaits` names a manager who is not there yet.
    """

    kind = models.CharField(max_length=5, choices=ScimKind.choices)
    scim_id = models.UUIDField(default=uuid.uuid4)
    external_id = models.CharField(max_length=64)
    user_name = models.CharField(max_length=ATTRIBUTE_LENGTH, blank=True)
    # user_name without its case; of people without one their external_id
    user_key = models.CharField(max_length=ATTRIBUTE_LENGTH, blank=True)
    given_id = models.CharField(max_length=ATTRIBUTE_LENGTH, blank=True)
    attributes = models.JSONField(default=dict)
    unit = models.CharField(max_length=64, blank=True)
    manager = models.CharField(max_length=64, blank=True)
    awaits = models.CharField(max_length=ATTRIBUTE_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    linked_at = models.DateTimeField(null=True, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "scim_id"], name="scim_id_once"),
            models.UniqueConstraint(fields=["workspace", "kind", "external_id"], name="scim_external_id_once"),
            models.UniqueConstraint(
                fields=["workspace", "user_key"], name="scim_user_name_once", condition=~Q(user_name="")
            ),
            models.UniqueConstraint(
                fields=["workspace", "kind", "given_id"], name="scim_given_id_once", condition=~Q(given_id="")
            ),
            models.CheckConstraint(condition=Q(kind__in=ScimKind.values), name="scim_kind_known"),
            models.CheckConstraint(condition=~Q(external_id=""), name="scim_external_id_given"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "kind", "user_key"], name="scim_by_user_name"),
            models.Index(fields=["workspace", "awaits"], name="scim_awaiting", condition=~Q(awaits="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class ScimMembership(WorkspaceModel):
    """A user whom SCIM put into a group. The unit of the first one is where they work, unless `department` says it."""

    group = models.ForeignKey(ScimResource, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(ScimResource, on_delete=models.CASCADE, related_name="memberships_of")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "user"], name="scim_membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"
