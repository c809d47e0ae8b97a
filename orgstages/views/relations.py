"""The collaboration matrix: who gives what to whom, between which real units, and who sees to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from omnichannel.core.csvtext import csv_text
from omnichannel.core.errors import DomainError
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.catalogue import load_stages
from orgstages.errors import UnknownDiagnosisUnit, UnknownRelation
from orgstages.forms.plans import ReasonForm, RelationForm
from orgstages.forms.refusals import add_faults, add_refusal
from orgstages.queries.diagnosis import DIAGNOSED_LEVELS, in_bounds
from orgstages.queries.relations import OwnedRelation, matrix_of, owned_relations
from orgstages.services.relations import own_relation, relation_faults, take_back_relation
from orgstages.views.planning import suggestions
from orgstages.views.tabs import stage_tabs
from roles.catalogue import SubtypeKey
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.picking import unit_options
from roles.queries.stages import adopted_stages

JUDGED = ("giver", "receiver", "owner", "since")
FILE_COLUMNS = (
    "unit_id", "subtype", "number", "relation", "from_department", "to_department", "giver_id", "giver", "receiver_id",
    "receiver", "owner_id", "owner", "since", "state",
)  # fmt: skip


@require_GET
def relations(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the relations of a unit's sub-type, those without an owner first, and the matrix of giver and receiver."""
    return _page(request, clock_of(request), request.GET)


@require_POST
def relation_own(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Name who sees to a relation between two units, or take it back."""
    sent = request.POST
    clock = clock_of(request, sent.get("as_of", ""))
    number, subtype = sent.get("number", ""), sent.get("subtype", "")
    if subtype not in list(SubtypeKey) or not number.isdecimal():
        raise Http404
    place = f"{number}-back-{sent.get('giver', '')}-{sent.get('receiver', '')}" if "back" in sent else f"r{number}"
    form = ReasonForm(sent, key=place) if "back" in sent else RelationForm(sent, key=place)
    if not form.is_valid():
        if "back" not in sent:
            said: dict[str, Any] = {name: form.cleaned_data.get(name) for name in JUDGED}
            add_faults(form, relation_faults(**said))
        return _page(request, clock, sent, rejected={place: form}, status=422)
    data, access = form.cleaned_data, request.access
    who: dict[str, Any] = {"actor_id": access.user_id, "within": access.own_unit}
    asked: dict[str, Any] = {"subtype": SubtypeKey(subtype), "number": int(number)}
    try:
        if "back" in sent:
            pair: dict[str, Any] = {name: sent.get(name, "") for name in ("giver", "receiver")}
            take_back_relation(sent.get("unit", ""), since=clock.as_of, note=data["reason"], **asked, **pair, **who)
            messages.success(
                request, _("Taken back: nobody owns relation %(number)s between the two any more.") % asked
            )
        else:
            own_relation(sent.get("unit", ""), **data, **asked, **who)
            messages.success(request, _("Kept the owner of relation %(number)s.") % asked)
    except (UnknownDiagnosisUnit, UnknownRelation) as error:
        raise Http404 from error
    except DomainError as error:
        add_refusal(form, error)
        return _page(request, clock, sent, rejected={place: form}, status=error.status)
    query = urlencode({"unit": sent.get("unit", ""), "subtype": subtype})
    return redirect(f"{reverse('orgstages:relations', args=[slug])}?{query}{clock.more}")


@require_GET
def relations_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the relations of a unit as CSV, a line for each pair of units and one for a relation without any."""
    clock = clock_of(request)
    tree = unit_tree(as_of=clock.as_of)
    unit = _unit(request, tree, request.GET)
    if not unit:
        raise Http404
    subtype = _subtype(request.GET, unit, tree)
    language = get_language()
    rows: list[tuple[object, ...]] = [FILE_COLUMNS]
    for one in owned_relations(unit, as_of=clock.as_of, subtype=subtype, tree=tree):
        head = [unit, subtype.value, one.number, *(
            names.in_language(language) for names in (one.names, one.from_department, one.to_department)
        )]  # fmt: skip
        for pair in one.pairs or [None]:
            cells = [""] * 7 if pair is None else [
                pair.giver, pair.giver_name, pair.receiver, pair.receiver_name, pair.person, pair.person_name,
                pair.since.isoformat(),
            ]  # fmt: skip
            state = "unowned" if pair is None else pair.gap.value if pair.gap else "owned"
            rows.append((*head, *cells, state))
    return csv_answer(csv_text(rows), filename="relations.csv")


def _page(
    request: WorkspaceRequest, clock: Clock, asked: Any, *, rejected: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    access, wrong = request.access, rejected or {}
    tree = unit_tree(as_of=clock.as_of)
    unit = _unit(request, tree, asked)
    context: dict[str, Any] = {"clock": clock, "tabs": stage_tabs(request, "orgstages:relations"), "unit": unit}
    if unit:
        subtype = _subtype(asked, unit, tree)
        found = owned_relations(unit, as_of=clock.as_of, subtype=subtype, tree=tree)
        may_own = may(access, "orgstages:relation_own", "POST") and clock.known_at is None
        context |= {
            "unit_name": tree.nodes[unit].name,
            "units": unit_options(tree, within=access.own_unit),
            "subtype": subtype,
            "subtypes": _subtypes(),
            "adopted": adopted_stages(clock.as_of, tree=tree)[unit],
            "rows": [_row(one, clock, wrong, may_own=may_own) for one in sorted(found, key=lambda one: one.is_owned)],
            "unowned": sum(not one.is_owned for one in found),
            "total": len(found),
            "matrix": matrix_of(found),
            "may_own": may_own,
        }
        if may_own:
            context |= suggestions(tree, unit="", within=access.own_unit)
    return render(request, "orgstages/relations.html", context, status=status)


def _row(one: OwnedRelation, clock: Clock, wrong: dict[str, Any], *, may_own: bool) -> dict[str, Any]:
    key = f"r{one.number}"
    form = wrong.get(key) or RelationForm(key=key, initial={"since": clock.as_of})
    pairs = []
    for pair in one.pairs:
        place = f"{one.number}-back-{pair.giver}-{pair.receiver}"
        pairs.append({"pair": pair, "form": wrong.get(place) or ReasonForm(key=place), "is_wrong": place in wrong})
    return {"one": one, "pairs": pairs, "form": form if may_own else None, "is_wrong": key in wrong}


def _unit(request: WorkspaceRequest, tree: UnitTree, asked: Any) -> str:
    """Return the unit asked for; without one the first business unit that has adopted a sub-type, else any."""
    unit, within = asked.get("unit", ""), request.access.own_unit
    if unit:
        if not in_bounds(unit, tree=tree, within=within):
            raise Http404
        return str(unit)
    bounds = list(tree.nodes) if within is None else list(tree.walk(within))
    adopted = adopted_stages(tree.as_of, tree=tree)
    led = [each for each in bounds if tree.nodes[each].level in DIAGNOSED_LEVELS]
    decided = [each for each in led if adopted[each].unit_external_id == each]
    return next(iter([*decided, *led, *bounds]), "")


def _subtype(asked: Any, unit: str, tree: UnitTree) -> SubtypeKey:
    text = asked.get("subtype", "")
    return SubtypeKey(text) if text in list(SubtypeKey) else adopted_stages(tree.as_of, tree=tree)[unit].subtype


def _subtypes() -> list[tuple[str, str]]:
    specs = load_stages().subtypes.values()
    return [(spec.key.value, spec.names.in_language(get_language())) for spec in specs]
