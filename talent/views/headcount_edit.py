"""The editor of a plan: one part for what concerns all units, one part a unit; and the steps a plan takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.catalogue import ExpectationLevel, load_roles
from roles.queries.org_chart import UnitTree
from roles.queries.picking import unit_options
from talent.choices import RATE_WORDS, PlanStatus
from talent.errors.headcount import PlanRefused
from talent.headcount.budgeting import CONTINGENCY, ENTERED_TYPES
from talent.headcount.document import plan_json
from talent.headcount.entry import general_fields, laid_in, shown, unit_fields
from talent.headcount.plan import RateSource
from talent.queries.headcount_plans import PlanView, proposed
from talent.services.budget import Wanted, take_over, undo_takeover
from talent.services.headcount_plans import copy_plan, keep_plan, restore_version, set_status
from talent.views.headcount_plans import asked_plan, show_plan, the_tree
from talent.views.headcount_words import driver_names, faults_at, role_name, type_name, unit_name

GENERAL = "general"


@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Edit one part of a draft (`?part=general` or a unit's place); POST keeps it as a new version."""
    plan, tree = asked_plan(request, pk), the_tree(request)
    if plan.status != PlanStatus.DRAFT:
        messages.error(request, _("Only a draft can be changed. Copy the plan to go on from it."))
        return redirect("talent:headcount_plan", slug, pk)
    part = _part(request, plan)
    if request.method != "POST":
        return _form(request, plan, tree, part, {}, {})
    typed = request.POST.dict()
    document = laid_in(dict(plan.content), typed, _fields(plan, part))
    document = _with_units(request, document, plan, tree)
    try:
        keep_plan(
            pk,
            document=document,
            tree=tree,
            actor_id=request.access.user_id,
            name=typed.get("name") if part == GENERAL else None,
            version=_version_seen(typed) or 0,
            note=typed.get("note", ""),
        )
    except PlanRefused as error:
        return _form(request, plan, tree, part, typed, faults_at(error.issues), status=422)
    except DomainError as error:
        field = "name" if error.code == "plan_name" else ""
        return _form(request, plan, tree, part, typed, {field: str(error)}, status=error.status)
    messages.success(request, _("The plan is kept."))
    return redirect(f"{reverse('talent:headcount_plan_edit', args=[slug, pk])}?part={part}")


def _part(request: WorkspaceRequest, plan: PlanView) -> str:
    said = request.GET.get("part", GENERAL)
    places = [GENERAL, *(str(index) for index in range(len(plan.spec.sections)))]
    return said if said in places else GENERAL


def _fields(plan: PlanView, part: str) -> list[str]:
    roles = list(plan.spec.norms)
    if part == GENERAL:
        return general_fields(roles)
    return unit_fields(int(part), roles=roles, drivers=load_roles().headcount.drivers)


def _with_units(request: WorkspaceRequest, document: dict[str, Any], plan: PlanView, tree: UnitTree) -> dict[str, Any]:
    """Leave out the units whose box is ticked, and add the one chosen as the day suggests it."""
    gone = set(request.POST.getlist("remove"))
    document["units"] = [unit for unit in document["units"] if unit["unit"] not in gone]
    added = request.POST.get("add", "")
    if added and added in tree:
        spec = proposed([added], start=plan.spec.start, months=plan.spec.months, tree=tree, as_of=tree.as_of)
        document["units"] += plan_json(spec)["units"]
    return document


def _form(
    request: WorkspaceRequest,
    plan: PlanView,
    tree: UnitTree,
    part: str,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    status: int = 200,
) -> HttpResponse:
    cells = _Cells(plan.content, typed, faults)
    context: dict[str, Any] = {
        "plan": plan,
        "part": part,
        "faults": faults,
        "refused": faults.get("", ""),
        "tabs": _tabs(request, plan, tree, part, faults),
        "drivers": [(key, names.in_language(get_language())) for key, names in driver_names().items()],
        "levels": [(level.value, load_roles().expectation_levels[level].names) for level in ExpectationLevel],
    }
    if part == GENERAL:
        context |= _general(plan, tree, cells, typed)
    else:
        context |= _unit(plan, tree, int(part), cells)
    return render(request, "talent/headcount_edit.html", context, status=status)


class _Cells:
    """The fields of the form, each with what was typed or is kept, and what is wrong with it."""

    def __init__(self, content: Mapping[str, Any], typed: Mapping[str, str], faults: Mapping[str, str]) -> None:
        self.content, self.typed, self.faults = dict(content), typed, faults

    def __call__(self, name: str, label: str) -> Mapping[str, str]:
        value = self.typed[name] if name in self.typed else shown(self.content, name)
        return {"name": name, "label": label, "value": value, "fault": self.faults.get(name, "")}

    def line(self, at: str, label: str) -> list[Mapping[str, str]]:
        """Return the three fields of a quantity by month."""
        parts = (("base", _("First month")), ("growth", _("Growth, % a month")), ("months", _("Other months")))
        return [self(f"{at}/{name}", f"{label}: {words}") for name, words in parts]


def _tabs(
    request: WorkspaceRequest, plan: PlanView, tree: UnitTree, part: str, faults: Mapping[str, str]
) -> list[Mapping[str, object]]:
    url = reverse("talent:headcount_plan_edit", args=[request.access.workspace.slug, plan.pk])
    parts = [(GENERAL, _("All units"))]
    parts += [(str(index), unit_name(section.unit, tree)) for index, section in enumerate(plan.spec.sections)]
    return [{"label": label, "url": f"{url}?part={key}", "current": key == part} for key, label in parts]


