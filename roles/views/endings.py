"""Closing a unit, ending a seat, role or line, a person who leaves; and taking back what should never have been."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from omnichannel.core.dayfields import DayField
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.choices import OrgSource, Thing
from roles.forms import NOTE_LENGTH, PickField
from roles.holdings import split_assignment_key
from roles.queries.naming import names_of
from roles.queries.picking import labelled
from roles.services.edits import values_on
from roles.services.ending import end, remove
from roles.services.moving import merge_units
from roles.services.written import Written
from roles.state_words import value_text
from roles.views.sheets import (
    day_in,
    done,
    drafts_for,
    first_day,
    pick_urls,
    said,
    show,
    thing_of,
    typed_in,
    url_of,
    with_draft,
)

TITLES = {
    Thing.UNITS: gettext_lazy("Close the unit"),
    Thing.SEATS: gettext_lazy("End the seat"),
    Thing.PEOPLE: gettext_lazy("The person leaves"),
    Thing.ASSIGNMENTS: gettext_lazy("End the role held"),
    Thing.LINES: gettext_lazy("End the secondary line"),
}
FIRST_DAYS = {
    Thing.UNITS: gettext_lazy("First day it is closed"),
    Thing.PEOPLE: gettext_lazy("First day gone"),
}
TEMPLATE = "roles/changes/end.html"


class EndForm(forms.Form):
    """From when on something is no longer there."""

    on = DayField()
    note = forms.CharField(label=gettext_lazy("Why"), required=False, max_length=NOTE_LENGTH)

    hand_over = forms.BooleanField(label=gettext_lazy("Who reports to them goes to their own manager"), required=False)

    def __init__(self, *args: Any, thing: Thing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].label = FIRST_DAYS.get(thing, _("First day it is over"))
        if thing is not Thing.PEOPLE:
            del self.fields["hand_over"]


class MergeForm(forms.Form):
    """Into which unit another one goes, and from when on."""

    into = PickField(
        Thing.UNITS,
        label=gettext_lazy("Into"),
        help_text=gettext_lazy("Its units, seats, people and roles go there, and it closes."),
    )
    on = DayField(label=gettext_lazy("Holds from"))
    note = forms.CharField(label=gettext_lazy("Why"), required=False, max_length=NOTE_LENGTH)

    def __init__(self, *args: Any, pick_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].widget.url = pick_url  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def end_page(request: WorkspaceRequest, slug: str, thing: str, external_id: str) -> HttpResponse:
    """Ask from when on something is over, or whether it should never have been; POST ends it."""
    kind = thing_of(thing)
    name = _name(kind, external_id, day_in(request, "on", "as_of"))
    day = day_in(request, "on", "as_of")
    if request.method != "POST":
        return _show(request, kind, external_id, name, EndForm(initial={"on": day}, thing=kind))
    form = EndForm(typed_in(request), thing=kind)
    if not form.is_valid():
        return _show(request, kind, external_id, name, form, status=422)
    typed = form.cleaned_data
    on, hand_over = typed["on"], typed.get("hand_over", False)
    written = end(kind, external_id, on=on, hand_over=hand_over, actor_id=request.access.user_id, note=typed["note"])
    if written.issues:
        return _show(request, kind, external_id, name, form, refused=written, status=422)
    text = said(request, written, name, on=on, what=_("Ended"))
    has_no_place = kind in {Thing.UNITS, Thing.SEATS} and on <= first_day(request)
    url = reverse("roles:organisation", args=[slug]) if has_no_place else url_of(slug, kind, external_id)
    is_gone = has_no_place and kind is Thing.UNITS
    return done(request, written, text, url=url, thing=kind, key=external_id, is_gone=is_gone)


@require_POST
def take_back(request: WorkspaceRequest, slug: str, thing: str, external_id: str) -> HttpResponse:
    """Take something back as if it had never been, once its id has been typed."""
    kind = thing_of(thing)
    day = day_in(request, "on", "as_of")
    name = _name(kind, external_id, day)
    form = EndForm(initial={"on": day}, thing=kind)
    if request.POST.get("typed", "").strip() != _to_type(kind, external_id):
        return _show(request, kind, external_id, name, form, is_mistyped=True, status=422)
    written = remove(kind, [external_id], actor_id=request.access.user_id, source=OrgSource.WEB)
    if written.issues:
        return _show(request, kind, external_id, name, form, refused=written, status=422)
    text = said(request, written, name, on=None, what=_("Taken back"))
    gone_to = reverse("roles:organisation", args=[slug])
    if kind in {Thing.ASSIGNMENTS, Thing.LINES}:
        gone_to = url_of(slug, kind, external_id)
    elif kind is Thing.PEOPLE:
        gone_to = reverse("roles:people", args=[slug])
    is_gone = kind in {Thing.UNITS, Thing.PEOPLE}
    return done(request, written, text, url=gone_to, thing=kind, key=external_id, is_gone=is_gone, undoable=False)


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Ask into which unit this one goes; POST merges them."""
    day = day_in(request, "on", "as_of")
    name = _name(Thing.UNITS, external_id, day)
    url = pick_urls(request, (Thing.UNITS,))[Thing.UNITS]
    into = request.GET.get("to", "")
    if request.method != "POST":
        return _show_merge(request, external_id, name, MergeForm(initial={"on": day, "into": into}, pick_url=url))
    form = MergeForm(typed_in(request), pick_url=url)
    if not form.is_valid():
        return _show_merge(request, external_id, name, form, status=422)
    on, into = form.cleaned_data["on"], form.cleaned_data["into"]
    written = merge_units(
        external_id, into=into, on=on, actor_id=request.access.user_id, note=form.cleaned_data["note"]
    )
    if written.issues:
        return _show_merge(request, external_id, name, form, refused=written, status=422)
    text = said(request, written, name, on=on, what=_("Merged"))
    url = url_of(slug, Thing.UNITS, into)
    is_gone = on <= today_in(request.access.workspace)
    return done(request, written, text, url=url, thing=Thing.UNITS, key=external_id, is_gone=is_gone)


