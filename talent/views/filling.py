"""From a red or shared cell of the coverage map to somebody who fills it, ranked by a stated rule."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import Clock, clock_of, today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.coverage import MOST_ROLES, MOST_SHARE
from roles.queries.scenarios import open_scenarios
from roles.services.written import Written
from talent.forms.filling import FillForm
from talent.people.filling import Suggestion
from talent.queries.filling import Filling, filling
from talent.services.filling import Load, fill, load_with
from talent.views.filling_words import shown
from talent.views.tabs import talent_tabs

TEMPLATE = "talent/fill.html"
SHORT_LIST, PAGE = 6, 20
SHARES = ("0.2", "0.3", "0.5", "0.8", "1")


@require_http_methods(["GET", "HEAD", "POST"])
def fill_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show who could fill the `role` in the `unit`, for a `share` of time; POST gives it to the person chosen.

    Who would then have too much on hand is saved only once that has been seen and confirmed.
    """
    clock = clock_of(request, request.GET.get("as_of", ""))
    found = _found(request, clock)
    if request.method != "POST":
        form = FillForm(initial={"share": f"{found.share.normalize():f}", "start_on": _first_day(request, clock)})
        return _show(request, clock, found, form)
    form = FillForm(request.POST)
    if not form.is_valid():
        return _show(request, clock, found, form, status=422)
    unit, role = found.row.unit.external_id, str(found.role.key)
    load = load_with(**form.typed, unit=unit, role=role)
    if load.is_too_much and request.POST.get("confirmed") != _told(load):
        return _show(request, clock, found, form, load=load, status=422)
    note = form.cleaned_data["note"]
    written = fill(**form.typed, unit=unit, role=role, actor_id=request.access.user_id, note=note)
    if written.issues:
        for issue in written.issues:
            form.tell(issue.field, issue.message)
        return _show(request, clock, found, form, status=422)
    return _done(request, found, form, written)


def _found(request: WorkspaceRequest, clock: Clock) -> Filling:
    unit, role = request.GET.get("unit", ""), request.GET.get("role", "")
    try:
        share = Decimal(request.GET.get("share", "") or "0")
        asked = share if 0 < share <= 1 else None
        found = filling(unit, role, as_of=clock.as_of, share=asked, reader=request.access.person_external_id)
    except (InvalidOperation, ValueError):
        found = None
    if found is None:
        raise Http404
    return found


def _show(
    request: WorkspaceRequest,
    clock: Clock,
    found: Filling,
    form: FillForm,
    *,
    load: Load | None = None,
    status: int = 200,
) -> HttpResponse:
    in_sheet = bool(request.htmx)
    words = request.GET.get("q", "").strip()[:80]
    listed = [each for each in found.suggestions if words.casefold() in _called(each).casefold()]
    page = Paginator(listed, PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "clock": clock,
        "found": found,
        "form": form,
        "load": load,
        "confirmed": _told(load) if load else "",
        "chosen": form["person"].value() or "",
        "lines": [shown(each) for each in (listed[:SHORT_LIST] if in_sheet else page.object_list)],
        "matching": len(listed),
        "page": page,
        "words": words,
        "share_options": [(each, each) for each in _shares(found.share)],
        "most_share": MOST_SHARE,
        "most_roles": MOST_ROLES,
        "today": today_in(request.access.workspace),
        "action": _url(request, clock, found, scenario=clock.scenario),
        "page_url": _url(request, clock, found, scenario=clock.scenario),
        "seat_url": _seat_url(request, clock, found),
        "other_url": _other_url(request, clock, found),
        "back": _map_url(request, clock, found),
        "scenarios": _scenarios(request, clock, found),
        "tabs": talent_tabs(request, "talent:fill"),
        "in_sheet": in_sheet,
    }
    return render(request, f"{TEMPLATE}#sheet" if in_sheet else TEMPLATE, context, status=status)


