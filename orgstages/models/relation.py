"""Who looks after a numbered relation of a sub-type between two real units; a newer row counts, none is edited."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from omnichannel.workspaces.scoping import WorkspaceModel
from roles.catalogue import SubtypeKey


class RelationOwner(WorkspaceModel):
    """From `since` on this person sees to relation `number` of the unit's sub-type, from giver to receiver.

    An empty person takes the pair back.
    """

    unit_external_id = models.CharField(max_length=64)
    subtype = models.CharField(max_length=24)
    number = models.PositiveSmallIntegerField()
    giver = models.CharField(max_length=64)
    receiver = models.CharField(max_length=64)
    person = models.CharField(max_length=64, blank=True)
    since = models.DateField()
    note = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "unit_external_id", "number", "giver", "receiver", "-since", "-id"],
                name="relation_owner_newest",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(unit_external_id="") & ~Q(giver="") & ~Q(receiver=""), name="relation_has_its_units"
            ),
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="relation_between_two_units"),
            models.CheckConstraint(
                condition=Q(subtype__in=[subtype.value for subtype in SubtypeKey]), name="relation_subtype_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.giver} -> {self.receiver}"
