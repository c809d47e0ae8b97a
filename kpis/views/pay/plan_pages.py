"""One pay plan: what it says, where it stands, how its revisions differ; and the steps that two people take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kpis.choices import PayPlanState
from kpis.errors import OwnDecision, PlanInvalid, PlanStep
from kpis.incentives.texts import read_plan
from kpis.models import PayPlan
from kpis.queries.pay.plan_history import approvers, diff_node, differences, holding_on, revisions
from kpis.queries.pay.plan_list import next_step, unit_name
from kpis.queries.pay.plan_words import phase_name, role_names, said
from kpis.queries.pay.plans import makers_of, newest_of
from kpis.services.pay.plans import (
    approve_plan,
    reject_plan,
    restore_plan,
    retire_plan,
    submit_plan,
    take_back_retirement,
)
from kpis.views.pay.tabs import pay_tabs
from omnichannel.core.dayfields import day_field
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.org_chart import unit_tree

NEEDS_DAY = ("submit", "retire")
ACTIONS = (*NEEDS_DAY, "approve", "reject", "restore", "resume")
MOST_SHOWN = 100


class StepForm(forms.Form):
    """A step of a plan: from which day, and why."""

    effective_from = day_field(gettext_lazy("Pays from"))
    note = forms.CharField(label=gettext_lazy("Why"), max_length=400, required=False)

    def __init__(self, *args: Any, with_day: bool, ending: bool = False, reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_day:
            del self.fields["effective_from"]
        elif ending:
            self.fields["effective_from"].label = _("Ends on")
        self.fields["note"].required = reason


@require_GET
def pay_plan(request: WorkspaceRequest, slug: str, key: str) -> HttpResponse:
    """Show a plan; `?from=` and `?to=` compare two of its revisions."""
    return _page(request, key)


@require_POST
def pay_plan_step(request: WorkspaceRequest, slug: str, key: str) -> HttpResponse:
    """Take a step of the plan; what is refused is said on the page."""
    action = request.POST.get("action", "")
    if action not in ACTIONS or newest_of(key) is None:
        raise Http404
    form = _form(action, request.POST)
    if not form.is_valid():
        return _page(request, key, form=form, action=action, status=422)
    try:
        _steps(request, key, form)[action]()
    except PlanInvalid as error:
        return _page(
            request, key, form=form, action=action, status=422, refused=[each.message for each in error.issues]
        )
    except (PlanStep, OwnDecision) as error:
        return _page(request, key, form=form, action=action, status=error.status, refused=[str(error)])
    messages.success(request, _done(action))
    return redirect("kpis:pay_plan", slug, key)


def _steps(request: WorkspaceRequest, key: str, form: StepForm) -> dict[str, Callable[[], PayPlan]]:
    actor, note = request.access.user_id, form.cleaned_data["note"]
    day: date = form.cleaned_data.get("effective_from", date.min)
    return {
        "submit": lambda: submit_plan(key, effective_from=day, actor_id=actor, note=note),
        "approve": lambda: approve_plan(key, actor_id=actor, note=note, seen=_number(request.POST.get("seen", ""))),
        "reject": lambda: reject_plan(key, actor_id=actor, note=note),
        "retire": lambda: retire_plan(key, effective_from=day, actor_id=actor, note=note),
        "resume": lambda: take_back_retirement(key, actor_id=actor, note=note),
        "restore": lambda: restore_plan(
            key, revision=_number(request.POST.get("revision", "")) or 0, actor_id=actor, note=note
        ),
    }


def _page(
    request: WorkspaceRequest,
    key: str,
    *,
    form: StepForm | None = None,
    action: str = "",
    status: int = 200,
    refused: list[str] | None = None,
) -> HttpResponse:
    rows, today = revisions(key), current_day()
    if not rows:
        raise Http404
    newest, holding = rows[0], holding_on(key, today)
    plan = read_plan(newest.content)
    units = {node.external_id: node.name for node in unit_tree(as_of=today)}
    before, after = _compared(request, rows, holding)
    forms_by_action = {each: _form(each) for each in ("submit", "retire", "approve", "reject")}
    if form is not None:
        forms_by_action[action] = form
    is_maker = request.access.user_id in makers_of(key)
    context: dict[str, Any] = {
        "tabs": pay_tabs(request, "kpis:pay_plans"),
        "row": newest,
        "holding": holding,
        "name": plan.names.in_language(get_language()),
        "plan": plan,
        "facts": [
            {"label": _("Roles"), "value": " · ".join(role_names(plan.roles))},
            {"label": _("Holds for"), "value": unit_name(newest, units)},
            {"label": _("Phase"), "value": phase_name(plan.phase)},
            {"label": _("Drafted by"), "value": str(newest.created_by or _("not known"))},
            {"label": _("Next step"), "value": next_step(newest, today=today)},
        ],
        "sentences": said(plan),
        "may_edit": may(request.access, "kpis:pay_plan_edit", "POST"),
        "forms": forms_by_action,
        "open": action,
        "refused": refused or [],
        "is_waiting": newest.state == PayPlanState.SUBMITTED,
        "can_submit": newest.state in (PayPlanState.DRAFT, PayPlanState.REJECTED),
        "can_retire": _can_retire(rows),
        "can_resume": newest.state == PayPlanState.RETIRED and (newest.effective_from or today) > today,
        "is_maker": is_maker,
        "approvers": approvers(key, request.access.workspace) if newest.state == PayPlanState.SUBMITTED else [],
        "before": before,
        "after": after,
        "changes": diff_node(differences(before, after, units)) if after else [],
        "rows": rows[:MOST_SHOWN],
        "hidden": max(len(rows) - MOST_SHOWN, 0),
        "revisions": [(str(each.pk), f"#{each.pk} · {each.get_state_display()}") for each in rows[:MOST_SHOWN]],
    }
    return render(request, "kpis/pay/plan.html", context, status=status)


def _compared(
    request: WorkspaceRequest, rows: list[PayPlan], holding: PayPlan | None
) -> tuple[PayPlan | None, PayPlan | None]:
    """Return the two revisions to compare: those asked for, else what holds now against the newest."""
    by_key = {row.pk: row for row in rows}
    asked = [by_key.get(_number(request.GET.get(name, "")) or 0) for name in ("from", "to")]
    if asked[1] is not None:
        return asked[0], asked[1]
    newest = rows[0]
    if newest.state == PayPlanState.RETIRED or (holding is not None and holding.pk == newest.pk):
        return None, None
    return holding, newest


def _can_retire(rows: list[PayPlan]) -> bool:
    """Tell whether something approved is not retired yet."""
    decided = [row for row in rows if row.state in (PayPlanState.APPROVED, PayPlanState.RETIRED)]
    return bool(decided) and decided[0].state == PayPlanState.APPROVED


def _form(action: str, data: Any = None) -> StepForm:
    today = current_day()
    initial = {"effective_from": _next_month(today)}
    return StepForm(
        data,
        with_day=action in NEEDS_DAY,
        ending=action == "retire",
        reason=action == "reject",
        initial=initial,
        auto_id=f"{action}-%s",
    )


def _next_month(today: date) -> date:
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _done(action: str) -> str:
    return {
        "submit": _("Submitted. Another person approves it or sends it back."),
        "approve": _("Approved. It pays from its day on."),
        "reject": _("Sent back."),
        "retire": _("It ends on that day; months before it keep their plan."),
        "restore": _("The older revision is a draft again."),
        "resume": _("Taken back: it pays on as it was approved."),
    }[action]
