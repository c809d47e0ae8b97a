"""The effect of a programme on new private users: windows in the URL, the interval, the stores behind it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.queries.values import stored_periods
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.middleware import WorkspaceRequest
from talent.courses.effect import FEWEST, Effect, Unsaid
from talent.queries.training import programmes
from talent.queries.training_effect import (
    NAMES,
    Apart,
    EffectView,
    Side,
    Windows,
    training_effect,
    usual_windows,
    windows_from,
)
from talent.views.training_frame import frame, programme_options

ROUTE, USUAL = "talent:training_effect", "frontline-practice"
FILE_COLUMNS = ("store_id", "store", "group", "reason", "people", "trained", "before", "after", "change")


@require_GET
def effect_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Compare trained with untrained stores."""
    asked = request.GET
    is_asked = any(name in asked for name in NAMES)
    windows = windows_from(asked.dict()) if is_asked else usual_windows()
    programme = _programme(request)
    view = training_effect(programme, windows) if windows else None
    months = [str(month) for month in reversed(stored_periods())]
    parts = windows.parts if windows else {name: asked.get(name, "") for name in NAMES}
    context = frame(
        request,
        ROUTE,
        programme=programme,
        programmes=programme_options(programmes(with_hidden=True)),
        months=[(month, month) for month in months],
        parts=parts,
        is_wrong=is_asked and windows is None,
        windows=windows,
        view=view,
        **(_told(view) if view else {}),
    )
    return render(request, "talent/training_effect.html", context, status=422 if context["is_wrong"] else 200)


@require_GET
def effect_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the stores as CSV."""
    asked = request.GET.dict()
    windows = windows_from(asked) if any(name in asked for name in NAMES) else usual_windows()
    stores = training_effect(_programme(request), windows).stores if windows else ()
    rows: list[tuple[object, ...]] = [
        (
            line.unit, line.name, line.side.value, line.apart.value if line.apart else "", line.people, line.trained,
            _text(line.before), _text(line.after), _text(line.change),
        )
        for line in stores
    ]  # fmt: skip
    return csv_answer(csv_text([FILE_COLUMNS, *rows]), filename="training-effect.csv")


def effect_words(effect: Effect) -> str:
    """Return in a sentence what may be said, and what may not."""
    few = {"fewest": FEWEST, "trained": effect.trained.stores, "untrained": effect.untrained.stores}
    if effect.unsaid is Unsaid.FEW_TRAINED:
        return _("It cannot be said: %(trained)s trained stores, at least %(fewest)s are needed.") % few
    if effect.unsaid is Unsaid.FEW_UNTRAINED:
        return _("It cannot be said: %(untrained)s untrained stores, at least %(fewest)s are needed.") % few
    if effect.unsaid is Unsaid.NO_SPREAD:
        return _("All stores of a group changed alike, so no uncertainty can be told.")
    if not effect.is_clear:
        return _("The trained stores did not change clearly more or less than the untrained ones.")
    if effect.effect is not None and effect.effect > 0:
        return _("The trained stores gained more than the untrained ones in the same months.")
    return _("The trained stores gained less than the untrained ones in the same months.")


def _told(view: EffectView) -> dict[str, Any]:
    words = {Apart.TRAINED_OTHERWISE: _("trained in other months"), Apart.NO_FIGURES: _("months without figures")}
    groups = {Side.TRAINED: _("trained"), Side.UNTRAINED: _("untrained"), Side.APART: _("left out")}
    return {
        "sentence": effect_words(view.effect),
        "earlier_sentence": effect_words(view.earlier) if view.earlier else "",
        "groups": [(groups[side], len(view.of(side))) for side in Side],
        "rows": [
            {"line": line, "group": groups[line.side], "why": words[line.apart] if line.apart else ""}
            for line in view.stores
        ],
        "spans": _spans(view.windows),
    }


def _spans(windows: Windows) -> dict[str, str]:
    return {
        name: str(months[0]) if len(months) == 1 else f"{months[0]} – {months[-1]}"
        for name, months in (("before", windows.before), ("training", windows.training), ("after", windows.after))
    }


def _programme(request: WorkspaceRequest) -> str:
    return request.GET.get("programme", "")[:48] or USUAL


def _text(value: object) -> str:
    return "" if value is None else str(value)
