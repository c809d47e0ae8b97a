"""Shared groups: what is counted once for the company, who sees which part of it, and what adding up would count twice.

The sources are counted from the rows and add up to the total; a view is a KPI of the group at the same scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import ibis

from kpis.engine.plan import plan_kpi
from kpis.engine.relations import Relations
from kpis.engine.sources import condition, within
from kpis.engine.specs import COMPANY, Aggregation, ColumnType, Library, Scope, ScopeKind, SimpleMeasure
from kpis.engine.windows import Span
from kpis.library import library_extras
from kpis.library.extras import SharedGroup
from kpis.models import Target
from kpis.queries.definitions import library_at
from kpis.queries.figure_places import Place, query_of
from kpis.queries.pay.credit_ask import kept, role_name
from kpis.queries.pay.rivals import countings
from kpis.queries.values import Book, as_book, current_values
from kpis.queries.warehouse import open_relations
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from roles.queries.org_chart import UnitTree, unit_tree

ZERO = Decimal(0)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class View:
    """A KPI of a group. `sources` it counts in (empty: in all of them); `second` is the view it repeats, if it does.

    `share` is percent of the total. `reason` says why there is no value.
    """

    kpi: str
    names: Bilingual
    roles: tuple[Bilingual, ...]
    value: Decimal | None
    reason: str
    share: Decimal | None
    target: Decimal | None
    sources: tuple[str, ...]
    second: str
    explain: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A part of the total: counted once. `views` are the KPIs that see it."""

    source: str
    names: Bilingual
    value: Decimal
    share: Decimal | None
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedTotal:
    """A group at a scope in a month. `total` is the KPI's figure; `counted` the same from the rows just now.

    `added` is all views added up, `covered` what of the total they see, `twice` what adding up counts more than once.
    """

    id: str
    names: Bilingual
    rule: Bilingual
    unit: str
    kpi: str
    kpi_names: Bilingual
    total: Decimal | None
    reason: str
    target: Decimal | None
    explain: str
    column: str
    sources: tuple[SourceLine, ...]
    counted: Decimal | None
    views: tuple[View, ...]
    added: Decimal
    covered: Decimal

    @property
    def twice(self) -> Decimal:
        """What the views count more than once."""
        return self.added - self.covered

    @property
    def unseen(self) -> Decimal:
        """What of the total no view sees."""
        return (self.counted or ZERO) - self.covered

    @property
    def fits(self) -> bool:
        """Tell whether the rows give the stored figure; else the data changed since it was computed."""
        return self.total is None or self.counted is None or self.total == self.counted


def shared_totals(period: Period, unit: str = "") -> tuple[SharedTotal, ...]:
    """Return every shared group at a unit (the company where none is named) in a month."""
    return kept("shared-totals", (period, unit), lambda: _totals(period, unit))


def _totals(period: Period, unit: str) -> tuple[SharedTotal, ...]:
    library, tree = library_at(period.last_day), unit_tree(as_of=period.last_day)
    is_root = unit in tree.root_ids and len(tree.root_ids) == 1
    scope = Scope(ScopeKind.UNIT, unit) if unit and not is_root else COMPANY
    groups = library_extras().shared_groups.values()
    members = {group.id: _members(group, library) for group in groups}
    wanted = {kpi for kpis in members.values() for kpi in kpis}
    book = as_book(current_values(period, kpis=wanted, scopes=[scope]))
    targets = _targets(period, wanted, scope, unit)
    relations = open_relations(as_of=period.last_day, only=("orders", "contacts"))
    try:
        return tuple(
            _Group(group, members[group.id], library, period, scope, tree, book, targets).told(relations)
            for group in groups
        )
    finally:
        relations.close()


def _members(group: SharedGroup, library: Library) -> tuple[str, ...]:
    """Return the KPIs of a group: the catalogue's, and those that the workspace has put into it."""
    own = [kpi for kpi, spec in library.kpis.items() if spec.shared_group == group.id and kpi not in group.members]
    return tuple(kpi for kpi in (*group.members, *own) if kpi in library.kpis)


def _targets(period: Period, kpis: set[str], scope: Scope, unit: str) -> dict[str, Decimal]:
    rows = Target.objects.filter(period=str(period), kpi__in=kpis)
    if scope == COMPANY:
        rows = rows.filter(scope_kind=ScopeKind.COMPANY.value)
    else:
        rows = rows.filter(scope_kind=ScopeKind.UNIT.value, scope_id=unit)
    return dict(rows.values_list("kpi", "value"))


