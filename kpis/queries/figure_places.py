"""Where a figure stands: the KPI, period and scope asked for, what narrows it, and how it was known at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from kpis.engine.narrowing import Members, narrowed
from kpis.engine.specs import Library, Scope, ScopeKind
from kpis.models import KpiValue
from kpis.queries.definitions import library_for
from kpis.queries.scope_words import parse_scope, scope_text
from kpis.queries.values import figures_known
from omnichannel.core.moments import parse_moment
from omnichannel.core.periods import Period
from roles.queries.frames import employees_rows
from roles.queries.org_chart import UnitTree

MOST_FILTERS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """One figure of one KPI. `where`: only rows of all these scopes as well; then it is counted anew, never stored."""

    kpi: str
    period: Period
    scope: Scope
    where: tuple[Scope, ...] = ()
    known_at: datetime | None = None

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Return the scope and what narrows it."""
        return (self.scope, *self.where)

    def at(self, period: Period) -> Place:
        """Return the same figure of another period."""
        return replace(self, period=period)


def scopes_asked(scope: str, where: Sequence[str], *, default: Scope) -> tuple[Scope, tuple[Scope, ...]]:
    """Read a scope and what narrows it. ValueError for what is no scope, or several filters of one kind."""
    filters = tuple(parse_scope(each) for each in where)
    if len(filters) > MOST_FILTERS or len({each.kind for each in filters}) < len(filters):
        raise ValueError(", ".join(where))
    if any(not each.id for each in filters):
        raise ValueError(", ".join(where))
    return (parse_scope(scope) if scope else default), filters


def moment_asked(text: str, *, zone: str) -> datetime | None:
    """Read a moment, or a day as its end; nothing is now. ValueError for what is neither."""
    return parse_moment(text, zone=zone) if text.strip() else None


def query_of(place: Place) -> str:
    """Return the query that asks for a figure."""
    pairs = [("period", str(place.period)), ("scope", scope_text(place.scope))]
    pairs += [("where", scope_text(each)) for each in place.where]
    if place.known_at is not None:
        pairs.append(("known_at", place.known_at.isoformat()))
    return urlencode(pairs)


def stored_row(place: Place) -> KpiValue | None:
    """Return the figure as it is stored now, or was at the moment asked for; None for one that is counted anew."""
    if place.where:
        return None
    rows = KpiValue.objects.filter(
        figures_known(place.known_at),
        kpi=place.kpi,
        period=str(place.period),
        scope_kind=place.scope.kind.value,
        scope_id=place.scope.id,
    )
    return rows.select_related("computation").order_by("-computation_id").first()


def definitions_of(place: Place, row: KpiValue | None) -> Library | None:
    """Return the definitions by which the figure was computed, or is now; None for a KPI that never was."""
    known_at = row.computation.started_at if row is not None else place.known_at
    return library_for(place.kpi, day=place.period.last_day, known_at=known_at)


def narrowed_to(library: Library, kpi: str, where: tuple[Scope, ...], *, tree: UnitTree) -> Library:
    """Return the library that counts only rows of the scopes given; NotNarrowable when the KPI cannot."""
    return narrowed(library, kpi, where, members=_members(where, tree)) if where else library


def _members(where: tuple[Scope, ...], tree: UnitTree) -> Members:
    units = [scope for scope in where if scope.kind is ScopeKind.UNIT]
    if not units:
        return {}
    home = {str(row["employee_id"]): str(row["unit_id"]) for row in employees_rows(tree.as_of)}
    found = {}
    for scope in units:
        inside = tree.subtree(scope.id)
        found[scope] = inside, frozenset(person for person, unit in home.items() if unit in inside)
    return found
