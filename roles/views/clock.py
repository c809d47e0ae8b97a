"""The date control of the organisation's pages: days with changes, the next of them, and reading as known then."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.periods import YEARS, Period, month_of, parse_day
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.models import as_known
from roles.queries.change_days import Reach, change_days, last_change, next_change
from roles.queries.org_chart import unit_tree

Page = Callable[..., HttpResponse]
# what the control adds to the page's own query when it asks
OWN = ("month", "page", "to")


def as_asked(view: Page) -> Page:
    """Let a page that only reads answer as known at the moment in its URL, its template included."""

    @wraps(view)
    def read(request: WorkspaceRequest, *args: str, **kwargs: str) -> HttpResponse:
        with as_known(clock_of(request).known_at):
            return view(request, *args, **kwargs)

    return read


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the month shown. `is_out` is a day of the month before or after, to fill the week."""

    day: date
    query: str
    is_marked: bool
    is_shown: bool
    is_today: bool
    is_planned: bool
    is_out: bool


@require_GET
@as_asked
def days(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer a month whose days lead to the page as of them; those on which something changes are marked."""
    clock = clock_of(request)
    month = _month(request.GET.get("month", ""), clock.as_of)
    weeks = Calendar().monthdatescalendar(month.start.year, month.start.month)
    marked = set(change_days(weeks[0][0], _after(weeks[-1][-1]), reach=_reach(request, clock.as_of)))
    context = {
        "month": month,
        "previous": _query(request, month=str(month.previous())) if month.previous().start.year in YEARS else "",
        "following": _query(request, month=str(month.previous(-1))) if month.end.year in YEARS else "",
        "url": request.path,
        "weeks": [
            [
                CalendarDay(
                    day=day,
                    query=_query(request, as_of=str(day)),
                    is_marked=day in marked,
                    is_shown=day == clock.as_of,
                    is_today=day == clock.today,
                    is_planned=day > clock.today,
                    is_out=day.month != month.start.month,
                )
                for day in week
            ]
            for week in weeks
        ],
    }
    return render(request, "roles/changes/_days.html", context)


@require_GET
def day_step(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Lead to the page as of the next day on which something changes, or the one before (`to=previous`)."""
    clock = clock_of(request)
    forward = request.GET.get("to") != "previous"
    with as_known(clock.known_at):
        step = next_change if forward else last_change
        found = step(clock.as_of, reach=_reach(request, clock.as_of))
    if found is None:
        words = _("Nothing changes after this day.") if forward else _("Nothing changed before this day.")
        messages.info(request, words)
    return redirect(_page_url(request) + _query(request, as_of=str(found or clock.as_of)))


def _page_url(request: WorkspaceRequest) -> str:
    """Return the page to go back to: one of this workspace, else the organisation."""
    slug, page = request.access.workspace.slug, request.GET.get("page", "")
    return page if page.startswith(f"/w/{slug}/") and "?" not in page else reverse("roles:organisation", args=[slug])


def _query(request: WorkspaceRequest, **changed: str) -> str:
    """Return the page's query with something set otherwise, without the control's own parts."""
    query: QueryDict = request.GET.copy()
    for name in OWN:
        query.pop(name, None)
    for name, value in changed.items():
        query[name] = value
    return f"?{query.urlencode()}"


def _month(text: str, default: date) -> Period:
    try:
        return month_of(parse_day(f"{text}-01"))
    except ValueError:
        return month_of(default)


def _after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _reach(request: WorkspaceRequest, day: date) -> Reach:
    access = request.access
    if access.own_unit is not None:
        return Reach(units=unit_tree(as_of=day).subtree(access.own_unit))
    return Reach(person=access.own_person)
