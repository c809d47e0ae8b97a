"""Scorecards as they were graded: immutable revisions whose lines carry every number the page shows."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kpis.choices import ScopeKindChoice, ScoreBand, WeightsSource
from kpis.models.card_lines import CardLine, ShareLine
from kpis.models.values import PERIOD_KEY, Computation
from kpis.models.weights import WeightSet
from omnichannel.workspaces.scoping import WorkspaceModel
from roles.catalogue import OWN_ROLE_SHAPE, RoleKey, StageKey, SubtypeKey

CARD_SCOPES = ("company", "unit", "employee")
OWN_WEIGHTS = (WeightsSource.WORKSPACE, WeightsSource.SUBTYPE, WeightsSource.UNIT)
GIVEN_WEIGHTS = (WeightsSource.LIBRARY, WeightsSource.SHARES, WeightsSource.EQUAL)


class Scorecard(WorkspaceModel):
    """One role of the company, a unit or a person in one period; without a role, a person's roles combined by share.

    `lines`: per KPI weight, value, target, attainment, points and where it was measured; decimals as strings.
    `digest` is that of everything shown: an equal card is not stored again. `ended_at`: since when it is no more the
    current one.
    """

    role_key = models.CharField(max_length=40, blank=True)
    period = models.CharField(max_length=8)
    period_start = models.DateField()
    scope_kind = models.CharField(max_length=8, choices=ScopeKindChoice.choices)
    scope_id = models.CharField(max_length=64, blank=True)
    unit_id = models.CharField(max_length=64, blank=True)
    stage = models.CharField(max_length=24, blank=True)
    subtype = models.CharField(max_length=24, blank=True)
    stage_unit = models.CharField(max_length=64, blank=True)
    score = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    coverage = models.DecimalField(max_digits=7, decimal_places=2)
    band = models.CharField(max_length=8, choices=ScoreBand.choices, blank=True)
    lines = models.JSONField()
    weights_source = models.CharField(max_length=10, choices=WeightsSource.choices)
    weight_set = models.ForeignKey(WeightSet, null=True, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True)
    computation = models.ForeignKey(Computation, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "period", "scope_kind", "scope_id"],
                condition=Q(is_current=True),
                name="card_of_scope",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "role_key", "period", "scope_kind", "scope_id"],
                condition=Q(is_current=True),
                name="one_current_card",
            ),
            models.UniqueConstraint(
                fields=["workspace", "role_key", "period", "scope_kind", "scope_id", "revision"],
                name="card_revision_once",
            ),
            models.CheckConstraint(condition=Q(period__regex=PERIOD_KEY), name="card_period_key"),
            models.CheckConstraint(condition=Q(scope_kind__in=CARD_SCOPES), name="card_scope_known"),
            models.CheckConstraint(
                condition=Q(scope_kind="company", scope_id="") | (~Q(scope_kind="company") & ~Q(scope_id="")),
                name="card_only_company_has_no_id",
            ),
            models.CheckConstraint(
                condition=Q(role_key__in=[key.value for key in RoleKey])
                | Q(role_key__regex=f"^{OWN_ROLE_SHAPE}$")
                | Q(role_key="", scope_kind="employee"),
                name="card_role_known",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["", *(key.value for key in StageKey)]), name="card_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(subtype__in=["", *(key.value for key in SubtypeKey)]), name="card_subtype_known"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True, band="") | Q(score__isnull=False, band__in=ScoreBand.values),
                name="card_band_goes_with_score",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=120), name="card_score_range"
            ),
            models.CheckConstraint(condition=Q(coverage__gte=0, coverage__lte=100), name="card_coverage_range"),
            models.CheckConstraint(
                condition=Q(weights_source__in=OWN_WEIGHTS, weight_set__isnull=False)
                | Q(weights_source__in=GIVEN_WEIGHTS, weight_set__isnull=True),
                name="card_weights_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_key} {self.period} {self.scope_kind} {self.scope_id} r{self.revision}"

    @property
    def card_lines(self) -> tuple[CardLine, ...]:
        """The KPI lines; empty for a combined card."""
        return tuple(CardLine.from_json(line) for line in self.lines) if self.role_key else ()

    @property
    def share_lines(self) -> tuple[ShareLine, ...]:
        """The roles of a combined card."""
        return () if self.role_key else tuple(ShareLine.from_json(line) for line in self.lines)
