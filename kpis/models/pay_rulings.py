"""What was decided about two who carry targets over the same rows: a shared target or a split, from a day."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kpis.credit_choices import CarrierKind, RulingKind
from omnichannel.workspaces.scoping import WorkspaceModel


class TargetRuling(WorkspaceModel):
    """One decision about a pair; never edited. The newest of a pair holds, unless a row that `undoes` it follows.

    `one` and `other` are ids of units or roles in the order of `queries.pay.rivals`; `share` is the percent for `one`.
    """

    kind = models.CharField(max_length=4, choices=CarrierKind.choices)
    kpi = models.CharField(max_length=64)
    other_kpi = models.CharField(max_length=64)
    one = models.CharField(max_length=64)
    other = models.CharField(max_length=64)
    ruling = models.CharField(max_length=6, choices=RulingKind.choices)
    share = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    holds_from = models.DateField()
    note = models.CharField(max_length=400)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=CarrierKind.values), name="target_ruling_kind_known"),
            models.CheckConstraint(condition=Q(ruling__in=RulingKind.values), name="target_ruling_known"),
            models.CheckConstraint(condition=~Q(one=F("other")), name="target_ruling_of_two"),
            models.CheckConstraint(
                condition=Q(ruling=RulingKind.SPLIT, share__gte=0, share__lte=100)
                | Q(ruling=RulingKind.SHARED, share__isnull=True),
                name="target_ruling_share_of_a_split",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one} {self.other} {self.ruling}"

    @property
    def pair(self) -> tuple[str, str, str, str, str]:
        """Return what the decision is about."""
        return self.kind, self.kpi, self.other_kpi, self.one, self.other