def _done(request: WorkspaceRequest, found: Filling, form: FillForm, written: Written) -> HttpResponse:
    """Go back to the map with a word of what was done, which can be undone."""
    slug, on = request.access.workspace.slug, form.typed["on"]
    names = {each.standing.person: each.standing.name for each in found.suggestions}
    words = {
        "person": names.get(form.typed["person"], form.typed["person"]),
        "role": _localised(found.role.names),
        "unit": found.row.unit.name,
        "day": on,
    }
    if request.draft is not None:
        undo = reverse("roles:draft_undo", args=[slug, request.draft.scenario.pk])
        text = _("In the draft: %(person)s · %(role)s · %(unit)s.") % words
        messages.success(request, text, extra_tags=f"undo:{undo}")
    elif written.revision is None:
        messages.info(request, _("Nothing was changed."))
    else:
        undo = reverse("roles:revision_undo", args=[slug, written.revision])
        text = _("Filled: %(person)s · %(role)s · %(unit)s, from %(day)s.") % words
        messages.success(request, text, extra_tags=f"undo:{undo}")
    if request.htmx:
        return HttpResponseClientRefresh()
    clock = clock_of(request, str(on))
    return redirect(_map_url(request, clock, found))


def _called(each: Suggestion) -> str:
    """Return what a person is searched by."""
    return f"{each.standing.name} {each.standing.person}"


def _localised(names: Bilingual) -> str:
    return names.in_language(get_language())


def _first_day(request: WorkspaceRequest, clock: Clock) -> date:
    """Return the day a new holder starts: the day shown, but no day that is over."""
    first = clock.begins or today_in(request.access.workspace)
    return max(clock.as_of, first)


def _told(load: Load) -> str:
    """Return what somebody confirms: this very load, and none that was typed later."""
    return f"{load.share.normalize():f}/{load.roles}"


def _shares(asked: Decimal) -> list[str]:
    """Return the shares offered, with the one asked for among them."""
    return [f"{each.normalize():f}" for each in sorted({asked, *(Decimal(each) for each in SHARES)})]


def _url(request: WorkspaceRequest, clock: Clock, found: Filling, *, scenario: int | None) -> str:
    pairs = {
        "unit": found.row.unit.external_id,
        "role": str(found.role.key),
        "share": f"{found.share.normalize():f}",
        "as_of": "" if clock.as_of == clock.usual else str(clock.as_of),
        "scenario": scenario or "",
    }
    query = urlencode({name: value for name, value in pairs.items() if value})
    return f"{reverse('talent:fill', args=[request.access.workspace.slug])}?{query}"


def _map_url(request: WorkspaceRequest, clock: Clock, found: Filling) -> str:
    query = urlencode({"unit": found.row.unit.external_id, "role": str(found.role.key), "top": _top(found)})
    return f"{reverse('orgstages:coverage', args=[request.access.workspace.slug])}?{query}{clock.more}#people"


def _top(found: Filling) -> str:
    """Return the unit whose map shows this one."""
    return found.row.unit.parent or found.row.unit.external_id


def _seat_url(request: WorkspaceRequest, clock: Clock, found: Filling) -> str:
    """Return the form of a new seat, filled with the role and the unit; a seat without somebody is a vacancy."""
    given = {
        "unit_external_id": found.row.unit.external_id,
        "role": str(found.role.key),
        "title": _localised(found.role.names),
        "planned_fte": f"{found.share.normalize():f}",
        "on": str(_first_day(request, clock)),
    }
    return f"{reverse('roles:new', args=[request.access.workspace.slug, 'seats'])}?{urlencode(given)}{_in_draft(clock)}"


def _other_url(request: WorkspaceRequest, clock: Clock, found: Filling) -> str:
    """Return the form in which anybody may be given the role."""
    given = {
        "unit_external_id": found.row.unit.external_id,
        "role": str(found.role.key),
        "share": f"{found.share.normalize():f}",
        "on": str(_first_day(request, clock)),
    }
    slug = request.access.workspace.slug
    return f"{reverse('roles:new', args=[slug, 'assignments'])}?{urlencode(given)}{_in_draft(clock)}"


def _in_draft(clock: Clock) -> str:
    return f"&scenario={clock.scenario}" if clock.scenario is not None else ""


def _scenarios(request: WorkspaceRequest, clock: Clock, found: Filling) -> list[tuple[str, date, str]]:
    """Return the drafts into which it may be put instead: name, first day, and where to send the form."""
    if request.draft is not None or not may(request.access, "roles:draft"):
        return []
    return [(name, day, _url(request, clock, found, scenario=pk)) for pk, name, day in open_scenarios()]
