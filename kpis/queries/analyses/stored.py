"""Stored results of analyses: which months and units there are, one document, and whether it is stale."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from kpis.analysis_choices import AnalysisName
from kpis.engine.specs import Params, Scope, ScopeKind
from kpis.models import AnalysisResult, Part, Upload
from kpis.queries.definitions import library_at
from kpis.queries.health import data_digests
from kpis.queries.uploads import visible
from omnichannel.core.periods import Period
from omnichannel.jobs.choices import ACTIVE, JobKind
from omnichannel.jobs.models import Job

# What each analysis reads: a load of another table does not make it stale.
TABLES: Mapping[AnalysisName, tuple[str, ...]] = {
    AnalysisName.RFM: ("orders",),
    AnalysisName.AIPL: ("orders", "interactions", "contacts"),
    AnalysisName.CHURN: ("orders",),
    AnalysisName.COHORTS: ("orders",),
    AnalysisName.MEMBERS: ("orders", "customers", "interactions", "order_lines", "products"),
    AnalysisName.LADDER: ("ad_spend", "campaigns", "contacts"),
    AnalysisName.CONTENT: ("content_stats",),
    AnalysisName.MERCHANDISE: ("orders", "order_lines", "products", "inventory"),
    AnalysisName.LIFETIME: ("orders", "customers", "costs"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """When a result was computed, of which data and with which parameters. `stale`: others count by now."""

    computed_at: datetime
    data_until: date | None
    params: Mapping[str, str]
    stale: bool


def data_digest(name: AnalysisName, digests: Mapping[str, str] | None = None) -> str:
    """Return what names the data an analysis would read now."""
    found = data_digests() if digests is None else digests
    text = "|".join(f"{table}={found.get(table, '')}" for table in TABLES[name])
    return hashlib.sha256(text.encode()).hexdigest()


def data_until(name: AnalysisName, period: Period) -> date | None:
    """Return the last day of the month, or before it, with rows in the tables an analysis reads."""
    parts = Part.objects.filter(upload__in=Upload.objects.filter(visible()), table_id__in=TABLES[name])
    last: date | None = parts.filter(first_day__lt=period.end).aggregate(last=Max("last_day"))["last"]
    return min(last, period.last_day) if last else None


def units_analysed(period: Period) -> list[str]:
    """Return the units that have results for the month."""
    rows = AnalysisResult.objects.filter(period=str(period), scope_kind=ScopeKind.UNIT.value)
    return list(rows.order_by("scope_id").values_list("scope_id", flat=True).distinct())


def results_of(period: Period, scope: Scope) -> dict[AnalysisName, AnalysisResult]:
    """Return all results of a scope, in one query."""
    rows = AnalysisResult.objects.filter(period=str(period), scope_kind=scope.kind.value, scope_id=scope.id)
    return {AnalysisName(row.name): row for row in rows}


def standing_of(row: AnalysisResult, period: Period, *, digests: Mapping[str, str]) -> Standing:
    """Return what a result rests on."""
    now = data_digest(AnalysisName(row.name), digests)
    stale = row.digest != now or row.params != params_in_force(library_at(period.last_day).params)
    return Standing(row.computed_at, row.data_until, row.params, stale)


def params_in_force(params: Params) -> dict[str, str]:
    """Return the parameters as a result keeps them."""
    return {field: str(getattr(params, field)) for field in params.__slots__}


def analysing_job(period: Period) -> Job | None:
    """Return the run that waits or works on the month, if there is one."""
    jobs = Job.objects.filter(kind=JobKind.ANALYSE, state__in=ACTIVE, params__periods__contains=[str(period)])
    return jobs.select_related("workspace").first()
