"""The KPI library as pages list it, and one KPI with its weights and current figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from kpis.engine.explain import definition_hash
from kpis.engine.specs import COMPANY, KpiSpec, Scope, ScopeKind, Value
from kpis.library import library_extras, load_library
from kpis.queries.formulas import MeasureWords, explained, readable
from kpis.queries.targets import targets_of
from kpis.queries.values import computed_at, current_values, months_before, trends
from kpis.queries.weights import weights_on
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, StageKey, load_roles
from roles.choices import StageName
from roles.queries.org_chart import UnitNode, UnitTree, unit_tree

MONTHS = 13
FACETS = ("role", "kind", "layer", "unit", "recovery")


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """What a reader looks for; empty fields do not narrow."""

    q: str = ""
    role: str = ""
    kind: str = ""
    layer: str = ""
    unit: str = ""
    recovery: str = ""


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """One KPI of the list with its figure, where the reader may see one."""

    spec: KpiSpec
    value: Value | None
    trend: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class LibraryList:
    """The KPIs that fit, how many there are in all, and the values each filter offers with their counts."""

    rows: tuple[LibraryRow, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]


def library_list(asked: LibraryFilter, *, period: Period | None, scope: Scope | None) -> LibraryList:
    """List the KPIs that fit; with a period and scope, each with its figure and trend, in two queries."""
    kpis = load_library().kpis.values()
    fit = [kpi for kpi in kpis if _fits(kpi, asked)]
    ids = [kpi.id for kpi in fit]
    values: dict[str, Value] = {}
    lines: Mapping[tuple[str, Scope], Sequence[Decimal | None]] = {}
    if period is not None and scope is not None:
        values = {value.kpi: value for value in current_values(period, scopes=[scope])}
        lines = trends(ids, months_before(period, MONTHS), scopes=[scope])
    rows = tuple(LibraryRow(kpi, values.get(kpi.id), lines.get((kpi.id, scope or COMPANY), ())) for kpi in fit)
    return LibraryList(rows, len(kpis), {facet: _counts(facet) for facet in FACETS})


def _fits(kpi: KpiSpec, asked: LibraryFilter) -> bool:
    needle = asked.q.strip().lower()
    texts = (kpi.id, kpi.names.zh, kpi.names.en, kpi.definition.zh, kpi.definition.en)
    return (
        (not needle or any(needle in text.lower() for text in texts))
        and all(getattr(asked, name) in ("", getattr(kpi, name)) for name in FACETS if name != "role")
        and (not asked.role or asked.role in facet_values(kpi, "role"))
    )


def facet_values(kpi: KpiSpec, facet: str) -> tuple[str, ...]:
    """Return the values a KPI has in a facet; one without a role belongs to the company or to any role."""
    if facet != "role":
        return (str(getattr(kpi, facet)),)
    return (*kpi.roles, *(["company"] if kpi.company else []), *(["any"] if kpi.any_role else []))


def _counts(facet: str) -> dict[str, int]:
    return dict(Counter(value for kpi in load_library().kpis.values() for value in facet_values(kpi, facet)))


@dataclass(frozen=True, slots=True)
class KpiRole:
    """A role that carries the KPI and its weight in each stage; None where the stage does not weigh it."""

    role: RoleKey
    names: Bilingual
    weights: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """The KPI at one unit."""

    node: UnitNode
    value: Value
    target: Decimal | None


@dataclass(frozen=True, slots=True)
class KpiPage:
    """Everything the page of one KPI shows. `value` is that of the asked scope; None where nothing is computed."""

    spec: KpiSpec
    readable: Bilingual
    note: Bilingual | None
    measures: tuple[MeasureWords, ...]
    roles: tuple[KpiRole, ...]
    shared_group: object | None
    months: tuple[Period, ...]
    trend: Sequence[Decimal | None]
    value: Value | None
    target: Decimal | None
    units: tuple[UnitFigure, ...]
    units_reason: str
    definition_hash: str
    version: str
    computed_at: datetime | None


def kpi_page(kpi: str, *, period: Period | None, scope: Scope | None, within: str | None = None) -> KpiPage:
    """Gather one KPI. `scope`: whose figure is shown, None for none; `within` bounds the units that are listed."""
    library, extras = load_library(), library_extras()
    spec = library.kpis[kpi]
    months = tuple(months_before(period, MONTHS)) if period else ()
    value = line = target = None
    units: tuple[UnitFigure, ...] = ()
    if period is not None and scope is not None:
        value = next(current_values(period, kpis=[kpi], scopes=[scope]), None)
        line = trends([kpi], months, scopes=[scope])[kpi, scope]
        targets = targets_of(period, kpis=[kpi])
        target = targets.get((kpi, scope))
        if scope.kind is not ScopeKind.EMPLOYEE:
            units = _unit_figures(kpi, period, targets, tree=unit_tree(as_of=period.last_day, within=within))
    return KpiPage(
        spec=spec,
        readable=readable(kpi),
        note=extras.kpi_notes.get(kpi),
        measures=explained(kpi),
        roles=_kpi_roles(spec, period),
        shared_group=extras.shared_groups.get(spec.shared_group),
        months=months,
        trend=line or (),
        value=value,
        target=target,
        units=units,
        units_reason="" if units else "not_at_scope",
        definition_hash=definition_hash(library, kpi),
        version=library.version,
        computed_at=computed_at(period) if period else None,
    )


def _unit_figures(
    kpi: str, period: Period, targets: Mapping[tuple[str, Scope], Decimal], *, tree: UnitTree
) -> tuple[UnitFigure, ...]:
    found = {value.scope.id: value for value in current_values(period, kpis=[kpi], kinds=[ScopeKind.UNIT])}
    return tuple(
        UnitFigure(node, found[node.external_id], targets.get((kpi, found[node.external_id].scope)))
        for node in tree
        if node.external_id in found
    )


def _kpi_roles(spec: KpiSpec, period: Period | None) -> tuple[KpiRole, ...]:
    table = weights_on(period.last_day if period else date.max)
    roles = load_roles().roles
    rows = []
    for key, role in roles.items():
        weights = tuple(table[key.value, stage.value].weights.get(spec.id) for stage in StageKey)
        if key.value in spec.roles or any(weights):
            rows.append(KpiRole(key, role.names, weights))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class RoleWeight:
    """A KPI of a role with what counts in each stage, and whether the workspace has set that itself."""

    spec: KpiSpec
    weights: tuple[Decimal | None, ...]

    @property
    def by_stage(self) -> tuple[tuple[str, Decimal | None], ...]:
        """Return the weights with the names of their stages."""
        names = [str(StageName(stage.value).label) for stage in StageKey]
        return tuple(zip(names, self.weights, strict=True))


def role_weights(role: RoleKey, *, on: date | None = None) -> tuple[RoleWeight, ...]:
    """Return the role's KPIs, and any other that is weighed for it, with the weights of every stage on a day."""
    kpis = load_library().kpis
    table = weights_on(on or timezone.localdate(), role=role.value)
    sets = [table[role.value, stage.value].weights for stage in StageKey]
    own = [kpi.id for kpi in kpis.values() if role.value in kpi.roles]
    ids = dict.fromkeys([*own, *(kpi for weights in sets for kpi in weights)])
    return tuple(RoleWeight(kpis[kpi], tuple(weights.get(kpi) for weights in sets)) for kpi in ids if kpi in kpis)
