"""A guide's own day: targets, tasks with their material, bonus so far, customers by tier, own place. One request."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kpis.analysis_choices import RfmTierName
from kpis.errors import TaskStepRefused
from kpis.guide_forms import DoneForm
from kpis.queries.pay.guide_tasks import own_tasks
from kpis.queries.pay.my_day import LEAST_RANKED, is_ranking_shown, own_bonuses, own_places, own_targets
from kpis.queries.pay.own_customers import MOST, UNSCORED, OwnCustomer, own_customers, own_tier_counts
from kpis.services.pay.guide_tasks import mark_done, show_ranking, undo_done
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.core.periods import month_of
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_names

PAGE = 100
SORTS = ("recency", "orders", "money", "tier")


@require_GET
def my_day(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show all of it on one page that works without a script."""
    return _page(request)


def _page(request: WorkspaceRequest, *, wrong: str = "", status: int = 200) -> HttpResponse:
    person, today = request.access.person_external_id, today_in(request.access.workspace)
    tree = unit_tree(as_of=today)
    tasks, targets, bonuses = own_tasks(person, today=today), own_targets(person, today=today), own_bonuses(person)
    counts = own_tier_counts(person, on=today)
    month = str(month_of(today))
    context: dict[str, Any] = {
        "name": people_names([person]).get(person, person),
        "person": person,
        "today": today,
        "month": month,
        "targets": targets,
        "is_other_month": str(targets.period) != month,
        "open_tasks": [each for each in tasks if each.row.done_on is None],
        "done_tasks": [each for each in tasks if each.row.done_on is not None],
        "counts": counts,
        "tiers": [(key, tier_words()[key], counts.tiers[key]) for key in counts.tiers] if counts else [],
        "bonuses": bonuses,
        "is_so_far": bool(bonuses) and bonuses[0].period == month,
        "ranking": own_places(person, today=today, tree=tree),
        "least_ranked": LEAST_RANKED,
        "wrong": wrong,
    }
    return render(request, "kpis/pay/my_day.html", context, status=status)


@require_POST
def my_day_task(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Note that a task is done, or that it is not after all."""
    access, form = request.access, DoneForm(request.POST)
    if not form.is_valid():
        return _page(request, wrong=_("A note has at most 400 characters."), status=422)
    person, actor = access.person_external_id, access.user_id
    here = f"{reverse('kpis:my_day', args=[slug])}#tasks"
    try:
        if form.cleaned_data["action"] == "done":
            mark_done(pk, person, note=form.cleaned_data["note"], today=today_in(access.workspace), actor_id=actor)
            messages.success(request, _("Done. Well done!"))
        else:
            undo_done(pk, person, actor_id=actor)
            messages.success(request, _("The task is open again."))
    except LookupError as error:
        raise Http404 from error
    except TaskStepRefused as refused:
        return _page(request, wrong=str(refused), status=409)
    return redirect(here)


@require_POST
def my_day_ranking(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show or hide one's own place; who hides it is counted in nobody else's either."""
    person, is_shown = request.access.person_external_id, request.POST.get("shown") == "1"
    if is_shown != is_ranking_shown(person):
        show_ranking(is_shown=is_shown, person=person, actor_id=request.access.user_id)
    messages.success(request, _("Your place is shown again.") if is_shown else _("Your place is hidden."))
    return redirect(f"{reverse('kpis:my_day', args=[slug])}#ranking")


@require_GET
def my_day_customers(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the reader's own customers: pseudonymous ids with tier, last purchase and orders."""
    period, rows = _customers(request)
    asked = {name: request.GET.get(name, "") for name in ("tier", "sort")}
    context = {
        "period": period,
        "rows": [(each, tier_words()[each.tier]) for each in rows[:PAGE]],
        "total": len(rows),
        "more": len(rows) > PAGE,
        "most": PAGE,
        "tier": asked["tier"],
        "tiers": [("risk", _("Valuable and at risk")), *((key, word) for key, word in tier_words().items() if key)],
    }
    return render(request, "kpis/pay/my_day_customers.html", context)


@require_GET
def my_day_customers_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the same list as CSV: pseudonyms, never a name or a number."""
    _period, rows = _customers(request)
    lines = [
        [each.customer, each.tier, "yes" if each.at_risk else "", each.recency, each.orders, each.money,
         "yes" if each.consent else "no"]
        for each in rows
    ]  # fmt: skip
    head = ["customer_id", "tier", "at_risk", "days_since_order", "orders", "money", "consent"]
    return csv_answer(csv_text([head, *lines]), filename="my-customers.csv")


def tier_words() -> dict[str, str]:
    """Return the names of the tiers; those who bought nothing in the window have none."""
    return {**{key: str(label) for key, label in RfmTierName.choices}, UNSCORED: _("Nothing bought in the window")}


def _customers(request: WorkspaceRequest) -> tuple[str, list[OwnCustomer]]:
    """Return the list asked for. Who serves to be written to is only who agreed to it."""
    period, rows = own_customers(request.access.person_external_id, on=today_in(request.access.workspace))
    tier, sort = request.GET.get("tier", ""), request.GET.get("sort", "")
    if tier == "risk":
        rows = [each for each in rows if each.at_risk and each.consent]
    elif tier in RfmTierName.values:
        rows = [each for each in rows if each.tier == tier]
    column = sort.removeprefix("-")
    if column in SORTS:
        known = [each for each in rows if getattr(each, column) not in (None, "")]
        unknown = [each for each in rows if getattr(each, column) in (None, "")]
        known.sort(key=lambda each: getattr(each, column), reverse=sort.startswith("-"))
        rows = known + unknown
    return period, rows[:MOST]
