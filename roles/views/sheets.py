"""How a change is shown and answered: in the sheet over the page one stands on, or as a page of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from omnichannel.core.periods import parse_day
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.chart.nodes import Kind, key_of
from roles.choices import Thing
from roles.holdings import split_assignment_key
from roles.queries.scenarios import open_scenarios
from roles.services.written import Written

# the fields of a form that say from when something holds, and the mark of one sent on into a scenario
DAYS, SENT_ON = ("on", "start_on", "hired_on"), "sent_on"
EDITABLE = (Thing.UNITS, Thing.SEATS, Thing.PEOPLE, Thing.ASSIGNMENTS, Thing.LINES)


def thing_of(text: str, among: tuple[Thing, ...] = EDITABLE) -> Thing:
    """Read the kind of thing from a URL; 404 for what is none, or cannot be changed so."""
    if text not in {thing.value for thing in among}:
        raise Http404(text)
    return Thing(text)


def day_in(request: WorkspaceRequest, *names: str) -> date:
    """Return the first of the query's days that is one; today when none is, or for a past day that is only shown.

    In a draft the day on which it begins stands for today.
    """
    today = first_day(request)
    for name in names:
        try:
            day = parse_day(request.GET.get(name, ""))
        except ValueError:
            continue
        return max(day, today) if name == "as_of" else day
    return today


def first_day(request: WorkspaceRequest) -> date:
    """Return the day from which a change holds if nobody says otherwise: today, in a draft the day it begins."""
    return request.draft.effective_on if request.draft is not None else today_in(request.access.workspace)


def with_draft(request: WorkspaceRequest, url: str) -> str:
    """Let a URL stay in the draft that the page shows."""
    if request.draft is None or not url:
        return url
    parts = urlsplit(url)
    pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "scenario"]
    return urlunsplit(parts._replace(query=urlencode([*pairs, ("scenario", request.draft.scenario.pk)])))


def drafts_for(request: WorkspaceRequest, url: str) -> list[tuple[str, date, str]]:
    """Return the drafts into which a form sent to `url` may go instead: name, first day, and where to send it."""
    if request.draft is not None or not may(request.access, "roles:draft"):
        return []
    mark = "&" if "?" in url else "?"
    return [(name, day, f"{url}{mark}scenario={pk}") for pk, name, day in open_scenarios()]


def typed_in(request: WorkspaceRequest) -> QueryDict:
    """Return what a form sends. "Put in a scenario" takes a day before the scenario to its first day."""
    if request.draft is None or SENT_ON not in request.POST:
        return request.POST
    sent = request.POST.copy()
    for name in DAYS:
        if name in sent:
            sent[name] = _not_before(str(sent[name]), request.draft.effective_on)
    return sent


def _not_before(text: str, first: date) -> str:
    try:
        return str(max(parse_day(text), first))
    except ValueError:
        return text


def pick_urls(request: WorkspaceRequest, things: Iterable[Thing]) -> dict[Thing, str]:
    """Return where the fields that choose one of these things ask for their options."""
    slug = request.access.workspace.slug
    return {thing: with_draft(request, reverse("roles:picks", args=[slug, thing.value])) for thing in things}


def show(request: WorkspaceRequest, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Draw a change: its part `sheet` for htmx, else the page around it."""
    name = f"{template}#sheet" if request.htmx else template
    return render(request, name, {**context, "in_sheet": bool(request.htmx)}, status=status)


def done(
    request: WorkspaceRequest,
    written: Written,
    text: str,
    *,
    url: str,
    thing: Thing,
    key: str,
    is_gone: bool = False,
    undoable: bool = True,
) -> HttpResponse:
    """Answer a change that holds: a word with an undo, and the page redrawn or left for the one at `url`.

    A page that redraws itself hears of it by the event `org:changed`; others send `X-After: reload` with the change.
    """
    url, undo = with_draft(request, url), _undo_url(request, written) if undoable and written.revision else ""
    if not request.htmx or request.headers.get("X-After") == "reload":
        tell = messages.success if written.revision else messages.info
        tell(request, text, extra_tags=f"undo:{undo}" if undo else "")
        if not request.htmx:
            return redirect(url)
        return HttpResponseClientRedirect(url) if is_gone else HttpResponseClientRefresh()
    answer = render(
        request, "roles/changes/_done.html", {"text": text, "undo": undo, "is_written": bool(written.revision)}
    )
    told = {"thing": thing.value, "id": key, "revision": written.revision, "url": url}
    answer["HX-Trigger"] = json.dumps({"org:changed": told})
    return answer


def _undo_url(request: WorkspaceRequest, written: Written) -> str:
    slug = request.access.workspace.slug
    if request.draft is not None:
        return reverse("roles:draft_undo", args=[slug, request.draft.scenario.pk])
    return reverse("roles:revision_undo", args=[slug, written.revision])


def said(request: WorkspaceRequest, written: Written, name: str, *, on: date | None, what: str = "") -> str:
    """Say what a save did, and from when."""
    if written.revision is None:
        return _("Nothing was changed.")
    today = today_in(request.access.workspace)
    words = {"what": what or pgettext("a change", "Saved"), "name": name, "day": on}
    if request.draft is not None:
        return _("%(what)s in the draft: %(name)s.") % words
    if on is None or on == today:
        return _("%(what)s: %(name)s.") % words
    if on > today:
        return _("%(what)s: %(name)s, planned for %(day)s.") % words
    return _("%(what)s: %(name)s, as a correction of the past from %(day)s on.") % words


def url_of(slug: str, thing: Thing, external_id: str, *, query: str = "") -> str:
    """Return the page on which a thing stands; a seat has its place in the chart, a line only the chart itself."""
    if thing is Thing.UNITS:
        return reverse("roles:unit", args=[slug, external_id]) + query
    if thing is Thing.PEOPLE:
        return reverse("roles:person", args=[slug, external_id]) + query
    if thing is Thing.ASSIGNMENTS:
        return reverse("roles:person", args=[slug, split_assignment_key(external_id)[0]]) + query
    chart = reverse("roles:organisation", args=[slug])
    if thing is Thing.SEATS:
        focus = urlencode({"focus": key_of(Kind.SEAT, external_id)})
        return f"{chart}?{focus}" + (f"&{query.removeprefix('?')}" if query else "")
    return chart + query