def _name(kind: Thing, key: str, day: date) -> str:
    """Return what it is called; 404 for what is not there."""
    now = values_on(kind, key, day)
    if now is None:
        raise Http404(key)
    if kind is Thing.ASSIGNMENTS:
        person, role, _start = split_assignment_key(key)
        called = names_of({(Thing.PEOPLE, person)}).get((Thing.PEOPLE, person), person)
        return f"{called} · {value_text('role_key', role, names={})}"
    if kind is Thing.LINES:
        return names_of({(kind, key)}).get((kind, key), key)
    return str(now.get("name") or now.get("title") or now.get("display_name") or key)


def _to_type(kind: Thing, key: str) -> str:
    """Return what has to be typed: the id; of a role held the person's, for its own key is no word of people."""
    return split_assignment_key(key)[0] if kind is Thing.ASSIGNMENTS else key


def _show(
    request: WorkspaceRequest,
    kind: Thing,
    key: str,
    name: str,
    form: EndForm,
    *,
    refused: Written | None = None,
    is_mistyped: bool = False,
    status: int = 200,
) -> HttpResponse:
    slug = request.access.workspace.slug
    context = {
        "title": TITLES[kind],
        "name": name,
        "thing": kind,
        "key": key,
        "form": form,
        "today": today_in(request.access.workspace),
        "to_type": _to_type(kind, key),
        "is_mistyped": is_mistyped,
        "problems": _problems(refused),
        "action": with_draft(request, reverse("roles:end", args=[slug, kind.value, key])),
        "scenarios": drafts_for(request, reverse("roles:end", args=[slug, kind.value, key])),
        "remove_url": with_draft(request, reverse("roles:remove", args=[slug, kind.value, key])),
        "merge_url": with_draft(request, reverse("roles:merge", args=[slug, key])) if kind is Thing.UNITS else "",
        "back": with_draft(request, url_of(slug, kind, key)),
    }
    return show(request, TEMPLATE, context, status=status)


def _show_merge(
    request: WorkspaceRequest,
    key: str,
    name: str,
    form: MergeForm,
    *,
    refused: Written | None = None,
    status: int = 200,
) -> HttpResponse:
    slug = request.access.workspace.slug
    context = {
        "title": _("Merge the unit"),
        "name": name,
        "form": form,
        "today": today_in(request.access.workspace),
        "problems": _problems(refused),
        "action": with_draft(request, reverse("roles:merge", args=[slug, key])),
        "scenarios": drafts_for(request, reverse("roles:merge", args=[slug, key])),
        "back": with_draft(request, url_of(slug, Thing.UNITS, key)),
    }
    return show(request, TEMPLATE, context, status=status)


def _problems(refused: Written | None) -> list[dict[str, str]]:
    """Return the obstacles with the names of what is in the way; who has to move leaves the seat with the unit."""
    issues = refused.issues if refused is not None else ()
    moving = {issue.external_id for issue in issues if issue.code == "unit_not_there"}
    told = [issue for issue in issues if issue.code != "seat_not_there" or issue.external_id not in moving]
    kinds = (Thing.SEATS, Thing.UNITS, Thing.PEOPLE)
    names = {key: name for (_kind, key), name in names_of({(k, i.external_id) for k in kinds for i in told}).items()}
    return [
        {
            "message": issue.message,
            "column": "",
            "value": labelled(issue.external_id, names.get(issue.external_id, "")),
        }
        for issue in told
    ]
