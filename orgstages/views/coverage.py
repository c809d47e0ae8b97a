"""The coverage heat-map: who holds which role in each unit on a day, against what its sub-type expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.queries.splitting import Subject, UnitAdvice, split_advice
from orgstages.splitting import Advice
from orgstages.views.tabs import stage_tabs
from roles.catalogue import RoleKey, roles_here
from roles.coverage import MOST_ROLES, MOST_SHARE, CoverState
from roles.queries.coverage_map import PAGE, CoverageMap, MapCell, MapRow, coverage_map
from roles.queries.library import role_library

PEOPLE, FTE = "people", "fte"
OUTSOURCED = "A11"  # the question that reads how much time is outsourced
MOST_HOLDERS = 200
MOST_GAPS = 12


@dataclass(frozen=True, slots=True)
class Shown:
    """How a state of a cell looks: its CSS class, icon and word."""

    key: str
    icon: str
    word: str | Promise


CORE_MISSING = Shown("core", "x-circle", gettext_lazy("Core role missing"))
ELSEWHERE = Shown("elsewhere", "", gettext_lazy("Asked of a unit above"))
HELD = Shown("held", "user", gettext_lazy("Held here"))
SHOWN: Mapping[CoverState, Shown] = {
    CoverState.FILLED: Shown("filled", "check-circle", gettext_lazy("Filled")),
    CoverState.SHARED: Shown("shared", "minus-circle", gettext_lazy("Part-time only")),
    CoverState.MISSING: Shown("missing", "exclamation-triangle", gettext_lazy("Shared role missing")),
    CoverState.NOT_NEEDED: Shown("none", "", gettext_lazy("Not expected")),
}
LEGEND = (SHOWN[CoverState.FILLED], SHOWN[CoverState.SHARED], CORE_MISSING, SHOWN[CoverState.MISSING], HELD,
          SHOWN[CoverState.NOT_NEEDED], ELSEWHERE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell with its role, its look and the link to the people in it; `fill_url` leads to people who could fill it."""

    cell: MapCell
    role: Bilingual
    expected: Bilingual | None
    shown: Shown
    url: str
    is_chosen: bool
    fill_url: str = ""


@dataclass(frozen=True, slots=True)
class RowView:
    """A row with the links to the units below it and to the fact of question A11 (how much of it is outsourced)."""

    row: MapRow
    cells: list[CellView]
    below_url: str
    is_top: bool
    fact_url: str


