"""What the last run of an analysis found for a month and a scope: a document for pages to read, replaced as a whole."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kpis.analysis_choices import LISTED, STORED
from kpis.models.values import PERIOD_KEY
from omnichannel.workspaces.scoping import WorkspaceModel


class AnalysisResult(WorkspaceModel):
    """One analysis of the company or a unit.

    `document` is that of `kpis.engine.analyses` (decimals as text). `digest` names the data it rests on and `params`
    the parameters: others now mean that it is stale. `definitions` is the library's version. `list_path` is the Parquet
    file of its customers, of all scopes of one run, below DATA_ROOT.
    """

    period = models.CharField(max_length=8)
    period_start = models.DateField()
    scope_kind = models.CharField(max_length=8)
    scope_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=12)
    document = models.JSONField()
    params = models.JSONField(default=dict)
    definitions = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    data_until = models.DateField(null=True)
    list_path = models.CharField(max_length=200, blank=True)
    computed_at = models.DateTimeField()
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(WorkspaceModel.Meta):
        ordering = ("-period_start", "scope_kind", "scope_id", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "period", "scope_kind", "scope_id", "name"], name="analysis_once"
            ),
            models.CheckConstraint(condition=Q(period__regex=PERIOD_KEY), name="analysis_period_key"),
            models.CheckConstraint(condition=Q(name__in=[name.value for name in STORED]), name="analysis_name_known"),
            models.CheckConstraint(
                condition=Q(scope_kind="company", scope_id="") | (Q(scope_kind="unit") & ~Q(scope_id="")),
                name="analysis_of_company_or_unit",
            ),
            models.CheckConstraint(
                condition=Q(list_path="") | Q(name__in=[name.value for name in LISTED]), name="analysis_list_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.period} {self.scope_kind} {self.scope_id}".strip()
