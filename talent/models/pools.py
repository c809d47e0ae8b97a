"""Who stands in which talent pool, for which role and when ready. Leaving a pool keeps the stay."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from omnichannel.workspaces.scoping import WorkspaceModel
from talent.choices import Pool, Readiness


class PoolStay(WorkspaceModel):
    """A person stands in a pool from `since`, a successor for `target_role` where one is named.

    `until` is the first day they are no longer in it, None while they are. Another readiness or role is another stay.
    """

    person_external_id = models.CharField(max_length=64)
    pool = models.CharField(max_length=12, choices=Pool.choices)
    target_role = models.CharField(max_length=40, blank=True)
    readiness = models.CharField(max_length=4, choices=Readiness.choices)
    since = models.DateField()
    reason = models.CharField(max_length=400)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    until = models.DateField(null=True)
    end_reason = models.CharField(max_length=400, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["workspace", "pool", "target_role"], name="pool_by_role"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "person_external_id", "pool", "target_role"],
                condition=Q(until=None),
                name="one_open_stay_in_a_pool",
            ),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="pool_stay_lasts"),
            models.CheckConstraint(condition=Q(pool__in=Pool.values), name="pool_known"),
            models.CheckConstraint(condition=Q(readiness__in=Readiness.values), name="readiness_known"),
            models.CheckConstraint(condition=~Q(person_external_id="") & ~Q(reason=""), name="pool_stay_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.person_external_id} {self.pool}"
