"""Job titles in use: which role each means, by which rule, and where HR says otherwise."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.choices import TitleSay
from roles.errors import TitleRefused
from roles.queries.library import role_library
from roles.queries.titles import TitleLine, title_history, titles_in_use
from roles.services.titles import say_title, undo_title
from roles.title_forms import TitleForm
from roles.titles import TitleRule, plain_title
from roles.views.clock import as_asked

RULES: dict[TitleRule, str | Promise] = {
    TitleRule.OWN: gettext_lazy("own mapping"),
    TitleRule.EXACT: gettext_lazy("same as a known title"),
    TitleRule.CONTAINS: gettext_lazy("holds a known title"),
    TitleRule.NONE: gettext_lazy("no rule fits"),
}
COLUMNS = ("title", "seats", "people", "role_id", "role", "rule", "rests_on", "roles_of_seats")
SORTS = {
    "title": lambda line: line.title,
    "seats": lambda line: (line.seats, line.title),
    "people": lambda line: (line.people, line.title),
    "role": lambda line: (line.mapped.role, line.title),
    "rule": lambda line: (list(TitleRule).index(line.mapped.rule), line.title),
}


@require_GET
@as_asked
def titles_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the titles of the day's seats, those without a role first."""
    return _page(request, clock_of(request))


@require_GET
@as_asked
def titles_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the titles as CSV."""
    clock, language = clock_of(request), get_language()
    rows: list[tuple[object, ...]] = [COLUMNS]
    for line in _chosen(request, clock):
        name = line.names.in_language(language) if line.names else ""
        told = " ".join(f"{role}:{count}" for role, _names, count in line.told)
        mapped = (line.mapped.role, name, line.mapped.rule.value, line.mapped.by)
        rows.append((line.title, line.seats, line.people, *mapped, told))
    return csv_answer(csv_text(rows), filename=f"titles-{clock.as_of}.csv")


@require_POST
def title_say(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Keep what a title means."""
    form = TitleForm(request.POST)
    if form.is_valid():
        says, role = form.cleaned_data["means"]
        data = {"note": form.cleaned_data["note"], "actor_id": request.access.user_id}
        try:
            row = say_title(form.cleaned_data["title"], says=says, role=role, **data)
        except TitleRefused as error:
            form.add_error("means" if error.field == "role" else "title", str(error))
        else:
            undo = reverse("roles:title_undo", args=[slug, row.pk])
            messages.success(request, _told(row.title, says, role), extra_tags=f"undo:{undo}")
            return redirect(f"{reverse('roles:titles', args=[slug])}{clock_of(request).query}")
    return _page(request, clock_of(request), rejected=form, status=422)


@require_POST
def title_undo(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take the newest word about a title back."""
    try:
        row = undo_title(pk, actor_id=request.access.user_id)
    except TitleRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(title)s” means again what it meant before.") % {"title": row.title})
    return redirect("roles:titles", slug)


def _page(
    request: WorkspaceRequest, clock: Clock, *, rejected: TitleForm | None = None, status: int = 200
) -> HttpResponse:
    lines = _chosen(request, clock)
    may_say = may(request.access, "roles:title_say", "POST")
    wrong = plain_title(rejected.data.get("title", "")) if rejected is not None else None
    rows = [
        {
            "line": line,
            "rule": RULES[line.mapped.rule],
            "form": (rejected if line.plain == wrong else _form(line, place)) if may_say else None,
            "is_wrong": line.plain == wrong,
        }
        for place, line in enumerate(lines)
    ]
    is_other = rejected is not None and not any(row["is_wrong"] for row in rows)
    context: dict[str, Any] = {
        "clock": clock,
        "rows": rows,
        "unmapped": sum(line.mapped.rule is TitleRule.NONE for line in lines),
        "seats": sum(line.seats for line in lines),
        "rules": [(rule.value, label) for rule, label in RULES.items()],
        "rule": request.GET.get("rule", ""),
        "q": request.GET.get("q", "").strip(),
        "other": rejected if is_other else TitleForm(key="other"),
        "other_is_wrong": is_other,
        "may_say": may_say,
        "history": title_history() if may_say else (),
    }
    return render(request, "roles/titles.html", context, status=status)


def _chosen(request: WorkspaceRequest, clock: Clock) -> list[TitleLine]:
    """Return the titles asked for: by rule, by words, in the order of the URL."""
    lines = list(titles_in_use(as_of=clock.as_of, within=request.access.own_unit))
    rule, words, sort = (request.GET.get(name, "") for name in ("rule", "q", "sort"))
    if rule in list(TitleRule):
        lines = [line for line in lines if line.mapped.rule is TitleRule(rule)]
    if words.strip():
        lines = [line for line in lines if plain_title(words) in line.plain]
    if sort.removeprefix("-") in SORTS:
        lines.sort(key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    return lines


def _form(line: TitleLine, place: int) -> TitleForm:
    says = TitleSay.ROLE if line.mapped.role else TitleSay.RULES
    if line.mapped.rule is TitleRule.OWN and not line.mapped.role:
        says = TitleSay.NONE
    means = f"{says.value}:{line.mapped.role}" if says is TitleSay.ROLE else says.value
    return TitleForm(key=f"t{place}", initial={"title": line.title, "means": means})


def _told(title: str, says: TitleSay, role: str) -> str:
    if says is not TitleSay.ROLE:
        words = {
            TitleSay.NONE: _("“%(title)s” means none of the roles."),
            TitleSay.RULES: _("“%(title)s” follows the rules again."),
        }
        return words[says] % {"title": title}
    names = next(each.names for key, each in role_library().roles.items() if key.value == role)
    return _("“%(title)s” means %(role)s.") % {"title": title, "role": names.in_language(get_language())}
