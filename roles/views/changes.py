"""New things of the organisation and changes of what is there, as forms; both in the sheet and as pages."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from omnichannel.workspaces.clock import clock_of, today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.choices import PAY, Thing
from roles.forms import FORMS, AssignmentForm, LineForm, OrgForm
from roles.holdings import assignment_key, split_assignment_key
from roles.queries.naming import names_of
from roles.queries.picking import choices, labelled
from roles.queries.versions import last_touch
from roles.services.edits import add, edit, next_planned, values_on
from roles.services.sync import SyncIssue
from roles.state_words import references, value_text
from roles.views.loads import load_of
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

NEW = {
    Thing.UNITS: gettext_lazy("New unit"),
    Thing.SEATS: gettext_lazy("New seat"),
    Thing.PEOPLE: gettext_lazy("New person"),
    Thing.ASSIGNMENTS: gettext_lazy("Give a role"),
    Thing.LINES: gettext_lazy("New secondary line"),
}
EDIT = {
    Thing.UNITS: gettext_lazy("Edit the unit"),
    Thing.SEATS: gettext_lazy("Edit the seat"),
    Thing.PEOPLE: gettext_lazy("Edit the person"),
    Thing.ASSIGNMENTS: gettext_lazy("Edit the role held"),
    Thing.LINES: gettext_lazy("Edit the secondary line"),
}
PREFIX = {Thing.UNITS: "U", Thing.SEATS: "P", Thing.PEOPLE: "E", Thing.LINES: "L"}
TEMPLATE = "roles/changes/form.html"
# fields of inputs as the states call them, for words
STATE_NAMES = {"role": "role_key", "to_external_id": "to_unit", "from_external_id": "unit"}


@require_GET
def picks(request: WorkspaceRequest, slug: str, thing: str) -> HttpResponse:
    """Answer the options of a field in which a unit, seat or person is chosen."""
    kind = thing_of(thing, (Thing.UNITS, Thing.SEATS, Thing.PEOPLE))
    words = request.GET.get(request.GET.get("field", "q"), "")[:120]
    found = choices(kind, words, as_of=clock_of(request).as_of)
    options = [labelled(key, name) for key, name in found]
    return render(request, "roles/changes/_picks.html", {"options": options})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest, slug: str, thing: str) -> HttpResponse:
    """Show the form of something new, filled from the URL; POST adds it."""
    kind = thing_of(thing)
    between = Thing.PEOPLE if request.GET.get("between") == Thing.PEOPLE.value else Thing.UNITS
    day = day_in(request, "on", "as_of")
    if request.method != "POST":
        form = _form(request, kind, initial=_given(request, kind), between=between)
        return _show(request, kind, form, title=NEW[kind], day=day)
    form = _form(request, kind, data=typed_in(request), between=between)
    if not form.is_valid():
        return _show(request, kind, form, title=NEW[kind], day=day, status=422)
    values = form.values
    if kind in PREFIX:
        values["external_id"] = values["external_id"].strip() or f"{PREFIX[kind]}-{secrets.token_hex(4)}"
    if kind is Thing.LINES:
        values["between"] = between.value
    on = values["hired_on"] if kind is Thing.PEOPLE else form.cleaned_data.get("on") or first_day(request)
    written = add(kind, _filled(kind, values), on=on, actor_id=request.access.user_id, note=_note(form))
    if written.issues:
        _tell(form, written.issues)
        return _show(request, kind, form, title=NEW[kind], day=day, status=422)
    key = _key_of(kind, values)
    begins = values.get("start_on") or on
    text = said(request, written, _name(kind, key, values), on=begins, what=str(_("Added")))
    return done(request, written, text, url=_back(request, kind, key, begins), thing=kind, key=key)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: WorkspaceRequest, slug: str, thing: str, external_id: str) -> HttpResponse:
    """Show what holds on the day as a form; POST lets what was changed in it hold from the day given."""
    kind = thing_of(thing)
    day = day_in(request, "on", "as_of")
    now = values_on(kind, external_id, day)
    if now is None:
        raise Http404(external_id)
    between = Thing(now["between"]) if kind is Thing.LINES else Thing.UNITS
    title = EDIT[kind]
    if request.method != "POST":
        form = _form(request, kind, initial={**_shown(now), "on": day}, between=between, is_new=False)
        return _show(request, kind, form, title=title, key=external_id, now=now, day=day)
    form = _form(request, kind, data=typed_in(request), between=between, is_new=False)
    if not form.is_valid():
        return _show(request, kind, form, title=title, key=external_id, now=now, day=day, status=422)
    on = form.cleaned_data.get("on") or day
    edited = edit(
        kind,
        external_id,
        on=on,
        changes=_filled(kind, form.changes, only_given=True),
        base=form.base,
        actor_id=request.access.user_id,
        note=_note(form),
    )
    if not edited.is_ok:
        form = _again(request, kind, form, edited.conflicts, between=between, seen=_seen(request), key=external_id)
        _tell(form, edited.written.issues)
        return _show(request, kind, form, title=title, key=external_id, now=now, day=on, status=422)
    shown = None if kind is Thing.LINES else on
    text = said(request, edited.written, _name(kind, external_id, {**now, **form.values}), on=shown)
    closed = form.values.get("ends_on")
    is_gone = closed is not None and closed <= today_in(request.access.workspace)
    url = reverse("roles:organisation", args=[slug]) if is_gone else _back(request, kind, external_id, on)
    return done(request, edited.written, text, url=url, thing=kind, key=external_id, is_gone=is_gone)


def _form(request: WorkspaceRequest, kind: Thing, *, between: Thing, is_new: bool = True, **given: Any) -> OrgForm:
    urls = pick_urls(request, (Thing.UNITS, Thing.SEATS, Thing.PEOPLE))
    if kind is Thing.LINES:
        return LineForm(between=between, is_new=is_new, pick_urls=urls, **given)
    return FORMS[kind](is_new=is_new, pick_urls=urls, **given)


def _given(request: WorkspaceRequest, kind: Thing) -> dict[str, Any]:
    """Return what the link to the form says already: the unit one stands on, the person, the day."""
    day = day_in(request, "on", "as_of")
    given = {name: request.GET[name] for name in FORMS[kind].base_fields if name in request.GET}
    return {"on": day, "start_on": day, "hired_on": day, **given}


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Write decimals without trailing noughts."""
    return {name: f"{each.normalize():f}" if isinstance(each, Decimal) else each for name, each in values.items()}


