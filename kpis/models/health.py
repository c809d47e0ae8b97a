"""What the last measuring of the loaded data found: facts for pages to read, replaced as a whole per table."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kpis.choices import ShareSubject
from omnichannel.workspaces.scoping import WorkspaceModel


class TableHealth(WorkspaceModel):
    """One table, or the slice of it that came from a system (of a channel); empty means all of them.

    `digest` names the set of uploads measured: another set now means that the row is stale. `rows` are current rows,
    `replaced` those that later uploads superseded. `gaps` lists [first day, last day, days] without rows.
    """

    table_id = models.CharField(max_length=40)
    system = models.CharField(max_length=40, blank=True)
    channel = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64)
    measured_at = models.DateTimeField()
    rows = models.BigIntegerField()
    replaced = models.BigIntegerField(default=0)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    days = models.PositiveIntegerField(default=0)
    missing_days = models.PositiveIntegerField(default=0)
    gaps = models.JSONField(default=list)
    by_month = models.BooleanField(default=False)

    class Meta(WorkspaceModel.Meta):
        ordering = ("table_id", "system", "channel")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "table_id", "system", "channel"], name="table_health_once"),
            models.CheckConstraint(
                condition=Q(first_day=None) | Q(last_day__gte=F("first_day")), name="table_health_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table_id} {self.system} {self.channel}".strip()


class ColumnHealth(WorkspaceModel):
    """One column of a table: how many rows fill it, and how many point to an id that is not there.

    `orphans` is null when the column points nowhere or the table it points to has not been loaded.
    """

    table_id = models.CharField(max_length=40)
    column = models.CharField(max_length=80)
    rows = models.BigIntegerField()
    filled = models.BigIntegerField()
    orphans = models.BigIntegerField(null=True)
    orphan_ids = models.BigIntegerField(null=True)
    examples = models.JSONField(default=list)

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "table_id", "column"], name="column_health_once"),
            models.CheckConstraint(condition=Q(filled__lte=F("rows")), name="column_health_filled_within_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.table_id}.{self.column}"


class DataShare(WorkspaceModel):
    """A part of a whole in a month: orders without a customer of a channel, unified customers, late refunds.

    `month` is `2024-06`, or empty for a split of what stands now; `dimension` the channel or the number of systems.
    """

    table_id = models.CharField(max_length=40)
    subject = models.CharField(max_length=24, choices=ShareSubject.choices)
    month = models.CharField(max_length=7, blank=True)
    dimension = models.CharField(max_length=80, blank=True)
    part = models.DecimalField(max_digits=24, decimal_places=4)
    whole = models.DecimalField(max_digits=24, decimal_places=4)

    class Meta(WorkspaceModel.Meta):
        ordering = ("subject", "month", "dimension")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "subject", "month", "dimension"], name="data_share_once"),
            models.CheckConstraint(condition=Q(subject__in=ShareSubject.values), name="data_share_subject_known"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.month} {self.dimension}".strip()
