"""A role's KPI weights in the three stages, for the workspace, a sub-type or a unit: look, try, save, restore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kpis.errors import WeightsInvalid
from kpis.models import WeightSet
from kpis.queries.values import stored_periods
from kpis.queries.weights import unit_line, weight_history, weights_on
from kpis.services.preview import Candidate, Preview, preview_change
from kpis.services.weights import give_back, known_subtype, restore_weights, set_weights
from kpis.views.library import weighed_role_or_404
from kpis.views.weight_columns import column, history_lines, place_words, subtype_options, unit_options
from omnichannel.core.periods import parse_day
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import RoleKey, StageKey, roles_here
from roles.choices import StageName
from roles.queries.org_chart import UnitTree, unit_tree

LONGEST = 12  # characters of a weight
NAN = Decimal("NaN")  # what is no number stays visible as an issue of its own


@dataclass(frozen=True, slots=True)
class _Place:
    """Where weights are looked at and set: everywhere, in one sub-type, in one unit."""

    day: date
    tree: UnitTree
    unit: str
    subtype: str

    def subtype_in(self, stage: StageKey) -> str:
        """Return the sub-type when it belongs to the stage."""
        return known_subtype(self.subtype, stage)

    @property
    def line(self) -> Sequence[str]:
        """The unit and what it belongs to."""
        return unit_line(self.unit, self.tree) if self.unit else ()


@require_http_methods(["GET", "HEAD", "POST"])
def weights(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Show the weights; POST tries them (`action=preview`), saves them, or gives the place back (`give_back`)."""
    role = weighed_role_or_404(role_key)
    place = _asked_place(request)
    if request.method != "POST":
        return render(request, "kpis/weights.html", _context(request, role, place))
    try:
        stage = StageKey(request.POST.get("stage", ""))
    except ValueError as error:
        raise Http404 from error
    typed = {} if request.POST.get("action") == "give_back" else _typed(request, stage)
    if request.POST.get("action") == "preview":
        return _preview(request, role, stage, typed, place)
    return _save(request, role, stage, typed, place)


def _asked_place(request: WorkspaceRequest) -> _Place:
    periods, today = stored_periods(), current_day()
    day = max(today, periods[0].last_day) if periods else today
    tree, unit = unit_tree(as_of=day), request.GET.get("unit", "")
    seen = tree if request.access.own_unit is None else tree.below(request.access.own_unit)
    if unit and unit not in seen:
        raise Http404(unit)
    return _Place(day, tree, unit, request.GET.get("subtype", ""))


def _typed(request: WorkspaceRequest, stage: StageKey) -> dict[str, Decimal]:
    prefix = f"weight-{stage.value}-"
    return {name.removeprefix(prefix): _decimal(text) for name, text in request.POST.items() if name.startswith(prefix)}


def _decimal(text: object) -> Decimal:
    written = str(text).strip() or "0"
    try:
        return Decimal(written) if len(written) <= LONGEST and "e" not in written.lower() else NAN
    except InvalidOperation:
        return NAN


def _effective_from(text: str) -> date:
    """Read the day a set holds from; today when it is left empty."""
    if not text.strip():
        return current_day()
    try:
        return parse_day(text)
    except ValueError:
        raise WeightsInvalid([("effective_from", _("This is no date. Write 2026-11-30."))]) from None


def _preview(
    request: WorkspaceRequest, role: RoleKey, stage: StageKey, typed: Mapping[str, Decimal], place: _Place
) -> HttpResponse:
    found: Sequence[Preview] = ()
    issues: tuple[tuple[str, str], ...] = ()
    candidate = Candidate(role, stage, typed or {"": NAN}, place.subtype_in(stage), place.unit)
    try:
        found = preview_change(candidate, effective_from=_effective_from(request.POST.get("effective_from", "")))
    except WeightsInvalid as error:
        issues = error.issues
    context = {"previews": found, "issues": issues, "stage": stage.value, "nothing": not found, "tree": place.tree}
    if request.htmx:
        return render(request, "kpis/_weights_preview.html", context)
    return render(request, "kpis/weights.html", _context(request, role, place, typed={stage: typed}, tried=context))


def _save(
    request: WorkspaceRequest, role: RoleKey, stage: StageKey, typed: Mapping[str, Decimal], place: _Place
) -> HttpResponse:
    release = request.POST.get("action") == "give_back"
    try:
        effective_from = _effective_from(request.POST.get("effective_from", ""))
        how: dict[str, Any] = {
            "effective_from": effective_from,
            "actor_id": request.access.user_id,
            "note": request.POST.get("note", "").replace("\x00", "")[:400],
            "subtype": place.subtype_in(stage),
            "unit": place.unit,
        }
        if release:
            give_back(role, stage, **how)
        else:
            set_weights(role, stage, typed, **how)
    except WeightsInvalid as error:
        tried = {"issues": error.issues, "stage": stage.value, "previews": (), "nothing": False}
        context = _context(request, role, place, typed={} if release else {stage: typed}, tried=tried)
        return render(request, "kpis/weights.html", context, status=422)
    text = (
        _("From %(day)s on %(stage)s follows the next wider weights again. The scores are new.")
        if release
        else _("Saved: %(stage)s weights from %(day)s on. The scores are new.")
    )
    messages.success(request, text % {"stage": StageName(stage.value).label, "day": effective_from})
    card_url = reverse("kpis:scorecard", args=[request.access.workspace.slug, role.value])
    return redirect(card_url if request.POST.get("action") == "save_and_show" else request.get_full_path())


@require_POST
def restore(request: WorkspaceRequest, slug: str, role_key: str, pk: int) -> HttpResponse:
    """Let an earlier set count again from the day given."""
    role = weighed_role_or_404(role_key)
    old = get_object_or_404(WeightSet.objects.filter(role_key=role.value), pk=pk)
    query = f"?unit={old.unit}&subtype={old.subtype}" if old.unit or old.subtype else ""
    back = reverse("kpis:weights", args=[slug, role.value]) + query
    try:
        day = _effective_from(request.POST.get("effective_from", ""))
        restore_weights(old, effective_from=day, actor_id=request.access.user_id)
    except WeightsInvalid as error:
        messages.error(request, str(error))
        return redirect(back)
    text = _("Restored: the set of %(old)s counts again from %(day)s on. The scores are new.")
    messages.success(request, text % {"old": old.effective_from, "day": day})
    return redirect(back)


def _context(
    request: WorkspaceRequest,
    role: RoleKey,
    place: _Place,
    *,
    typed: Mapping[StageKey, Mapping[str, Decimal]] | None = None,
    tried: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    periods = stored_periods()
    book, own_unit = weights_on(place.day, role=role.value), request.access.own_unit
    columns = [
        column(
            book.of(role.value, stage.value, subtype=place.subtype_in(stage), units=place.line),
            (typed or {}).get(stage),
            tree=place.tree,
            here=(place.subtype_in(stage), place.unit),
            tried=tried,
        )
        for stage in StageKey
    ]
    return {
        "role": roles_here().roles[role],
        "columns": columns,
        "history": history_lines(weight_history(role.value), tree=place.tree, within=own_unit, today=place.day),
        "may_change": may(request.access, "kpis:weights", "POST"),
        "effective_from": periods[0].start if periods else current_day(),
        "period": periods[0] if periods else None,
        "unit": place.unit,
        "subtype": place.subtype,
        "unit_options": unit_options(place.tree, within=own_unit),
        "subtype_options": subtype_options(),
        "place": place_words(place.subtype, place.unit, place.tree),
    }