@require_GET
def coverage(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the map below a unit (`top`). `unit` and `role` open the people of a cell, `measure` is people or FTE."""
    clock, access = clock_of(request, request.GET.get("as_of", "")), request.access
    top, page = request.GET.get("top", ""), _page(request.GET.get("page", ""))
    found = coverage_map(as_of=clock.as_of, within=access.own_unit, top=top, page=page)
    if found is None and (top or access.own_unit is not None):
        raise Http404
    context: dict[str, object] = {
        "most_roles": MOST_ROLES,
        "most_share": MOST_SHARE,
        "clock": clock,
        "found": found,
        "measure": FTE if request.GET.get("measure") == FTE else PEOPLE,
        "measure_options": [(PEOPLE, _("People")), (FTE, _("FTE"))],
        "tabs": stage_tabs(request, "orgstages:coverage"),
    }
    if found is not None:
        context |= _map_context(request, clock, found, page)
    return render(request, "orgstages/coverage.html", context)


def _map_context(request: WorkspaceRequest, clock: Clock, found: CoverageMap, page: int) -> dict[str, object]:
    unit = request.GET.get("unit", "")
    chosen = next((row for row in found.rows if row.unit.external_id == unit), found.rows[0])
    role = _role(request.GET.get("role", "")) if unit else None
    holders = found.holders_of(chosen.unit.external_id, role) if role else ()
    keys = _columns(found)
    rows = [_row(request, clock, row, found, unit=unit, role=role, keys=keys) for row in found.rows]
    catalogue = roles_here()
    return {
        "roles": [(key, catalogue.roles[key].names, catalogue.roles[key].kind) for key in keys],
        "rows": rows,
        "legend": LEGEND,
        "chosen": next(each for each in rows if each.row is chosen),
        "role": catalogue.roles[role] if role else None,
        "holders": holders[:MOST_HOLDERS],
        "holders_total": len({holding.person_external_id for holding in holders}),
        "is_cut": len(holders) > MOST_HOLDERS,
        "unit_options": [(row.unit.external_id, row.unit.name) for row in found.rows],
        "path": [(node.name, _query(request, top=node.external_id)) for node in found.path],
        "pages": _pages(request, found, page),
        "export_url": _file_url(request, "orgstages:coverage_file", found),
        "advice_url": _file_url(request, "orgstages:advice_file", found),
        "may_fill": _may_fill(request, clock),
        "core_missing": sum(row.core_missing for row in found.rows),
        "gaps": [(each, one) for each in rows for one in each.cells if one.cell.is_core_missing][:MOST_GAPS],
        "judged_url": f"{reverse('roles:unit', args=[request.access.workspace.slug, chosen.judged.external_id])}",
        "may_see_people": may(request.access, "roles:people"),
        "advice": _advice(request, clock, found),
        "adopted_words": f"{chosen.adopted.stage_name} · {chosen.adopted.subtype_name}",
    }


def _advice(request: WorkspaceRequest, clock: Clock, found: CoverageMap) -> list[tuple[UnitAdvice, Advice]]:
    """Return the advice for the units judged here, what is to be done before what may stay."""
    asked = [
        Subject(row.unit, row.adopted, found.holders_of(row.unit.external_id)) for row in found.rows if row.is_judged
    ]
    told = split_advice(asked, as_of=clock.as_of, tree=found.whole, within=request.access.own_unit)
    lines = [(each, advice) for each in told for advice in each.advice]
    return sorted(lines, key=lambda line: line[1].advice is None)


def _columns(found: CoverageMap) -> list[RoleKey]:
    """Return the roles to show: all but hidden ones that nobody here holds."""
    held = {cell.role for row in found.rows for cell in row.cells if cell.cover.people}
    return [key for key, role in role_library().roles.items() if not role.is_hidden or key in held]


def _may_fill(request: WorkspaceRequest, clock: Clock) -> bool:
    """Tell whether the reader may fill cells on the day shown: what is over is only shown."""
    return clock.is_open and may(request.access, "talent:fill")


def _fill_url(request: WorkspaceRequest, clock: Clock, unit: str, cell: MapCell) -> str:
    """Return where people are suggested for a cell that is missing or shared."""
    if cell.state not in {CoverState.MISSING, CoverState.SHARED} or not _may_fill(request, clock):
        return ""
    asked = urlencode({"unit": unit, "role": cell.role.value})
    return f"{reverse('talent:fill', args=[request.access.workspace.slug])}?{asked}{clock.more}"


def _file_url(request: WorkspaceRequest, route: str, found: CoverageMap) -> str:
    query = _query(request, measure="", top=found.top.external_id)
    return reverse(route, args=[request.access.workspace.slug]) + query


def _row(
    request: WorkspaceRequest,
    clock: Clock,
    row: MapRow,
    found: CoverageMap,
    *,
    unit: str,
    role: RoleKey | None,
    keys: Sequence[RoleKey],
) -> RowView:
    catalogue = roles_here()
    key = row.unit.external_id
    cells = [
        CellView(
            cell,
            catalogue.roles[cell.role].names,
            catalogue.expectation_levels[cell.expected].names if cell.expected else None,
            shown_of(cell),
            _query(request, unit=key, role=cell.role.value, page=request.GET.get("page", "")) + "#people",
            key == unit and cell.role is role,
            _fill_url(request, clock, key, cell),
        )
        for cell in map(row.cell, keys)
    ]
    is_top = row.unit.external_id == found.top.external_id
    below = _query(request, top=key) if found.tree.nodes[key].children and not is_top else ""
    fact = reverse("orgstages:fact", args=[request.access.workspace.slug, key, OUTSOURCED]) + clock.query
    return RowView(row, cells, below, is_top, fact if may(request.access, "orgstages:fact") else "")


def shown_of(cell: MapCell) -> Shown:
    """Return how a cell looks; colour never stands alone."""
    if cell.is_core_missing:
        return CORE_MISSING
    if cell.state is None:
        return HELD if cell.cover.people else ELSEWHERE
    return SHOWN[cell.state]


def _query(request: WorkspaceRequest, **changed: str) -> str:
    """Return the page's query for another place on the map: day and measure stay, empty parts go."""
    kept = {name: request.GET.get(name, "") for name in ("as_of", "scenario", "measure", "top")}
    return f"?{urlencode({name: value for name, value in {**kept, **changed}.items() if value})}"


def _pages(request: WorkspaceRequest, found: CoverageMap, page: int) -> dict[str, object] | None:
    last = max(1, -(-found.total // PAGE))
    if last == 1:
        return None
    here = min(page, last)
    return {
        "previous_url": _query(request, page=str(here - 1)) if here > 1 else "",
        "next_url": _query(request, page=str(here + 1)) if here < last else "",
        "start": (here - 1) * PAGE + 1,
        "end": min(here * PAGE, found.total),
        "total": found.total,
    }


def _page(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def _role(text: str) -> RoleKey | None:
    return RoleKey(text) if text in roles_here().roles else None
