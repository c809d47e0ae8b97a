"""Training programmes: the list in levels, one with its history, and what changes them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.core.csvtext import csv_text
from omnichannel.core.errors import DomainError
from omnichannel.core.http import csv_answer
from omnichannel.core.periods import month_of
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue.training import load_training
from roles.queries.library import role_library, role_options
from talent.choices import LevelLabel
from talent.forms.training import ProgrammeForm, programme_initial
from talent.queries.training import FIELDS, Programme, programme, programme_history, programmes
from talent.queries.training_records import month_figures
from talent.services.training import add_programme, change_programme, hide_programme, restore_programme
from talent.views.training_frame import HOME, actor_of, found_or_404, frame, refuse

FILE_COLUMNS = (
    "programme_id", "level", "name_zh", "name_en", "audience", "topics_zh", "topics_en", "form_zh", "form_en", "hours",
    "certifies", "valid_months", "pass_mark", "attendance", "hidden", "own",
)  # fmt: skip


@require_GET
def training_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the programmes by level, with the month's figures and the national standard."""
    asked = {name: request.GET.get(name, "") for name in ("level", "role", "q")}
    may_edit = may(request.access, "talent:training_programme_edit", "POST")
    found = programmes(with_hidden=may_edit)
    shown = [one for one in found.values() if _fits(one, asked)]
    today = today_in(request.access.workspace)
    month = month_of(today).previous()
    context = frame(
        request,
        HOME,
        groups=[(label, [_row(one) for one in shown if one.level.value == key]) for key, label in LevelLabel.choices],
        found=len(shown),
        asked=asked,
        levels=LevelLabel.choices,
        roles=role_options(asked["role"]),
        standard=load_training().standard,
        steps=load_training().steps,
        may_edit=may_edit,
        month=month,
        figures=month_figures(month),
    )
    return render(request, "talent/training.html", context)


@require_GET
def training_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the programmes as CSV."""
    rows: list[tuple[object, ...]] = [FILE_COLUMNS]
    for one in programmes().values():
        topics = ["; ".join(getattr(topic, code) for topic in one.topics) for code in ("zh", "en")]
        rows.append((
            one.key, one.level.value, one.names.zh, one.names.en, " ".join(one.audience), *topics, one.form.zh,
            one.form.en, one.hours, _flag(one.certifies), one.valid_months or "", one.pass_mark, one.attendance,
            _flag(one.is_hidden), _flag(one.is_own),
        ))  # fmt: skip
    return csv_answer(csv_text(rows), filename="training-programmes.csv")


@require_GET
def programme_page(request: WorkspaceRequest, slug: str, key: str) -> HttpResponse:
    """Show one programme with what the workspace changed and every version."""
    one = found_or_404(lambda: programme(key))
    spec = load_training().programmes.get(key)
    context = frame(
        request,
        HOME,
        one=one,
        row=_row(one),
        level_label=LevelLabel(one.level.value).label,
        spec=spec,
        changed=[CHANGED[name] for name in FIELDS if name in one.changed],
        history=programme_history(key),
        may_edit=may(request.access, "talent:training_programme_edit", "POST"),
    )
    return render(request, "talent/training_programme.html", context)


@require_http_methods(["GET", "POST"])
def programme_edit(request: WorkspaceRequest, slug: str, key: str) -> HttpResponse:
    """Change a programme."""
    one = found_or_404(lambda: programme(key))
    form = _form(request, initial=programme_initial(one), is_new=False)
    if request.method == "POST" and form.is_valid():
        change_programme(key, form.wanted(), actor=actor_of(request), note=form.cleaned_data["note"])
        messages.success(request, _("The programme is kept. Courses planned before keep what they were planned with."))
        return redirect("talent:training_programme", slug, key)
    status = 422 if request.method == "POST" else 200
    return render(request, "talent/training_edit.html", frame(request, HOME, form=form, one=one), status=status)


@require_http_methods(["GET", "POST"])
def programme_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Add a programme of one's own."""
    usual = {"level": "operations", "hours": 8, "pass_mark": 70, "attendance": 80, "valid_months": 24}
    form = _form(request, initial=usual, is_new=True)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"].strip()
        try:
            add_programme(key, form.wanted(), actor=actor_of(request), note=form.cleaned_data["note"])
        except DomainError as error:
            form.add_error("key", str(error))
        else:
            messages.success(request, _("The programme is kept."))
            return redirect("talent:training_programme", slug, key)
    status = 422 if request.method == "POST" else 200
    return render(request, "talent/training_edit.html", frame(request, HOME, form=form, one=None), status=status)


@require_POST
def programme_hide(request: WorkspaceRequest, slug: str, key: str) -> HttpResponse:
    """Hide a programme, or bring it back."""
    hidden = request.POST.get("hidden") == "1"
    try:
        hide_programme(key, hidden=hidden, actor=actor_of(request))
    except DomainError as error:
        if error.status == 404:
            refuse(error)
        messages.error(request, str(error))
    else:
        messages.success(request, _("The programme is hidden.") if hidden else _("The programme is back."))
    return redirect("talent:training_programme", slug, key)


@require_POST
def programme_restore(request: WorkspaceRequest, slug: str, key: str) -> HttpResponse:
    """Have an earlier version count again; without one the catalogue's."""
    said = request.POST.get("version", "")
    version = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None
    found_or_404(lambda: restore_programme(key, version=version, actor=actor_of(request)))
    messages.success(request, _("That version counts again."))
    return redirect("talent:training_programme", slug, key)


CHANGED = {
    "names": gettext_lazy("name"),
    "level": gettext_lazy("level"),
    "audience": gettext_lazy("roles"),
    "people": gettext_lazy("for whom"),
    "topics": gettext_lazy("topics"),
    "form": gettext_lazy("form"),
    "hours": gettext_lazy("hours"),
    "certifies": gettext_lazy("certificate"),
    "valid_months": gettext_lazy("validity"),
    "pass_mark": gettext_lazy("pass mark"),
    "attendance": gettext_lazy("attendance"),
}


def _form(request: WorkspaceRequest, *, initial: dict[str, Any], is_new: bool) -> ProgrammeForm:
    data = request.POST if request.method == "POST" else None
    return ProgrammeForm(data, roles=role_options(), is_new=is_new, initial=initial)


def _row(one: Programme) -> dict[str, Any]:
    """Return a programme with its roles named."""
    language, library = get_language(), role_library().roles
    names = {key.value: role.names.in_language(language) for key, role in library.items()}
    return {"one": one, "audience": [names.get(role, role) for role in one.audience]}


def _fits(one: Programme, asked: dict[str, str]) -> bool:
    words = asked["q"].strip().casefold()
    texts = (one.key, *(text for each in (one.names, *one.topics) for text in (each.zh, each.en)))
    return (
        asked["level"] in ("", one.level.value)
        and (not asked["role"] or not one.audience or asked["role"] in one.audience)
        and (not words or any(words in text.casefold() for text in texts))
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"