def _filled(kind: Thing, values: Mapping[str, Any], *, only_given: bool = False) -> dict[str, Any]:
    """Leave out what an input wants to be absent rather than empty: the pay and seat that stay as they are."""
    kept = PAY if only_given else PAY | {"seat_external_id"}
    return {name: value for name, value in values.items() if not (name in kept and value is None)}


def _key_of(kind: Thing, values: Mapping[str, Any]) -> str:
    if kind is Thing.ASSIGNMENTS:
        return assignment_key(values["person_external_id"], values["role"], values["start_on"])
    return str(values["external_id"])


def _name(kind: Thing, key: str, values: Mapping[str, Any]) -> str:
    if kind is Thing.ASSIGNMENTS:
        person = split_assignment_key(key)[0]
        name = names_of({(Thing.PEOPLE, person)}).get((Thing.PEOPLE, person), person)
        return f"{name} · {value_text('role_key', values['role'], names={})}"
    if kind is Thing.LINES:
        return names_of({(kind, key)}).get((kind, key), key)
    return str(values.get("name") or values.get("title") or values.get("display_name") or key)


def _note(form: OrgForm) -> str:
    return str(form.cleaned_data.get("note", "")) if "note" in form.AROUND else ""


def _back(request: WorkspaceRequest, kind: Thing, key: str, day: date) -> str:
    """Return where the thing can be seen as it now will be: a planned change on its day."""
    query = f"?as_of={day}" if day > today_in(request.access.workspace) else ""
    return url_of(request.access.workspace.slug, kind, key, query=query)


def _seen(request: WorkspaceRequest) -> int:
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _tell(form: OrgForm, issues: Iterable[SyncIssue]) -> None:
    for issue in issues:
        form.add_error(issue.field if issue.field in form.fields else None, issue.message)


def _again(
    request: WorkspaceRequest,
    kind: Thing,
    form: OrgForm,
    conflicts: Mapping[str, Any],
    *,
    between: Thing,
    seen: int,
    key: str,
) -> OrgForm:
    """Draw the form as it was typed; fields that differ from what holds now say so, and a second save replaces that."""
    if not conflicts:
        return form
    data = typed_in(request).copy()
    fresh = _form(request, kind, data=data, between=between, is_new=False)
    for name, value in conflicts.items():
        data[f"initial-{name}"] = "" if value is None else str(_shown({name: value})[name])
    fresh.is_valid()
    touch = last_touch(kind, key)
    by_others = touch is not None and touch.number > seen
    names = names_of(references((_state_name(name), value) for name, value in conflicts.items()))
    for name, value in conflicts.items():
        words = {"now": value_text(_state_name(name), value, names=names) or "–", "who": touch.by if touch else ""}
        fresh.add_error(
            name,
            _("Since you opened this, %(who)s has set it to “%(now)s”. Save again to replace that.") % words
            if by_others
            else _("On this day it is “%(now)s” already, as planned. Save again to replace that.") % words,
        )
    return fresh


def _state_name(name: str) -> str:
    return STATE_NAMES.get(name, name.removesuffix("_external_id"))


def _history_url(request: WorkspaceRequest, kind: Thing, key: str) -> str:
    """Return the log of the thing; none of what has no log, and in a draft, of which the log knows nothing."""
    if not key or kind in (Thing.ASSIGNMENTS, Thing.LINES) or request.draft is not None:
        return ""
    query = urlencode({"thing": kind.value, "id": key})
    return f"{reverse('roles:history', args=[request.access.workspace.slug])}?{query}"


def _show(
    request: WorkspaceRequest,
    kind: Thing,
    form: OrgForm,
    *,
    title: Any,
    key: str = "",
    now: Mapping[str, Any] | None = None,
    day: date | None = None,
    status: int = 200,
) -> HttpResponse:
    touch = last_touch(kind, key) if key else None
    person = (
        split_assignment_key(key)[0] if key and kind is Thing.ASSIGNMENTS else request.GET.get("person_external_id", "")
    )
    context = {
        "title": title,
        "name": _name(kind, key, now) if now is not None else "",
        "thing": kind,
        "key": key,
        "form": form,
        "seen": touch.number if touch else 0,
        "today": today_in(request.access.workspace),
        "action": request.get_full_path(),
        "scenarios": drafts_for(request, request.get_full_path()),
        "history_url": _history_url(request, kind, key),
        "end_url": with_draft(request, reverse("roles:end", args=[request.access.workspace.slug, kind, key]))
        if key
        else "",
        "next_planned": next_planned(kind, key, day) if key and day else None,
        "load": load_of(person, day=day, without=key) if isinstance(form, AssignmentForm) and person else None,
        "back": with_draft(request, _back(request, kind, key, today_in(request.access.workspace))) if key else "",
    }
    return show(request, TEMPLATE, context, status=status)
