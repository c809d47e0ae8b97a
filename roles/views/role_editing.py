"""Changing the workspace's roles: their texts, adding one, hiding, merging, restoring, undoing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.errors import RoleRefused
from roles.models import RoleText
from roles.queries.library import role_library
from roles.queries.role_changes import RoleStand, role_stand
from roles.role_forms import OwnRoleForm, RoleForm, initial_of
from roles.role_merge import Choice
from roles.role_texts import content_of
from roles.role_words import label_of
from roles.services.library import (
    add_role,
    hide_role,
    merge_library,
    refusals,
    restore_library,
    restore_state,
    save_role,
    undo_change,
)

TEMPLATE = "roles/library/form.html"


@require_http_methods(["GET", "HEAD", "POST"])
def role_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the form of a role of one's own; POST adds it."""
    if request.method != "POST":
        return _form(request, OwnRoleForm())
    form = OwnRoleForm(request.POST)
    if form.is_valid():
        try:
            row = add_role(form.content, actor_id=request.access.user_id, note=form.cleaned_data["note"])
        except RoleRefused as error:
            form.tell(error.issues)
        else:
            return _done(request, row.role_key, row)
    else:
        form.tell(refusals(form.content))
    return _form(request, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def role_edit(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Show a role's texts as a form; POST keeps what was changed in them."""
    stand = _stand_or_404(role_key)
    initial = initial_of(_content(stand))
    shape = partial(OwnRoleForm, own_key=role_key) if stand.role.is_own else RoleForm
    if request.method != "POST":
        return _form(request, shape(initial=initial), stand=stand, seen=stand.last)
    form, seen = shape(request.POST, initial=initial), _number(request, "seen")
    if form.is_valid():
        note, actor = form.cleaned_data["note"], request.access.user_id
        try:
            row = save_role(role_key, form.content, actor_id=actor, note=note, seen=seen)
        except RoleRefused as error:
            form.tell(error.issues)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return _done(request, role_key, row)
    else:
        form.tell(refusals(form.content, key=role_key))
    return _form(request, form, stand=stand, seen=seen, status=422)


@require_POST
def role_hide(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Take a role out of pickers and the map, or bring it back (`hidden=0`)."""
    hidden, seen = request.POST.get("hidden", "1") == "1", _number(request, "seen")
    return _try(
        request, role_key, lambda: hide_role(role_key, hidden=hidden, actor_id=request.access.user_id, seen=seen)
    )


@require_POST
def role_restore(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Bring back the library's text of a `field`, or of all, or what held after change `number`."""
    actor, seen = request.access.user_id, _number(request, "seen")
    number = _number(request, "number")
    if number is not None:
        return _try(request, role_key, lambda: restore_state(role_key, number, actor_id=actor, seen=seen))
    field = request.POST.get("field", "")
    return _try(request, role_key, lambda: restore_library(role_key, field=field, actor_id=actor, seen=seen))


@require_POST
def role_merge(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Settle the fields that wait: each by a choice named like the field; without a choice it goes on waiting."""
    chosen = {
        each.field: Choice(request.POST[each.field])
        for each in _stand_or_404(role_key).pending
        if request.POST.get(each.field) in set(Choice)
    }
    if not chosen:
        messages.info(request, _("Choose for one field at least."))
        return redirect("roles:role_texts", slug, role_key)
    seen = _number(request, "seen")
    return _try(request, role_key, lambda: merge_library(role_key, chosen, actor_id=request.access.user_id, seen=seen))


@require_POST
def role_undo(request: WorkspaceRequest, slug: str, role_key: str, number: int) -> HttpResponse:
    """Take the newest change of a role back."""
    return _try(request, role_key, lambda: undo_change(role_key, number, actor_id=request.access.user_id))


def _try(request: WorkspaceRequest, role_key: str, write: Callable[[], RoleText | None]) -> HttpResponse:
    """Write and tell, or tell why not; 404 for what is not there."""
    try:
        row = write()
    except RoleRefused as error:
        told = " ".join(f"{label_of(field)}: {message}" for field, _code, message in error.issues)
        messages.error(request, told)
    except DomainError as error:
        if error.status == 404:
            raise Http404 from None
        messages.error(request, str(error))
    else:
        return _done(request, role_key, row)
    return redirect("roles:role_texts", request.access.workspace.slug, role_key)


def _done(request: WorkspaceRequest, role_key: str, row: RoleText | None) -> HttpResponse:
    """Say what was done, with a way back, and show the role's texts; a role that is gone leaves the list."""
    slug = request.access.workspace.slug
    if row is None:
        messages.info(request, _("Nothing was changed."))
        return redirect("roles:role_texts", slug, role_key)
    undo = reverse("roles:role_undo", args=[slug, role_key, row.number])
    role = next((role for role in role_library().roles.values() if role.key == role_key), None)
    name = role.names.in_language(get_language()) if role else role_key
    text = _("%(role)s: %(done)s.") % {"role": name, "done": row.get_action_display()}
    messages.success(request, text, extra_tags=f"undo:{undo}")
    if role and role.is_own and row.number > 1 and "kpis" in row.fields:
        messages.info(request, _("Its scorecards are graded again by the new KPIs: the newest two months at once."))
    return redirect("roles:role_texts", slug, role_key) if role else redirect("roles:role_library", slug)


def _form(
    request: WorkspaceRequest,
    form: RoleForm,
    *,
    stand: RoleStand | None = None,
    seen: int | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "stand": stand, "role": stand.role if stand else None, "seen": seen}
    return render(request, TEMPLATE, context, status=status)


def _stand_or_404(role_key: str) -> RoleStand:
    stand = role_stand(role_key)
    if stand is None:
        raise Http404
    return stand


def _content(stand: RoleStand) -> dict[str, object]:
    content: dict[str, object] = content_of(stand.role)
    if stand.role.is_own:
        content |= {"kind": stand.role.kind.value, "expectations": stand.expectations, "links": stand.links}
    return content


def _number(request: WorkspaceRequest, name: str) -> int | None:
    said = request.POST.get(name, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 9 else None