@dataclass(frozen=True, slots=True)
class _Group:
    group: SharedGroup
    members: tuple[str, ...]
    library: Library
    period: Period
    scope: Scope
    tree: UnitTree
    book: Book
    targets: Mapping[str, Decimal]

    def told(self, relations: Relations) -> SharedTotal:
        group, library = self.group, self.library
        column = self._column()
        filters = {kpi: self._values(kpi, column) for kpi in self.members if kpi != group.total}
        seen = {kpi: values for kpi, values in filters.items() if values}
        counted = self._sources(relations, column)
        total = sum(counted.values(), ZERO) if counted is not None else None
        views = tuple(self._view(kpi, filters[kpi], total, seen) for kpi in filters)
        value, reason = self._figure(group.total)
        return SharedTotal(
            id=group.id,
            names=group.names,
            rule=group.rule,
            unit=library.kpis[group.total].unit,
            kpi=group.total,
            kpi_names=library.kpis[group.total].names,
            total=value,
            reason=reason,
            target=self.targets.get(group.total),
            explain=self._explain(group.total),
            column=column,
            sources=self._lines(column, counted or {}, total, seen),
            counted=total,
            views=views,
            added=sum((view.value or ZERO for view in views), ZERO),
            covered=_covered(views, counted or {}),
        )

    def _column(self) -> str:
        """Return the column by which the members tell their part of the total."""
        own = dict(countings(self.library)[self.group.total].asked)
        for kpi in self.members:
            for column, _values in _asked(self.library, kpi):
                if column not in own:
                    return column
        return ""

    def _values(self, kpi: str, column: str) -> tuple[str, ...]:
        return dict(_asked(self.library, kpi)).get(column, ())

    def _sources(self, relations: Relations, column: str) -> dict[str, Decimal] | None:
        """Count the total by source, from the rows of the month at the scope; None without the table."""
        counting = countings(self.library)[self.group.total]
        measure = counting.measure
        rows = relations.table(measure.table)
        if rows is None or not column:
            return None
        span = Span(self.period.start, self.period.end, self.period.start)
        rows = rows.filter(
            condition(self.library, measure, rows, counting.asked),
            within(rows[measure.time], ColumnType.DATETIME, span),
        )
        if self.scope != COMPANY:
            rows = rows.filter(rows["unit_id"].isin(sorted(self.tree.subtree(self.scope.id))))
        amount = _amount(measure, rows)
        found = relations.rows(rows.group_by(source=rows[column]).aggregate(amount=amount))
        return {str(row["source"] or ""): Decimal(str(row["amount"] or 0)) for row in found}

    def _lines(
        self, column: str, counted: Mapping[str, Decimal], total: Decimal | None, seen: Mapping[str, Sequence[str]]
    ) -> tuple[SourceLine, ...]:
        labels = library_extras().enum_labels
        return tuple(
            SourceLine(
                source=source,
                names=labels.get(source, Bilingual(source, source)),
                value=amount,
                share=_share(amount, total),
                views=tuple(kpi for kpi, values in seen.items() if source in values),
            )
            for source, amount in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
        )

    def _view(
        self, kpi: str, sources: tuple[str, ...], total: Decimal | None, seen: Mapping[str, Sequence[str]]
    ) -> View:
        spec = self.library.kpis[kpi]
        value, reason = self._figure(kpi)
        repeats = self.group.second_views.get(kpi, "")
        if not repeats and sources:
            earlier = list(seen)[: list(seen).index(kpi)]
            repeats = next((each for each in earlier if set(seen[each]) & set(sources)), "")
        return View(
            kpi=kpi,
            names=spec.names,
            roles=tuple(role_name(role) for role in spec.roles),
            value=value,
            reason=reason,
            share=_share(value, total),
            target=self.targets.get(kpi),
            sources=sources,
            second=repeats,
            explain=self._explain(kpi),
        )

    def _figure(self, kpi: str) -> tuple[Decimal | None, str]:
        found = self.book.get((kpi, self.scope))
        if found is None:
            return None, "not_computed"
        return found.value, found.reason.value if found.reason else ""

    def _explain(self, kpi: str) -> str:
        return query_of(Place(kpi, self.period, self.scope))


def _asked(library: Library, kpi: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    refs = plan_kpi(library, kpi).refs
    return refs[0].filters if len(refs) == 1 else ()


def _amount(measure: SimpleMeasure, rows: ibis.expr.types.Table) -> ibis.expr.types.Value:
    if measure.agg is Aggregation.SUM:
        return rows[measure.column].sum()
    return rows[measure.column].nunique() if measure.agg is Aggregation.COUNT_DISTINCT else rows.count()


def _share(value: Decimal | None, total: Decimal | None) -> Decimal | None:
    return value / total * HUNDRED if value is not None and total else None


def _covered(views: Sequence[View], counted: Mapping[str, Decimal]) -> Decimal:
    """Return what of the total some view sees: a source as far as its largest view; all for a view of all sources."""
    total = sum(counted.values(), ZERO)
    by_source = ZERO
    for source, amount in counted.items():
        seen = [view.value for view in views if source in view.sources and view.value is not None]
        by_source += min(amount, max(seen)) if seen else ZERO
    across = [view.value for view in views if not view.sources and view.value is not None]
    return min(total, max([by_source, *across]))
