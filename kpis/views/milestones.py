"""Milestones: planned and done, early or late, and a form that enters one through the data door."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kpis.engine.grammar import parse_formula
from kpis.engine.specs import KpiSpec, Scope
from kpis.library import library_extras, load_library
from kpis.queries.definitions import library_at
from kpis.queries.milestones import TABLE, Milestone, Punctuality, current_milestones, tallies
from kpis.queries.values import current_values, stored_periods
from kpis.services.milestones import enter_milestone, what_was_wrong
from kpis.views.asked import reach
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import roles_here
from roles.queries.library import library_role_options
from roles.queries.org_chart import unit_tree

PAGE = 50
FIELDS = ("milestone_id", "title", "kind", "owner_role", "unit_id", "planned_on", "done_on")
ON_TIME = "on_time_n"  # the measure of every on-time rate


@require_http_methods(["GET", "POST"])
def milestones(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List milestones within the reader's bounds; POST enters one, or the day one was done."""
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").replace("\x00", "").strip() for name in FIELDS}
        problems = _enter(request, typed)
        if not problems:
            return redirect("kpis:milestones", slug)
        context = _context(request) | {"typed": typed, "problems": problems}
        return render(request, "kpis/milestones.html", context, status=422)
    return render(request, "kpis/milestones.html", _context(request))


def _enter(request: WorkspaceRequest, typed: dict[str, str]) -> list[str]:
    """Push the row as a system would, so that it has an upload, a check and a way back; return what is wrong."""
    row = {name: text or None for name, text in typed.items()}
    access = request.access
    try:
        push = enter_milestone(row, actor_id=access.user_id, zone=access.workspace.timezone)
    except DomainError as error:
        return [str(error)]
    if wrong := what_was_wrong(push):
        return wrong
    if push.upload is not None:
        text = _("Milestone %(id)s is kept; the on-time rates are being computed.") % {"id": typed["milestone_id"]}
        link = format_html('<a href="{}">#{}</a>', push.upload.get_absolute_url(), push.upload.pk)
        messages.success(request, format_html("{} {}", text, link))
    return []


def _context(request: WorkspaceRequest) -> dict[str, Any]:
    seen, today = reach(request.access), today_in(request.access.workspace)
    tree = unit_tree(as_of=today, within=seen.within)
    found = current_milestones(today=today, units=set(tree.nodes) if seen.within else None)
    asked = {name: request.GET.get(name, "") for name in ("kind", "role", "standing")}
    shown = [one for one in found if _fits(one, asked)]
    roles, kinds, words = roles_here().roles, _kinds(), standing_words()
    names = {key.value: role.names for key, role in roles.items()}
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    return {
        "found": bool(found),
        "page": page,
        "rows": [
            {
                "one": one,
                "kind": kinds.get(one.kind, one.kind),
                "role": names.get(one.role, one.role),
                "unit": tree.nodes[one.unit].name if one.unit in tree else one.unit,
                "word": _word(one, words),
            }
            for one in page
        ],
        "tallies": [
            {"tally": one, "name": kinds.get(one.kind, one.kind), "counts": _counted(one.counts, words)}
            for one in tallies(found)
        ],
        "rates": _rates(seen.scope),
        "asked": asked,
        "kinds": list(kinds.items()),
        "roles": library_role_options(*{one.role for one in found}),
        "standings": [(key.value, label) for key, label in words.items()],
        "units": [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree],
        "may_enter": may(request.access, "kpis:milestones", "POST"),
        "may_open_row": may(request.access, "kpis:row"),
        "today": today,
        "typed": {},
    }


def _fits(one: Milestone, asked: dict[str, str]) -> bool:
    return all(not text or value == text for text, value in (
        (asked["kind"], one.kind), (asked["role"], one.role), (asked["standing"], one.standing.value)
    ))  # fmt: skip


def _counted(counts: Any, words: dict[Punctuality, str]) -> list[tuple[str, int]]:
    return [(label, counts[key]) for key, label in words.items() if counts.get(key)]


def standing_words() -> dict[Punctuality, str]:
    """Return the words of how a milestone stands."""
    return {
        Punctuality.EARLY: _("early"),
        Punctuality.ON_TIME: _("on time"),
        Punctuality.LATE: _("late"),
        Punctuality.OVERDUE: _("overdue"),
        Punctuality.COMING: _("coming"),
        Punctuality.CALLED_OFF: _("called off"),
    }


def _word(one: Milestone, words: dict[Punctuality, str]) -> str:
    """Return how a milestone stands, with the days it was early or late."""
    days = abs(one.days)
    told = {
        Punctuality.EARLY: ngettext("%(n)s day early", "%(n)s days early", days),
        Punctuality.LATE: ngettext("%(n)s day late", "%(n)s days late", days),
        Punctuality.OVERDUE: ngettext("overdue by %(n)s day", "overdue by %(n)s days", days),
    }
    return told[one.standing] % {"n": days} if one.standing in told else words[one.standing]


def _kinds() -> dict[str, str]:
    language, labels = get_language(), library_extras().enum_labels
    kinds = load_library().tables[TABLE].column("kind").enum
    return {kind: labels[kind].in_language(language) if kind in labels else kind for kind in kinds}


def _rates(scope: Scope) -> dict[str, Any]:
    """Return the on-time rates of the newest computed month, at the reader's own scope."""
    periods = stored_periods()
    if not periods:
        return {}
    kpis = {kpi.id: kpi for kpi in library_at(periods[0].last_day).kpis.values() if _rests_on_milestones(kpi)}
    values = {value.kpi: value for value in current_values(periods[0], kpis=list(kpis), scopes=[scope])}
    return {
        "period": periods[0],
        "scope": f"{scope.kind.value}:{scope.id}",
        "lines": [{"spec": kpi, "value": values.get(kpi.id)} for kpi in kpis.values()],
    }


def _rests_on_milestones(kpi: KpiSpec) -> bool:
    return ON_TIME in parse_formula(kpi.formula).measures()
