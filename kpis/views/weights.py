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
from kpis.queries.weights import newest_set, unit_line, weight_history, weights_on
from kpis.services.preview import Candidate, Preview, preview_change
from kpis.services.weights import checked_weights, give_back, known_subtype, restore_weights, set_weights
from kpis.views.library import weighed_role_or_404
from kpis.views.weight_columns import column, history_lines, issue_lines, place_words, subtype_options, unit_options
from omnichannel.core.periods import day_or_none
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


@dataclass(frozen=True, slots=True)
class _Typed:
    """What a form holds: a stage, its weights as typed and as read, the day and the reason, and the set it began from.

    `issues` tells a day that is none.
    """

    stage: StageKey
    texts: Mapping[str, str]
    day: date | None
    day_text: str
    note: str
    seen: int | None
    issues: tuple[tuple[str, str], ...]

    @property
    def weights(self) -> dict[str, Decimal]:
        """The weights; what is no number is none."""
        return {kpi: _decimal(text) for kpi, text in self.texts.items()}


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
    typed = _typed(request, stage)
    if request.POST.get("action") == "preview":
        return _preview(request, role, typed, place)
    return _save(request, role, typed, place)


def _asked_place(request: WorkspaceRequest) -> _Place:
    periods, today = stored_periods(), current_day()
    day = max(today, periods[0].last_day) if periods else today
    tree, unit = unit_tree(as_of=day), request.GET.get("unit", "")
    seen = tree if request.access.own_unit is None else tree.below(request.access.own_unit)
    if unit and unit not in seen:
        raise Http404(unit)
    return _Place(day, tree, unit, request.GET.get("subtype", ""))


def _typed(request: WorkspaceRequest, stage: StageKey) -> _Typed:
    posted, prefix = request.POST, f"weight-{stage.value}-"
    texts = {name.removeprefix(prefix): str(text) for name, text in posted.items() if name.startswith(prefix)}
    day_text, seen = posted.get("effective_from", "").strip(), posted.get("seen", "")
    day = day_or_none(day_text) if day_text else current_day()
    issues = () if day else (("effective_from", _("This is no date. Write 2026-11-30.")),)
    note = posted.get("note", "").replace("\x00", "")[:400]
    known = int(seen) if seen.isdecimal() and len(seen) < 19 else None
    return _Typed(stage, texts, day, day_text, note, known, issues)


def _decimal(text: object) -> Decimal:
    written = str(text).strip() or "0"
    try:
        return Decimal(written) if len(written) <= LONGEST and "e" not in written.lower() else NAN
    except InvalidOperation:
        return NAN


def _preview(request: WorkspaceRequest, role: RoleKey, typed: _Typed, place: _Place) -> HttpResponse:
    found: Sequence[Preview] = ()
    candidate = Candidate(role, typed.stage, typed.weights or {"": NAN}, place.subtype_in(typed.stage), place.unit)
    issues = typed.issues
    try:
        if typed.day is None:
            candidate.check(on=None)
        else:
            found = preview_change(candidate, effective_from=typed.day)
    except WeightsInvalid as error:
        issues = (*issues, *error.issues)
    context = {
        "previews": found,
        "issues": issue_lines(issues),
        "stage": typed.stage.value,
        "nothing": not found,
        "tree": place.tree,
    }
    if request.htmx:
        return render(request, "kpis/_weights_preview.html", context)
    return render(request, "kpis/weights.html", _context(request, role, place, typed=typed, tried=context))


def _save(request: WorkspaceRequest, role: RoleKey, typed: _Typed, place: _Place) -> HttpResponse:
    release = request.POST.get("action") == "give_back"
    try:
        _write(role, typed, place, release=release, actor_id=request.access.user_id)
    except WeightsInvalid as error:
        issues = issue_lines((*typed.issues, *error.issues))
        tried = {"issues": issues, "stage": typed.stage.value, "previews": (), "nothing": False}
        context = _context(request, role, place, typed=typed, tried=tried)
        return render(request, "kpis/weights.html", context, status=422)
    text = (
        _("From %(day)s on %(stage)s follows the next wider weights again. The scores are new.")
        if release
        else _("Saved: %(stage)s weights from %(day)s on. The scores are new.")
    )
    messages.success(request, text % {"stage": StageName(typed.stage.value).label, "day": typed.day})
    card_url = reverse("kpis:scorecard", args=[request.access.workspace.slug, role.value])
    return redirect(card_url if request.POST.get("action") == "save_and_show" else request.get_full_path())


def _write(role: RoleKey, typed: _Typed, place: _Place, *, release: bool, actor_id: int) -> None:
    """Save or give back; WeightsInvalid beside the issues of the form itself."""
    stage, subtype = typed.stage, place.subtype_in(typed.stage)
    if typed.day is None:
        if not release:
            checked_weights(role, typed.weights, stage=stage, subtype=subtype, unit=place.unit)
        raise WeightsInvalid(())
    how: dict[str, Any] = {
        "effective_from": typed.day,
        "actor_id": actor_id,
        "note": typed.note,
        "subtype": subtype,
        "unit": place.unit,
        "seen": typed.seen,
    }
    if release:
        give_back(role, stage, **how)
    else:
        set_weights(role, stage, typed.weights, **how)


@require_POST
def restore(request: WorkspaceRequest, slug: str, role_key: str, pk: int) -> HttpResponse:
    """Let an earlier set count again from the day given."""
    role = weighed_role_or_404(role_key)
    old = get_object_or_404(WeightSet.objects.filter(role_key=role.value), pk=pk)
    query = f"?unit={old.unit}&subtype={old.subtype}" if old.unit or old.subtype else ""
    back = reverse("kpis:weights", args=[slug, role.value]) + query
    text = request.POST.get("effective_from", "").strip()
    day = day_or_none(text) if text else current_day()
    if day is None:
        messages.error(request, _("This is no date. Write 2026-11-30."))
        return redirect(back)
    try:
        restore_weights(old, effective_from=day, actor_id=request.access.user_id)
    except WeightsInvalid as error:
        messages.error(request, str(error))
        return redirect(back)
    text = _("Restored: the set of %(old)s counts again from %(day)s on. The scores are new.")
    messages.success(request, text % {"old": old.effective_from, "day": day})
    return redirect(back)


def _seen(role: RoleKey, stage: StageKey, place: _Place) -> int:
    newest = newest_set(role, (stage.value, place.subtype_in(stage), place.unit))
    return newest.pk if newest else 0


def _context(
    request: WorkspaceRequest,
    role: RoleKey,
    place: _Place,
    *,
    typed: _Typed | None = None,
    tried: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    periods = stored_periods()
    book, own_unit = weights_on(place.day, role=role.value), request.access.own_unit
    columns = [
        column(
            book.of(role.value, stage.value, subtype=place.subtype_in(stage), units=place.line),
            typed.texts if typed is not None and typed.stage == stage else None,
            tree=place.tree,
            here=(place.subtype_in(stage), place.unit),
            tried=tried,
        )
        | {"seen": _seen(role, stage, place)}
        for stage in StageKey
    ]
    return {
        "role": roles_here().roles[role],
        "columns": columns,
        "typed": typed,
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
