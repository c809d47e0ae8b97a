"""Rating a person in a role: the sheet of all abilities, saved as a draft or finished."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.catalogue import RoleKey
from roles.catalogue.competence import load_competence
from roles.choices import Thing
from roles.queries.library import role_library
from roles.queries.naming import names_of
from talent.choices import RatedBy
from talent.errors.people import OutOfReach, RatingRefused
from talent.forms.ratings import RatingForm
from talent.people.gaps import Ability
from talent.queries.competence import RatedOn, draft_of, model_on, newest_ratings
from talent.queries.competence_people import FIRST_LEVEL
from talent.reach import rater_of, side_of
from talent.services.rating import check_reach, drop_draft, save_rating
from talent.views.competence_rows import level_name, model_parts
from talent.views.tabs import talent_tabs


@require_http_methods(["GET", "POST"])
def rate(request: WorkspaceRequest, slug: str, external_id: str, role_key: str) -> HttpResponse:
    """Show the sheet; POST saves the draft (`save`), throws it away (`drop`) or finishes the rating (`finish`)."""
    clock, access = clock_of(request, ""), request.access
    side, rater = side_of(external_id, access=access), rater_of(access)
    try:
        check_reach(external_id, rater=rater, on=clock.today)
        model = model_on(role_key, as_of=clock.today)
    except (OutOfReach, KeyError, ValueError) as error:
        raise Http404 from error
    if side is None:
        raise Http404
    if request.method != "POST":
        return _page(request, external_id, role_key, side, model, clock, form=None)
    if "drop" in request.POST:
        drop_draft(external_id, role=role_key, rated_by=side, rater=rater)
        messages.success(request, _("The draft was thrown away."))
        return redirect("talent:person_competence", slug, external_id)
    form, finish = RatingForm(request.POST, model=model), "finish" in request.POST
    if form.is_valid():
        try:
            save_rating(external_id, role=role_key, rated_by=side, sheet=form.sheet, rater=rater, finish=finish)
        except RatingRefused as refused:
            form.tell(refused.faults)
        else:
            told = (
                _("The rating counts from its day on.") if finish else _("The draft is saved; go on whenever you like.")
            )
            messages.success(request, told)
            return redirect("talent:person_competence", slug, external_id)
    return _page(request, external_id, role_key, side, model, clock, form=form, status=422)


def _page(
    request: WorkspaceRequest,
    person: str,
    role: str,
    side: RatedBy,
    model: tuple[Ability, ...],
    clock: Clock,
    *,
    form: RatingForm | None,
    status: int = 200,
) -> HttpResponse:
    draft = draft_of(person, role, rated_by=side)
    last = newest_ratings(as_of=clock.today, people=[person], rated_by=side, role=role).get((person, role))
    shown = form or RatingForm(model=model, initial=_initial(draft, last, clock))
    other = None
    if side is RatedBy.MANAGER:
        other = newest_ratings(as_of=clock.today, people=[person], rated_by=RatedBy.SELF, role=role).get((person, role))
    context = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:competence"),
        "person": person,
        "name": names_of({(Thing.PEOPLE, person)}).get((Thing.PEOPLE, person), person),
        "role": role_library().roles[RoleKey(role)],
        "side": side,
        "form": shown,
        "parts": [(names, [_row(each, shown, last, other) for each in some]) for names, some in model_parts(model)],
        "draft": draft,
        "own_rating": other,
    }
    return render(request, "talent/competence_rate.html", context, status=status)


def _initial(draft: RatedOn | None, last: RatedOn | None, clock: Clock) -> dict[str, Any]:
    """Start from the draft; without one from the job level of the last rating, all levels open."""
    known = draft or last
    found: dict[str, Any] = {"job_level": known.job_level if known else FIRST_LEVEL, "rated_on": clock.today}
    for key, line in draft.lines.items() if draft else ():
        found[f"level-{key}"] = "" if line.level is None else str(line.level)
        found[f"remark-{key}"] = line.remark
    return found


def _row(each: Ability, form: RatingForm, last: RatedOn | None, other: RatedOn | None) -> dict[str, Any]:
    """Return one ability of the sheet: its options with what each looks like, and what was rated before."""
    scale, level, remark = load_competence().scale, form[f"level-{each.key}"], form[f"remark-{each.key}"]
    chosen = str(level.value() or "") if level.value() not in (0, "0") else "0"
    told = (scale[0].definition, *each.anchors)
    before, own = (one.lines.get(each.key) if one else None for one in (last, other))
    return {
        "ability": each,
        "name": each.names.in_language(get_language()),
        "options": [
            {"value": str(row.level), "name": row.names, "anchor": anchor, "chosen": chosen == str(row.level)}
            for row, anchor in zip(scale, told, strict=True)
        ],
        "level": level,
        "remark": remark,
        "before": level_name(before.level) if before else "",
        "own": level_name(own.level) if own else "",
        "own_remark": own.remark if own else "",
    }
