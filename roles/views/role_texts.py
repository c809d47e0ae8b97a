"""The workspace's roles beside the library's: what is own, what waits to be merged, what was changed when."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.role_changes import Pending, RoleEvent, RoleStand, role_events, role_stand, role_stands
from roles.role_texts import FIELDS, field_of
from roles.role_words import CHOICES, differences, field_changes, items_of, label_of

SHOWN = ("changed", "waiting", "own", "hidden")
COLUMNS = ("role_id", "zh", "en", "state", "own_fields", "waiting_fields", "changed_at", "changed_by")


@require_GET
def role_library_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List all roles with what is own about them; `?show=` keeps those changed, waiting, own or hidden."""
    stands = role_stands()
    counts = {name: sum(_fits(stand, name) for stand in stands) for name in SHOWN}
    words = {"changed": _("Changed"), "waiting": _("To merge"), "own": _("Added"), "hidden": _("Hidden")}
    shown = request.GET.get("show", "")
    context = {
        "rows": [_row(stand) for stand in stands if shown not in SHOWN or _fits(stand, shown)],
        "show": shown if shown in SHOWN else "",
        "show_options": [(name, f"{words[name]} · {counts[name]}") for name in SHOWN],
        "waiting": counts["waiting"],
        "may_add": may(request.access, "roles:role_new", "POST"),
    }
    return render(request, "roles/library/library.html", context)


@require_GET
def role_library_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the list as CSV."""
    rows: list[tuple[object, ...]] = [COLUMNS]
    for stand in role_stands():
        names, changed = stand.role.names, stand.changed_at.isoformat() if stand.changed_at else ""
        own, waiting = " ".join(sorted(stand.role.changed)), " ".join(each.field for each in stand.pending)
        rows.append((stand.role.key.value, names.zh, names.en, _state(stand), own, waiting, changed, stand.changed_by))
    return csv_answer(csv_text(rows), filename="roles.csv")


@require_GET
def role_texts_page(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Show one role's own texts beside the library's, what waits to be merged, and its history."""
    stand = role_stand(role_key)
    if stand is None:
        raise Http404
    return render(request, "roles/library/texts.html", texts_context(request, stand))


def texts_context(request: WorkspaceRequest, stand: RoleStand) -> dict[str, Any]:
    """Return what the page of a role's texts shows."""
    events = role_events(stand.role.key.value)
    return {
        "stand": stand,
        "role": stand.role,
        "fields": _own_fields(stand),
        "pending": [_pending(each) for each in stand.pending],
        "events": [_event(each) for each in events],
        "is_first": not events,
        "may_change": may(request.access, "roles:role_edit", "POST"),
    }


def _fits(stand: RoleStand, shown: str) -> bool:
    return {
        "changed": bool(stand.role.changed),
        "waiting": bool(stand.pending),
        "own": stand.role.is_own,
        "hidden": stand.role.is_hidden,
    }[shown]


def _row(stand: RoleStand) -> dict[str, Any]:
    fields = [label_of(field) for field in FIELDS if field in stand.role.changed]
    return {"stand": stand, "role": stand.role, "fields": fields, "waiting": [label_of(p.field) for p in stand.pending]}


def _state(stand: RoleStand) -> str:
    words = [("added", stand.role.is_own), ("changed", bool(stand.role.changed)), ("hidden", stand.role.is_hidden)]
    return " ".join(word for word, holds in words if holds) or "library"


def _own_fields(stand: RoleStand) -> list[dict[str, Any]]:
    """Return the fields with an own text, each with how it differs from the library's."""
    if stand.library is None:
        return []
    return [
        {
            "field": field,
            "label": label_of(field),
            "changes": field_changes(field, field_of(stand.library, field), field_of(stand.role, field)),
        }
        for field in FIELDS
        if field in stand.role.changed
    ]


def _pending(one: Pending) -> dict[str, Any]:
    return {
        "field": one.field,
        "label": label_of(one.field),
        "ours": field_changes(one.field, one.base, one.mine),
        "theirs": field_changes(one.field, one.base, one.library),
        "library": items_of(one.field, one.library),
        "choices": [(choice.value, CHOICES[choice]) for choice in one.choices],
    }


def _event(event: RoleEvent) -> dict[str, Any]:
    if event.after is None:
        changes = [{"label": _("Role"), "before": _name(event.before), "after": "", "kind": "removed"}]
    elif event.before is None:
        changes = [{"label": _("Role"), "before": "", "after": _name(event.after), "kind": "added"}]
    else:
        changes = differences(event.before, event.after)
    return {"event": event, "changes": changes}


def _name(content: Any) -> str:
    names = (content or {}).get("names", {})
    return str(names.get("zh" if (get_language() or "").startswith("zh") else "en", ""))
