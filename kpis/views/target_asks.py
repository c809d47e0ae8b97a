"""What a request asks of the targets' pages, within what its sender may see and set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.engine.specs import Direction, KpiSpec, Scope
from kpis.engine.targets import Obstacle, additivity
from kpis.library import library_extras
from kpis.queries.definitions import library_at
from kpis.queries.target_conflicts import Conflict
from kpis.queries.target_gaps import Gap
from kpis.queries.target_grid import LAYERS, GridAsk, is_targeted, targeted_kpis
from kpis.queries.values import stored_periods
from kpis.services.target_checks import Bound
from omnichannel.core.periods import Grain, Period, parse_period, year_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from omnichannel.workspaces.queries.zones import current_day
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitTree, unit_tree

PEOPLE_ROUTE = "kpis:person_scorecard"  # a person's own figures are for those who may open the person's scorecard
FIRST_CHOICE = "sales_net"
GAPS_SHOWN = 30  # units with a gap
GAPS_OF_A_UNIT = 3
MOST_OPEN = 40


def asked_grid(request: WorkspaceRequest) -> GridAsk:
    """Read what is asked; without a choice the KPI with targets in the newest year."""
    source = request.GET
    year = asked_year(source.get("year", ""))
    layer, grain = source.get("layer", "value"), source.get("grain", Grain.MONTH.value)
    if layer not in LAYERS or grain not in (Grain.MONTH, Grain.QUARTER):
        raise Http404(f"{layer} {grain}")
    return GridAsk(
        kpi=asked_kpi(source.get("kpi", ""), year),
        year=year,
        grain=Grain(grain),
        layer=layer,
        within=request.access.own_unit,
        opened=frozenset(source.getlist("open")[:MOST_OPEN] + _rows_asked(source.get("rows", ""))),
        unfolded=frozenset(source.getlist("all")[:MOST_OPEN]),
        with_people=may(request.access, PEOPLE_ROUTE),
        may_edit=may_plan(request),
    )


def _rows_asked(text: str) -> list[str]:
    kind, _colon, unit = text.partition(":")
    return [unit] if kind == "unit" else []


def asked_year(text: str) -> Period:
    """Read a year; without one that of the newest figures, or this one."""
    if not text:
        newest = next(iter(stored_periods()), None)
        return year_of(newest.start if newest else current_day())
    try:
        year = parse_period(text)
    except ValueError as error:
        raise Http404(text) from error
    if year.grain is not Grain.YEAR:
        raise Http404(text)
    return year


def asked_kpi(text: str, year: Period) -> str:
    """Return the KPI asked for, which must take targets; without one the first that has any in the year."""
    kpis = library_at(year.last_day).kpis
    if not text:
        if FIRST_CHOICE in kpis and is_targeted(FIRST_CHOICE, year):
            return FIRST_CHOICE
        with_targets = targeted_kpis(year)
        known = (kpi for kpi in kpis if kpi in with_targets and not kpis[kpi].qualitative)
        return next(known, FIRST_CHOICE)
    if text not in kpis or kpis[text].qualitative:
        raise Http404(text)
    return text


def the_tree(year: Period, *, within: str | None) -> UnitTree:
    """Return the chart that the year's targets are set on: today's, or that of the day of the year nearest to today."""
    tree = unit_tree(as_of=_nearest_day(year))
    if within is not None:
        tree = tree.below(within)
        if within not in tree:
            raise Http404(within)
    return tree


def _nearest_day(year: Period) -> date:
    today = current_day()
    return min(today, year.last_day) if today >= year.start else today


def may_plan(request: WorkspaceRequest) -> bool:
    """Tell whether the reader may set targets."""
    return may(request.access, "kpis:targets", "POST")


def bound_of(request: WorkspaceRequest) -> Bound:
    """Return whose targets the sender may set."""
    return Bound(within=request.access.own_unit, with_people=may(request.access, PEOPLE_ROUTE))


def page_options(request: WorkspaceRequest, ask: GridAsk) -> dict[str, Any]:
    """Return the choices of the page's filters and its links."""
    library, language = library_at(ask.year.last_day), get_language()
    spec, with_targets = library.kpis[ask.kpi], targeted_kpis(ask.year)
    kpis = [kpi for kpi in library.kpis.values() if not kpi.qualitative]
    slug = request.access.workspace.slug
    return {
        "spec": spec,
        "kpi_options": [
            (kpi.id, f"{kpi.names.in_language(language)}{' ●' if kpi.id in with_targets else ''}")
            for kpi in sorted(kpis, key=lambda kpi: kpi.id not in with_targets)
        ],
        "year_options": [(str(year), str(year)) for year in _years(ask.year)],
        "layer_options": [("value", _("Target")), ("floor", _("Floor")), ("stretch", _("Stretch"))],
        "grain_options": [(Grain.MONTH.value, _("Months")), (Grain.QUARTER.value, _("Quarters"))],
        "layer_name": {"value": _("Target"), "floor": _("Floor"), "stretch": _("Stretch")}[ask.layer],
        "nothing_yet": {
            "value": _("No targets yet for this KPI and year"),
            "floor": _("No floors yet for this KPI and year"),
            "stretch": _("No stretch targets yet for this KPI and year"),
        }[ask.layer],
        "may_plan": ask.may_edit,
        "why_not_added": _why(additivity(library, ask.kpi).obstacle),
        "adds": additivity(library, ask.kpi),
        "grid_url": f"{reverse('kpis:targets', args=[slug])}?kpi={ask.kpi}&year={ask.year}",
        "plan_query": f"kpi={ask.kpi}&year={ask.year}&grain={ask.grain}",
        "year_key": str(ask.year),
        "direction_words": _direction(spec),
    }


