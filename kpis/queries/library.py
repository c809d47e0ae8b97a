"""The KPI library as pages list it, and one KPI with its weights and current figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kpis.choices import DefinitionSubject
from kpis.engine.explain import definition_hash
from kpis.engine.specs import COMPANY, KpiSpec, Library, Scope, ScopeKind, Value
from kpis.library import library_extras, load_library
from kpis.models import KpiValue
from kpis.queries.definition_origin import Origin, origin_of
from kpis.queries.definitions import applied, library_at, library_for
from kpis.queries.entry_words import diff_of
from kpis.queries.formulas import MeasureWords, explained, readable
from kpis.queries.targets import targets_of
from kpis.queries.values import computed_at, current_values, missing_reason, months_before, trends
from kpis.queries.weights import weights_on
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import RoleKey, StageKey, load_roles, roles_here
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
    """The KPIs that fit, how many there are in all, and the values each filter offers with their counts.

    `own` are those that the workspace defines itself.
    """

    rows: tuple[LibraryRow, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]
    own: frozenset[str]


def library_list(asked: LibraryFilter, *, period: Period | None, scope: Scope | None) -> LibraryList:
    """List the KPIs that fit; with a period and scope, each with its figure and trend, in two queries."""
    day = period.last_day if period else None
    # what counts from a later month on stands in the list as well, without a figure so far
    kpis = {**library_at().kpis, **library_at(day).kpis}.values()
    fit = [kpi for kpi in kpis if _fits(kpi, asked)]
    ids = [kpi.id for kpi in fit]
    values: dict[str, Value] = {}
    lines: Mapping[tuple[str, Scope], Sequence[Decimal | None]] = {}
    if period is not None and scope is not None:
        values = {value.kpi: value for value in current_values(period, scopes=[scope])}
        lines = trends(ids, months_before(period, MONTHS), scopes=[scope])
    rows = tuple(LibraryRow(kpi, values.get(kpi.id), lines.get((kpi.id, scope or COMPANY), ())) for kpi in fit)
    own = frozenset([*applied(DefinitionSubject.KPI, day), *applied(DefinitionSubject.KPI)])
    return LibraryList(rows, len(kpis), {facet: _counts(kpis, facet) for facet in FACETS}, own)


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


def _counts(kpis: Iterable[KpiSpec], facet: str) -> dict[str, int]:
    return dict(Counter(value for kpi in kpis for value in facet_values(kpi, facet)))


@dataclass(frozen=True, slots=True)
class KpiRole:
    """A role that carries the KPI and its weight in each stage; None where the stage does not weigh it."""

    role: RoleKey
    names: Bilingual
    weights: tuple[Decimal | None, ...]

    @property
    def by_stage(self) -> tuple[tuple[str, Decimal | None], ...]:
        """Return the weights with the names of their stages."""
        return _by_stage(self.weights)


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """The KPI at one unit."""

    node: UnitNode
    value: Value
    target: Decimal | None


@dataclass(frozen=True, slots=True)
class KpiPage:
    """Everything the page of one KPI shows. `value` is that of the asked scope; None where nothing is computed.

    `missing`: why there is no number, as the figures' words of `templatetags.numbers` name it.
    """

    spec: KpiSpec
    readable: Bilingual
    note: Bilingual | None
    measures: tuple[MeasureWords, ...]
    roles: tuple[KpiRole, ...]
    shared_group: object | None
    months: tuple[Period, ...]
    trend: Sequence[Decimal | None]
    value: Value | None
    missing: str
    target: Decimal | None
    units: tuple[UnitFigure, ...]
    definition_hash: str
    version: str
    computed_at: datetime | None
    origin: Origin
    is_behind: bool

    @property
    def origin_diff(self) -> list[dict[str, object]]:
        """What the workspace words otherwise than the library, as the component `diff` shows it."""
        return diff_of(self.origin.changes)


def kpi_page(kpi: str, *, period: Period | None, scope: Scope | None, within: str | None = None) -> KpiPage:
    """Gather one KPI. `scope`: whose figure is shown, None for none; `within` bounds the units that are listed."""
    library, extras = _library_of(kpi, period), library_extras()
    spec, origin = library.kpis[kpi], origin_of(kpi, period.last_day if period else None)
    months = tuple(months_before(period, MONTHS)) if period else ()
    value = line = target = None
    units: tuple[UnitFigure, ...] = ()
    if period is not None and scope is not None:
        value = next(current_values(period, kpis=[kpi], scopes=[scope]), None)
        line = trends([kpi], months, scopes=[scope])[kpi, scope]
        is_shared = scope.kind is not ScopeKind.EMPLOYEE
        tree = unit_tree(as_of=period.last_day, within=within) if is_shared else None
        listed = [Scope(ScopeKind.UNIT, unit) for unit in tree.nodes] if tree is not None else []
        targets = targets_of(period, kpis=[kpi], scopes=[scope, *listed])
        target = targets.get((kpi, scope))
        if tree is not None:
            units = _unit_figures(kpi, period, targets, tree=tree)
    return KpiPage(
        spec=spec,
        readable=readable(kpi, library=library),
        note=extras.kpi_notes.get(kpi) if origin.revision is None else None,
        measures=explained(kpi, library=library),
        roles=_kpi_roles(spec, period),
        shared_group=extras.shared_groups.get(spec.shared_group),
        months=months,
        trend=line or (),
        value=value,
        missing=missing_reason(library, kpi, value, scope.kind) if scope else "not_computed",
        target=target,
        units=units,
        definition_hash=definition_hash(library, kpi),
        version=library.version,
        computed_at=computed_at(period) if period else None,
        origin=origin,
        is_behind=period is not None and not origin.is_library and _is_behind(kpi, period, library),
    )


def _is_behind(kpi: str, period: Period, library: Library) -> bool:
    """Tell whether the stored figures follow another definition than the one that counts: they are being computed."""
    stored = KpiValue.objects.filter(kpi=kpi, period=str(period), scope_kind=ScopeKind.COMPANY, is_current=True)
    return stored.exclude(definition_hash=definition_hash(library, kpi)).exists()


def _library_of(kpi: str, period: Period | None) -> Library:
    """Return the library of a period, in which the KPI can be looked up also when it did not count then."""
    return library_for(kpi, day=period.last_day if period else None) or load_library()


def _unit_figures(
    kpi: str, period: Period, targets: Mapping[tuple[str, Scope], Decimal], *, tree: UnitTree
) -> tuple[UnitFigure, ...]:
    found = {value.scope.id: value for value in current_values(period, kpis=[kpi], kinds=[ScopeKind.UNIT])}
    return tuple(
        UnitFigure(node, found[node.external_id], targets.get((kpi, found[node.external_id].scope)))
        for node in tree
        if node.external_id in found
    )


def units_sought(units: Sequence[UnitFigure], *, words: str = "", sort: str = "") -> list[UnitFigure]:
    """Return the figures of the units whose name or id holds the words, in the order of the tree or as `sort` asks.

    `sort`: name, value, target or rows (`-` first: descending); missing numbers come last either way.
    """
    sought = words.strip().casefold()
    found = [one for one in units if sought in one.node.name.casefold() or sought in one.node.external_id.casefold()]
    key, down = sort.removeprefix("-"), sort.startswith("-")
    if key == "name":
        return sorted(found, key=lambda one: one.node.name, reverse=down)
    number = _NUMBERS.get(key)
    if number is None:
        return found
    missing = [one for one in found if number(one) is None]
    return sorted((one for one in found if number(one) is not None), key=number, reverse=down) + missing


_NUMBERS: dict[str, Callable[[UnitFigure], Any]] = {
    "value": lambda one: one.value.value,
    "target": lambda one: one.target,
    "rows": lambda one: one.value.rows,
}


def _kpi_roles(spec: KpiSpec, period: Period | None) -> tuple[KpiRole, ...]:
    table = weights_on(period.last_day if period else date.max)
    roles = roles_here().roles
    rows = []
    for key, role in roles.items():
        sets = [table[at].weights if (at := (key.value, stage.value)) in table else {} for stage in StageKey]
        weights = tuple(each.get(spec.id) for each in sets)
        if key.value in spec.roles or spec.id in role.kpis or any(weights):
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
        return _by_stage(self.weights)


def _by_stage(weights: Sequence[Decimal | None]) -> tuple[tuple[str, Decimal | None], ...]:
    return tuple((str(StageName(stage.value).label), weight) for stage, weight in zip(StageKey, weights, strict=True))


def role_weights(role: RoleKey, *, on: date | None = None) -> tuple[RoleWeight, ...]:
    """Return the role's KPIs, and any other that is weighed for it, with the weights of every stage on a day."""
    kpis = library_at(on).kpis
    table = weights_on(on or current_day(), role=role.value)
    sets = [table[at].weights if (at := (role.value, stage.value)) in table else {} for stage in StageKey]
    ids = dict.fromkeys([*_carried(role, kpis), *(kpi for weights in sets for kpi in weights)])
    return tuple(RoleWeight(kpis[kpi], tuple(weights.get(kpi) for weights in sets)) for kpi in ids if kpi in kpis)


def _carried(role: RoleKey, kpis: Mapping[str, KpiSpec]) -> list[str]:
    """Return the KPIs that a role carries: those of the library and of own definitions, as the workspace has it."""
    carried, library = set(roles_here().roles[role].kpis), load_roles().roles.get(role)
    taken_out = set(library.kpis) - carried if library is not None else set()
    return [
        kpi.id for kpi in kpis.values() if kpi.id in carried or (role.value in kpi.roles and kpi.id not in taken_out)
    ]