def _general(plan: PlanView, tree: UnitTree, cells: _Cells, typed: Mapping[str, str]) -> dict[str, Any]:
    roles = []
    for role in plan.spec.norms:
        name, rate = role_name(role), plan.spec.rates.get(role)
        roles.append(
            {
                "name": name,
                "driver": cells(f"norms/{role}/driver", f"{name}: {_('Headcount driver')}"),
                "units": cells(f"norms/{role}/units_per_fte", f"{name}: {_('Driver per post')}"),
                "minimum": cells(f"norms/{role}/minimum", f"{name}: {_('Minimum')}"),
                "rate": cells(f"rates/{role}/monthly", f"{name}: {_('Monthly cost of a post, CNY')}"),
                "source": RATE_WORDS[rate.source] if rate and rate.monthly is not None else "",
                "people": rate.people if rate and rate.source is RateSource.PEOPLE else 0,
            }
        )
    return {
        "name": {"name": "name", "value": typed.get("name", plan.name), "fault": cells.faults.get("name", "")},
        "start": cells("start", _("First month")),
        "months": cells("months", _("Months covered")),
        "contingency": cells("contingency_percent", _("Contingency, % of the whole budget")),
        "roles": roles,
        "sections": [
            (section.unit, unit_name(section.unit, tree), cells.faults.get(f"units/{index}/unit", ""))
            for index, section in enumerate(plan.spec.sections)
        ],
        "units": unit_options(tree),
        "units_fault": cells.faults.get("units", "") or _added_fault(cells.faults, plan),
    }


def _added_fault(faults: Mapping[str, str], plan: PlanView) -> str:
    return faults.get(f"units/{len(plan.spec.sections)}/unit", "")


def _unit(plan: PlanView, tree: UnitTree, index: int, cells: _Cells) -> dict[str, Any]:
    at, names = f"units/{index}", driver_names()
    used = {norm.driver for norm in plan.spec.norms.values()}
    kinds: Sequence[str] = (*ENTERED_TYPES, *([CONTINGENCY] if plan.spec.contingency is None else []))
    role_cells = [
        {
            "name": role_name(role),
            "level": cells(f"{at}/levels/{role}", f"{role_name(role)}: {_('Expected')}"),
            "fte": cells(f"{at}/outsourced/{role}/fte", f"{role_name(role)}: {_('Outsourced FTE')}"),
            "invoice": cells(f"{at}/outsourced/{role}/invoice", f"{role_name(role)}: {_('Invoice a month, CNY')}"),
        }
        for role in plan.spec.norms
    ]
    return {
        "section_name": unit_name(plan.spec.sections[index].unit, tree),
        "driver_lines": [
            (name, cells.line(f"{at}/drivers/{key}", name), key in used)
            for key, name in ((key, each.in_language(get_language())) for key, each in names.items())
        ],
        "role_cells": role_cells,
        "cost_lines": [(type_name(kind), cells.line(f"{at}/costs/{kind}", type_name(kind))) for kind in kinds],
    }


@require_POST
def plan_step(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take one step with a plan, named by `step`: a status, copy, restore, take over as the budget, or take back."""
    typed, access, tree = request.POST.dict(), request.access, the_tree(request)
    step, number = typed.get("step", ""), typed.get("number", "")
    chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0
    seen = _version_seen(typed)
    plan = asked_plan(request, pk)
    try:
        if step == "copy":
            made = copy_plan(pk, name=typed.get("name", ""), tree=tree, actor_id=access.user_id)
            return redirect("talent:headcount_plan_edit", slug, made.pk)
        if step == "restore":
            restore_version(pk, number=chosen, tree=tree, actor_id=access.user_id, seen=seen)
        elif step == "budget":
            wanted = Wanted(access.user_id, access.workspace.timezone, replace=bool(typed.get("replace")), seen=seen)
            take_over(pk, tree=tree, wanted=wanted)
        elif step == "undo":
            undo_takeover(pk, takeover=chosen, actor_id=access.user_id)
        else:
            set_status(pk, status=step, actor_id=access.user_id, note=typed.get("note", ""), seen=seen)
    except DomainError as error:
        if error.status == 404:
            raise Http404 from error
        return show_plan(request, pk, refused=str(error), status=422)
    messages.success(request, _step_words(step, plan))
    return redirect("talent:headcount_plan", slug, pk)


def _version_seen(typed: Mapping[str, str]) -> int | None:
    """Return the version the form was made of; what is no number was never seen."""
    said = typed.get("version")
    if said is None:
        return None
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0


def _step_words(step: str, plan: PlanView) -> str:
    told = {
        "restore": _("The earlier version is the newest one now."),
        "budget": _("The plan is the budget now: its amounts are rows of the table of costs."),
        "undo": _("The budget is being taken back; what counted before counts again."),
        PlanStatus.APPROVED.value: _("“%(name)s” is approved."),
        PlanStatus.ARCHIVED.value: _("“%(name)s” is archived."),
        PlanStatus.DRAFT.value: _("“%(name)s” is a draft again."),
    }
    return told[step] % {"name": plan.name}