def _direction(spec: KpiSpec) -> str:
    if spec.target_band is not None:
        low, high = spec.target_band
        return _("Best between %(low)s and %(high)s.") % {"low": f"{low:f}", "high": f"{high:f}"}
    return _("More is better.") if spec.direction is Direction.UP else _("Less is better.")


def _years(chosen: Period) -> Sequence[Period]:
    this = year_of(current_day())
    years = {this.previous(step) for step in (-1, 0, 1, 2)} | {chosen}
    return sorted(years, reverse=True)


def _why(obstacle: Obstacle | None) -> str:
    words = {
        Obstacle.RATIO: _("a ratio: the parts have denominators of their own"),
        Obstacle.DISTINCT: _("a distinct count: one customer may count in several parts"),
        Obstacle.STOCK: _("a stock: units add up, months do not"),
        Obstacle.LEVEL: _("a level or mean, not a quantity"),
        Obstacle.JUDGED: _("a judgement"),
    }
    return words[obstacle] if obstacle else ""


def gap_lines(gaps: Sequence[Gap], tree: UnitTree) -> dict[str, Any]:
    """Return the gaps as the page lists them: one line per unit from the top down, its largest gaps first."""
    by_unit: dict[Scope, list[Gap]] = {}
    for gap in gaps:
        by_unit.setdefault(gap.scope, []).append(gap)
    order = sorted(by_unit, key=lambda scope: (_depth(scope, tree), -abs(by_unit[scope][0].gap), scope))
    lines = [
        {
            "name": by_unit[scope][0].name,
            "level": str(UnitLevel(tree.nodes[scope.id].level).label) if scope.id in tree else "",
            "gaps": by_unit[scope][:GAPS_OF_A_UNIT],
            "more": max(len(by_unit[scope]) - GAPS_OF_A_UNIT, 0),
            "missing": max(gap.missing for gap in by_unit[scope]),
            "opens": _way_to(scope.id, tree),
        }
        for scope in order[:GAPS_SHOWN]
    ]
    return {"lines": lines, "count": len(gaps), "units": len(order)}


def _depth(scope: Scope, tree: UnitTree) -> int:
    return tree.nodes[scope.id].depth + 1 if scope.id in tree else 0


def _way_to(unit: str, tree: UnitTree) -> str:
    return "".join(f"&open={each}" for each in reversed((unit, *tree.ancestors(unit)))) if unit in tree else ""


def conflict_lines(conflicts: Sequence[Conflict], tree: UnitTree) -> list[dict[str, Any]]:
    """Return the conflicts with the names of KPIs, units and groups."""
    kpis, groups = library_at().kpis, library_extras().shared_groups
    return [
        {
            "conflict": each,
            "kpi": kpis[each.kpi].names,
            "units": [tree.nodes[unit].name for unit in each.units],
            "at": tree.nodes[each.at.id].name if each.at.id in tree else "",
            "group": groups[each.group].names if each.group else None,
            "shared": kpis[each.shared_kpi].names if each.shared_kpi in kpis else None,
            "money_kpi": kpis[each.money_kpi].names,
        }
        for each in conflicts
    ]
