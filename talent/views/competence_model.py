"""The competence model of a role: parts, levels and anchors, and what the workspace needs per job level."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey
from roles.catalogue.competence import load_competence
from roles.queries.library import role_library
from talent.errors.people import RatingRefused
from talent.forms.ratings import NeededForm, job_levels, needed_field
from talent.people.gaps import Ability, model_of
from talent.queries.competence import model_on, needed_history
from talent.services.rating import set_needed
from talent.views.competence_rows import job_level_name, model_parts
from talent.views.tabs import talent_tabs


@require_http_methods(["GET", "POST"])
def role_model(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Show the model, as a fragment on the role's page; POST alters what the workspace needs."""
    clock = clock_of(request, None if request.method == "GET" else "")
    try:
        model = model_on(role_key, as_of=clock.as_of)
    except (KeyError, ValueError) as error:
        raise Http404 from error
    if request.method != "POST":
        return _page(request, role_key, model, clock, form=None)
    form = NeededForm(request.POST, model=model)
    if form.is_valid():
        data = form.cleaned_data
        try:
            changed = set_needed(
                role_key, needed=form.needed, since=data["since"], note=data["note"], actor_id=request.access.user_id
            )
        except RatingRefused as refused:
            form.add_error(None, str(refused))
        else:
            words = ngettext("%(n)s needed level changed.", "%(n)s needed levels changed.", changed)
            messages.success(request, words % {"n": changed} if changed else _("Nothing differs; nothing was written."))
            return redirect("talent:role_competence", slug, role_key)
    return _page(request, role_key, model, clock, form=form, status=422)


def _page(
    request: WorkspaceRequest,
    role_key: str,
    model: tuple[Ability, ...],
    clock: Clock,
    *,
    form: NeededForm | None,
    status: int = 200,
) -> HttpResponse:
    role = role_library().roles[RoleKey(role_key)]
    shipped = {each.key: each.needed for each in model_of(role)}
    catalogue, may_change = load_competence(), may(request.access, "talent:role_competence", "POST") and clock.is_now
    shown = form or NeededForm(model=model, initial={"since": clock.today})
    source = catalogue.models.get(role.key)
    context = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:competence"),
        "role": role,
        "job_levels": job_levels(),
        "scale": catalogue.scale,
        "source": source.source if source else "workspace",
        "parts": [
            (names, [_row(each, shown, shipped[each.key]) for each in abilities])
            for names, abilities in model_parts(model)
        ],
        "form": shown,
        "is_wrong": form is not None,
        "may_change": may_change,
        "history": _history(role_key, model),
    }
    template = "talent/competence_model.html"
    part = request.htmx and not request.htmx.boosted
    return render(request, f"{template}#model" if part else template, context, status=status)


def _row(each: Ability, form: NeededForm, shipped: Any) -> dict[str, Any]:
    scale = load_competence().scale
    return {
        "ability": each,
        "needed": [
            {
                "job_level": job_level_name(job_level),
                "level": needed,
                "name": scale[needed].names,
                "library": shipped[job_level] if job_level in each.altered else None,
                "field": form[needed_field(each.key, job_level)],
            }
            for job_level, needed in each.needed.items()
        ],
        "anchors": list(zip(scale[1:], each.anchors, strict=True)),
    }


def _history(role: str, model: tuple[Ability, ...]) -> list[dict[str, Any]]:
    names = {each.key: each.names.in_language(get_language()) for each in model}
    library = _("as in the library")
    return [
        {
            "when": row.since,
            "title": f"{names.get(row.ability, row.ability)} · {job_level_name(row.job_level)}: "
            f"{library if row.needed is None else row.needed}",
            "text": row.note,
            "who": str(row.author or ""),
        }
        for row in needed_history(role)
    ]
