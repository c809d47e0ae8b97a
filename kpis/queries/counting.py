"""Figures that nobody stores, counted from the rows just now: operands, crossings of two scopes, and their parts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction

from django.core.cache import cache

from kpis.engine.compute import compute_values
from kpis.engine.grammar import MeasureRef
from kpis.engine.narrowing import scope_tables
from kpis.engine.plan import measure_tables, plan_kpi
from kpis.engine.scoping import ScopeRequest
from kpis.engine.specs import COMPANY, Library, Scope, ScopeKind, SimpleMeasure, Value
from kpis.engine.tracing import TraceWorld
from kpis.models import KpiValue
from kpis.queries.figure_places import Place, narrowed_to
from kpis.queries.tracing import trace_value
from kpis.queries.uploads import last_change
from kpis.queries.warehouse import open_relations, unit_tree_for_engine
from omnichannel.workspaces.scoping import current_workspace_id
from roles.queries.org_chart import UnitTree, organisation_changed_at

Counted = Mapping[MeasureRef, tuple[Fraction | None, str]]
# frames of the organisation that any figure may need: whose a person's rows are, and who there is to report on
ORGANISATION = ("employees", "org_units")
LISTED_AT = {ScopeKind.CAMPAIGN: "campaigns"}
KEPT_SECONDS = 24 * 3600
COUNTED_SECONDS = 600


def tables_read(library: Library, kpi: str, kind: ScopeKind) -> frozenset[str]:
    """Return the tables that a KPI's figures at scopes of a kind are read from."""
    measures = [library.measures[ref.measure] for ref in plan_kpi(library, kpi).refs]
    found = {table for measure in measures for table in measure_tables(measure)}
    found |= {table.id for measure in measures for table in scope_tables(library, measure)}
    # a table's days are told by all its measures, some of which read their time from another table
    for each in library.measures.values():
        if isinstance(each, SimpleMeasure) and each.table in found and "." in each.time:
            found.add(each.time.split(".")[0])
    return frozenset(found | {*ORGANISATION} | ({LISTED_AT[kind]} if kind in LISTED_AT else set()))


@contextmanager
def opened(place: Place, *, library: Library, kind: ScopeKind) -> Iterator[TraceWorld]:
    """Open only the tables that the figure reads at scopes of a kind, as they are or were known."""
    day, only = place.period.last_day, tables_read(library, place.kpi, kind)
    relations = open_relations(as_of=day, known_at=place.known_at, only=only)
    try:
        yield TraceWorld(library, relations, unit_tree_for_engine(day))
    finally:
        relations.close()


def counted_value(place: Place, *, library: Library, tree: UnitTree) -> Value:
    """Count a figure from the rows."""
    request = ScopeRequest(frozenset({place.scope.kind}), {place.scope.kind: frozenset({place.scope.id})})
    return _counted(
        place, place.scope.kind, request, library=library, where=place.where, tree=tree, always=place.scope
    )[place.scope]


def counted_parts(
    place: Place, kind: ScopeKind, *, library: Library, tree: UnitTree, ids: Collection[str] | None
) -> tuple[dict[Scope, Value], Value]:
    """Count a figure at all scopes of a kind that say something, within its own scope and filters; and the whole."""
    fixed = tuple(scope for scope in place.scopes if scope != COMPANY)
    wanted = None if ids is None else {kind: frozenset(ids)}
    request = ScopeRequest(frozenset({ScopeKind.COMPANY, kind}), wanted)
    found = dict(_counted(place, kind, request, library=library, where=fixed, tree=tree, always=COMPANY))
    whole = found.pop(COMPANY)
    return found, whole


def _counted(
    place: Place,
    kind: ScopeKind,
    request: ScopeRequest,
    *,
    library: Library,
    where: tuple[Scope, ...],
    tree: UnitTree,
    always: Scope,
) -> Mapping[Scope, Value]:
    """Count at `always` and where the figure says something; kept for a while, so that paging does not count again."""
    ids = sorted((each.value, sorted(of)) for each, of in (request.ids or {}).items())
    key = _key("counted-parts", place, library, kind, ids, where)
    kept: dict[Scope, Value] | None = cache.get(key)
    if kept is not None:
        return kept
    narrow = narrowed_to(library, place.kpi, where, tree=tree)
    with opened(place, library=narrow, kind=kind) as world:
        values = compute_values(
            narrow, kpis=[place.kpi], period=place.period, scopes=request, relations=world.relations, units=world.units
        )
    found = {value.scope: value for value in values if value.rows or value.value or value.scope == always}
    cache.set(key, found, COUNTED_SECONDS)
    return found


def _key(name: str, place: Place, library: Library, *more: object) -> str:
    """Return where something counted is kept: whatever it rests on is in the key."""
    rests_on = (current_workspace_id(), library.version, last_change(), organisation_changed_at())
    told = repr((place, more, rests_on))
    return f"{name}:{hashlib.sha256(told.encode()).hexdigest()}"


def counted_operands(place: Place, *, library: Library, tree: UnitTree, row: KpiValue | None) -> Counted:
    """Return every operand's exact value, or why it has none; those of a stored figure are kept for a day."""
    moment = place.known_at or "now"
    key = _key("operands", place, library) if row is None else f"operands:{row.workspace_id}:{row.pk}:{moment}"
    kept = cache.get(key)
    refs = plan_kpi(library, place.kpi).refs
    if kept is None or len(kept) != len(refs):
        narrow = narrowed_to(library, place.kpi, place.where, tree=tree)
        found = trace_value(place.kpi, place.period, place.scope, known_at=place.known_at, library=narrow).trace
        kept = [
            (None if each.value is None else str(each.value), each.reason.value if each.reason else "")
            for each in found.operands
        ]
        cache.set(key, kept, COUNTED_SECONDS if row is None else KEPT_SECONDS)
    return {
        ref: (None if text is None else Fraction(text), reason) for ref, (text, reason) in zip(refs, kept, strict=True)
    }
