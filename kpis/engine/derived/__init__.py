"""The derived measures: algorithms over customer-level states, grouped into families that share one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kpis.engine.derived import activity, attributed, buyers, history, rfm, surveys
from kpis.engine.derived.case import Case
from kpis.engine.windows import span_of

if TYPE_CHECKING:
    from kpis.engine.context import Context
    from kpis.engine.grammar import Filters, MeasureRef
    from kpis.engine.results import MeasureResult
    from kpis.engine.specs import ScopeKind

Family = Callable[[Case, frozenset[str]], dict[str, "MeasureResult"]]

FAMILIES: tuple[tuple[frozenset[str], Family], ...] = (
    (history.MEASURES, history.history_results),
    (buyers.MEASURES, buyers.buyer_results),
    (activity.MEASURES, activity.activity_results),
    (rfm.MEASURES, rfm.rfm_results),
    (attributed.MEASURES, attributed.attributed_results),
    (surveys.MEASURES, surveys.nps_results),
)
ALGORITHMS = frozenset().union(*(measures for measures, _ in FAMILIES))

_BASES: Mapping[str, tuple[str, ...]] = {
    "active_n": ("interactions", "orders"),
    "member_active_n": ("interactions", "orders"),
    "active_private_n": ("contacts",),
    "activated_n": ("contacts",),
    "attributed_sales": ("order_touches",),
    "nps_value": ("surveys",),
}


def base_tables(measure: str) -> tuple[str, ...]:
    """Return the tables whose rows a derived measure counts; they decide its scopes and its filterable columns."""
    return _BASES.get(measure, ("orders",))


def derived_results(
    context: Context, refs: Mapping[MeasureRef, frozenset[ScopeKind]]
) -> dict[MeasureRef, MeasureResult]:
    """Compute derived measures at the kinds of scopes given, those of one window and one set of filters together."""
    cases: dict[tuple[str, Filters], dict[str, MeasureRef]] = defaultdict(dict)
    for ref in refs:
        cases[ref.window, ref.filters][ref.measure] = ref
    found: dict[MeasureRef, MeasureResult] = {}
    for (window, filters), by_measure in cases.items():
        for measures, family in FAMILIES:
            asked = measures & set(by_measure)
            if asked:
                scoping = context.scoping.limited_to(refs[by_measure[name]] for name in asked)
                case = Case(replace(context, scoping=scoping), span_of(context.period, window), filters)
                found.update({by_measure[name]: result for name, result in family(case, asked).items()})
    return found
