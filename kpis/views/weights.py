"""A role's KPI weights in the three stages: look, try, save."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kpis.errors import WeightsInvalid
from kpis.library import load_library
from kpis.queries.values import stored_periods
from kpis.queries.weights import EffectiveWeights, allowed_kpis, weight_history, weights_on
from kpis.services.preview import Preview, preview_weights
from kpis.services.weights import set_weights
from kpis.views.library import role_or_404
from omnichannel.core.periods import parse_day
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey, StageKey, load_roles
from roles.choices import StageName

LONGEST = 12  # characters of a weight
NAN = Decimal("NaN")  # what is no number stays visible as an issue of its own


@require_http_methods(["GET", "POST"])
def weights(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Show the weights; POST tries them (`action=preview`) or saves them."""
    role = role_or_404(role_key)
    if request.method == "GET":
        return render(request, "kpis/weights.html", _context(request, role))
    try:
        stage = StageKey(request.POST.get("stage", ""))
    except ValueError as error:
        raise Http404 from error
    typed = _typed(request, stage)
    if request.POST.get("action") == "preview":
        return _preview(request, role, stage, typed)
    return _save(request, role, stage, typed)


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
        return timezone.localdate()
    try:
        return parse_day(text)
    except ValueError:
        raise WeightsInvalid([("effective_from", _("This is no date. Write 2026-11-30."))]) from None


def _preview(request: WorkspaceRequest, role: RoleKey, stage: StageKey, typed: Mapping[str, Decimal]) -> HttpResponse:
    periods = stored_periods()
    result: Preview | None = None
    issues: tuple[tuple[str, str], ...] = ()
    try:
        result = preview_weights(role, stage, typed, period=periods[0]) if periods else None
    except WeightsInvalid as error:
        issues = error.issues
    context = {"preview": result, "issues": issues, "stage": stage.value, "nothing": not periods}
    if request.htmx:
        return render(request, "kpis/_weights_preview.html", context)
    return render(request, "kpis/weights.html", _context(request, role, typed={stage: typed}, tried=context))


def _save(request: WorkspaceRequest, role: RoleKey, stage: StageKey, typed: Mapping[str, Decimal]) -> HttpResponse:
    try:
        effective_from = _effective_from(request.POST.get("effective_from", ""))
        set_weights(
            role,
            stage,
            typed,
            effective_from=effective_from,
            actor_id=request.access.user_id,
            note=request.POST.get("note", "").replace("\x00", "")[:400],
        )
    except WeightsInvalid as error:
        tried = {"issues": error.issues, "stage": stage.value, "preview": None, "nothing": False}
        context = _context(request, role, typed={stage: typed}, tried=tried)
        return render(request, "kpis/weights.html", context, status=422)
    card_url = reverse("kpis:scorecard", args=[request.access.workspace.slug, role.value])
    messages.success(
        request,
        _("Saved: %(stage)s weights from %(day)s on. The scores are new.")
        % {"stage": StageName(stage.value).label, "day": effective_from},
    )
    return redirect(card_url if request.POST.get("action") == "save_and_show" else request.path)


def _context(
    request: WorkspaceRequest,
    role: RoleKey,
    *,
    typed: Mapping[StageKey, Mapping[str, Decimal]] | None = None,
    tried: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    periods = stored_periods()
    day = max(timezone.localdate(), periods[0].last_day) if periods else timezone.localdate()
    table = weights_on(day, role=role.value)
    return {
        "role": load_roles().roles[role],
        "columns": [
            _column(table[role.value, stage.value], (typed or {}).get(stage), tried=tried) for stage in StageKey
        ],
        "history": [{"set": each, "label": StageName(each.stage).label} for each in weight_history(role.value)],
        "may_change": may(request.access, "kpis:weights", "POST"),
        "effective_from": periods[0].start if periods else timezone.localdate(),
        "period": periods[0] if periods else None,
    }


def _column(
    used: EffectiveWeights, typed: Mapping[str, Decimal] | None, *, tried: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return one stage's column: the editor's rows, KPIs that count first, and who set it since when."""
    kpis, language = load_library().kpis, get_language()
    shown = typed if typed is not None else used.weights
    offered = [kpi for kpi in allowed_kpis(used.role) if used.role in kpis[kpi].roles or kpis[kpi].any_role]
    ids = dict.fromkeys([*used.weights, *(kpi for kpi, weight in shown.items() if weight), *offered])
    mine = tried if tried is not None and tried["stage"] == used.stage else None
    return {
        "stage": used.stage,
        "label": StageName(used.stage).label,
        "name": f"weight-{used.stage}",
        "note": _note(used),
        "rows": [
            {"id": kpi, "label": kpis[kpi].names.in_language(language), "value": _shown(shown.get(kpi))}
            for kpi in ids
            if kpi in kpis
        ],
        "tried": mine,
    }


def _note(used: EffectiveWeights) -> str:
    if used.since is None:
        return _("From the library")
    return _("Set by this workspace, since %(day)s") % {"day": date_format(used.since, "SHORT_DATE_FORMAT")}


def _shown(weight: Decimal | None) -> str:
    return "0" if weight is None or not weight.is_finite() else f"{weight:f}"
