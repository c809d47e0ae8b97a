"""Pay bands of the workspace: by role, level and city from a day on. A newer row counts, none is edited."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from omnichannel.workspaces.scoping import WorkspaceModel
from talent.people.pay import Level


class PayBandEntry(WorkspaceModel):
    """From `since` on the role is paid so on the level in the city (empty: everywhere), CNY a month for full time.

    Without a low, middle and high the band ends on that day. Of two rows of one day the later written counts.
    Rows of one `batch` were written together and are taken back together.
    """

    role_key = models.CharField(max_length=40)
    level = models.CharField(max_length=12)
    city = models.CharField(max_length=60, blank=True)
    since = models.DateField()
    low = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    middle = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    high = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    source = models.CharField(max_length=200, blank=True)
    batch = models.UUIDField()
    note = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["workspace", "role_key", "level", "city", "-since", "-id"], name="pay_band_newest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(level__in=[each.value for each in Level]), name="pay_band_level_known"),
            models.CheckConstraint(condition=~Q(role_key=""), name="pay_band_has_a_role"),
            models.CheckConstraint(
                condition=Q(low=None, middle=None, high=None)
                | Q(low__gte=0, middle__gte=F("low"), high__gte=F("middle")),
                name="pay_band_rises",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_key} {self.level} {self.city} {self.since}"
