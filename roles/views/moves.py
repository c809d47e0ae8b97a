"""The sheet in which a unit, person or seat is moved: what goes where from when, what follows, and then the move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from omnichannel.core.dayfields import DayField
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.choices import KEEP, Thing
from roles.forms import NOTE_LENGTH, PickField
from roles.queries.consequences import plan_move
from roles.queries.naming import names_of
from roles.services.edits import Values, next_planned, values_on
from roles.services.moving import MOVABLE, move
from roles.services.sync import SyncIssue
from roles.views.plan_words import plan_words
from roles.views.sheets import day_in, done, drafts_for, pick_urls, said, show, thing_of, typed_in, url_of, with_draft

TITLES = {
    Thing.UNITS: gettext_lazy("Move the unit"),
    Thing.PEOPLE: gettext_lazy("Move the person"),
    Thing.SEATS: gettext_lazy("Move the seat"),
}
SCOPES = {
    Thing.UNITS: (gettext_lazy("The whole branch"), gettext_lazy("This unit only; what is below it stays")),
    Thing.PEOPLE: (gettext_lazy("With those who report to them here"), gettext_lazy("This person only")),
}
TEMPLATE = "roles/changes/move.html"


class MoveForm(forms.Form):
    """Where to, from when on, and what goes along. `whole_branch` is 1 or 0."""

    to = PickField(Thing.UNITS, label=gettext_lazy("To"), help_text=gettext_lazy("Name or id."))
    on = DayField(label=gettext_lazy("Holds from"))
    whole_branch = forms.TypedChoiceField(
        label=gettext_lazy("What moves"), coerce=lambda text: text == "1", widget=forms.RadioSelect
    )
    manager = PickField(
        Thing.PEOPLE, label=gettext_lazy("Reports to"), required=False, help_text=gettext_lazy("Empty: as before.")
    )
    note = forms.CharField(label=gettext_lazy("Why"), required=False, max_length=NOTE_LENGTH)

    def __init__(self, *args: Any, thing: Thing, urls: Mapping[Thing, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, PickField):
                field.widget.url = urls[field.thing]  # type: ignore[attr-defined]
        if thing is Thing.UNITS:
            self.fields["to"].required = False
            self.fields["to"].help_text = _("Name or id. Empty: to the top.")
        if thing in SCOPES:
            branch, alone = SCOPES[thing]
            self.fields["whole_branch"].choices = [("1", branch), ("0", alone)]  # type: ignore[attr-defined]
        else:
            del self.fields["whole_branch"]
        if thing is not Thing.PEOPLE:
            del self.fields["manager"]


@dataclass(frozen=True, slots=True)
class Moved:
    """What is to be moved, and where it stands now."""

    thing: Thing
    key: str
    name: str
    unit: str | None


@require_http_methods(["GET", "HEAD", "POST"])
def move_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the sheet for `?thing=&id=[&to=&on=]`, `part=plan` only what follows; POST moves, or shows with `show`."""
    given = typed_in(request) if request.method == "POST" else request.GET
    kind = thing_of(given.get("thing", ""), MOVABLE)
    moved = _moved(kind, given.get("id", ""), day_in(request, "on", "as_of"))
    urls = pick_urls(request, (Thing.UNITS, Thing.PEOPLE))
    usual = {"on": str(day_in(request, "on", "as_of")), "whole_branch": "1"}
    form = MoveForm({**usual, **given.dict()}, thing=kind, urls=urls)
    # Nobody moves a unit to the top by leaving a field empty: the first time that only shows what follows.
    is_seen = bool(given.get("to", "").strip()) or "planned" in given
    is_asked, is_move = "to" in given, request.method == "POST" and "show" not in given and is_seen
    if is_move and form.is_valid():
        return _move(request, moved, form)
    if not is_asked:
        form = MoveForm(initial={**usual, "manager": None}, thing=kind, urls=urls)
    context = _context(request, moved, form, is_asked=is_asked)
    if given.get("part") == "plan" and request.method != "POST":
        return render(request, f"{TEMPLATE}#plan", context)
    return show(request, TEMPLATE, context, status=422 if is_move else 200)


def _moved(kind: Thing, key: str, day: date) -> Moved:
    now = values_on(kind, key, day) if "\x00" not in key else None
    if now is None:
        raise Http404(key)
    return Moved(kind, key, _name(now, key), now.get("parent_external_id", now.get("unit_external_id")))


def _name(now: Values, key: str) -> str:
    return str(now.get("name") or now.get("title") or now.get("display_name") or key)


def _move(request: WorkspaceRequest, moved: Moved, form: MoveForm) -> HttpResponse:
    typed, on = form.cleaned_data, form.cleaned_data["on"]
    written = move(
        moved.thing,
        moved.key,
        to=typed["to"],
        on=on,
        actor_id=request.access.user_id,
        whole_branch=typed.get("whole_branch", True),
        manager=typed.get("manager") or KEEP,
        note=typed["note"],
    )
    if written.issues:
        context = _context(request, moved, form, is_asked=True, refused=written.issues)
        return show(request, TEMPLATE, context, status=422)
    slug, today = request.access.workspace.slug, today_in(request.access.workspace)
    name = f"{moved.name} → {_called(typed['to'])}"
    text = said(request, written, name, on=on, what=_("Moved"))
    url = url_of(slug, moved.thing, moved.key, query=f"?as_of={on}" if on > today else "")
    return done(request, written, text, url=url, thing=moved.thing, key=moved.key)


def _called(unit: str | None) -> str:
    if unit is None:
        return _("the top")
    return names_of({(Thing.UNITS, unit)}).get((Thing.UNITS, unit), unit)


def _context(
    request: WorkspaceRequest, moved: Moved, form: MoveForm, *, is_asked: bool, refused: tuple[SyncIssue, ...] = ()
) -> dict[str, Any]:
    slug = request.access.workspace.slug
    context: dict[str, Any] = {
        "title": TITLES[moved.thing],
        "moved": moved,
        "from_name": _called(moved.unit),
        "form": form,
        "today": today_in(request.access.workspace),
        "action": with_draft(request, reverse("roles:move", args=[slug])),
        "back": with_draft(request, url_of(slug, moved.thing, moved.key)),
        "refused": refused,
        "scenarios": drafts_for(request, reverse("roles:move", args=[slug])),
    }
    if not is_asked or not form.is_valid():
        return context
    typed = form.cleaned_data
    whole_branch = typed.get("whole_branch", True)
    manager = typed.get("manager") or KEEP
    plan = plan_move(moved.thing, moved.key, to=typed["to"], on=typed["on"], whole_branch=whole_branch, manager=manager)
    asked = {"thing": moved.thing.value, "id": moved.key, "to": typed["to"] or "", "on": str(typed["on"])}
    effect = urlencode({**asked, "whole_branch": "1" if whole_branch else "0"})
    return context | {
        "to_name": _called(typed["to"]),
        "plan": plan_words(plan),
        "refused": refused or plan.refused,
        "effect_url": with_draft(request, f"{reverse('kpis:move_effect', args=[slug])}?{effect}"),
        "next_planned": next_planned(moved.thing, moved.key, typed["on"]),
    }
