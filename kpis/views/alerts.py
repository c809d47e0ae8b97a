"""Alerts: the list, one alert with what people do about it, the number in the rail, and a member's own messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kpis.alert_choices import AlertEventKind, AlertState, LevelName, MailChoice, MailState
from kpis.figures import Chart, Series, trend
from kpis.library import load_library
from kpis.library.extras import library_extras
from kpis.models import Alert, AlertEvent, AlertNotice
from kpis.queries.alert_words import subject_name, words_of
from kpis.queries.alerts import (
    AlertFilter,
    AlertView,
    alert_counts,
    alert_view,
    alerts_within,
    preference_of,
    respond_hours,
    subjects_raised,
    unanswered,
)
from kpis.queries.definitions import library_at
from kpis.queries.risks import risks_of
from kpis.services.alerts.handling import acknowledge, review, settle
from kpis.services.alerts.preferences import save_preference
from kpis.services.alerts.recipients import directory
from kpis.views.alert_forms import HandlingForm, PreferenceForm, ReviewForm
from kpis.views.asked import month_labels, unit_word
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.org_chart import UnitTree, unit_tree

PAGE = 50
TONES = {"raised": "bad", "worsened": "bad", "back": "warn", "over": "good", "closed": "good", "reviewed": "good"}


@require_GET
def alerts(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the alerts the filter lets through, the most urgent first."""
    tree, rows = _seen(request)
    asked = AlertFilter.from_query(request.GET)
    if asked.unit not in ("", "company") and asked.unit not in tree:
        raise Http404(asked.unit)
    page = Paginator(asked.apply(rows, tree=tree), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": words_of(page, tree=tree),
        "asked": asked,
        "is_filtered": asked != AlertFilter(),
        "counts": alert_counts(rows),
        "hours": respond_hours(),
        "options": _options(rows, tree, within=request.access.own_unit),
        "may_set": may(request.access, "kpis:alert_settings"),
    }
    return render(request, "kpis/alerts/alerts.html", context)


def _seen(request: WorkspaceRequest) -> tuple[UnitTree, QuerySet[Alert]]:
    """Return the units and alerts this reader may see."""
    unit = request.access.own_unit
    tree = unit_tree(as_of=today_in(request.access.workspace), within=unit)
    return tree, alerts_within(tree, unit=unit)


def _options(rows: QuerySet[Alert], tree: UnitTree, *, within: str | None) -> dict[str, Any]:
    kpis = {**load_library().kpis, **library_at().kpis}
    raised = [(subject, subject_name(kind, subject, kpis=kpis)) for kind, subject in subjects_raised(rows)]
    units = [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree]
    rules = library_extras().alert_rules.values()
    return {
        "state": [
            ("open", pgettext("alert", "Open")),
            ("overdue", _("Not answered in time")),
            ("over", _("Open, back to normal")),
            *AlertState.choices,
            ("all", _("All states")),
        ],
        "level": list(reversed(LevelName.choices)),
        "unit": units if within is not None else [("company", _("Company")), *units],
        "subject": sorted(raised, key=lambda pair: pair[1]),
        "rule": [(rule.id, rule.names.in_language(get_language())) for rule in rules],
    }


@require_http_methods(["GET", "POST"])
def alert(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show one alert; POST takes it on, closes it or reviews it, as `action` of the pressed button says."""
    tree, rows = _seen(request)
    found = get_object_or_404(rows, pk=pk)
    if request.method == "GET":
        return render(request, "kpis/alerts/alert.html", _page(request, found, tree))
    steps: dict[str, Callable[[WorkspaceRequest, Alert, UnitTree], HttpResponse]] = {
        "acknowledge": _handle,
        "close": _handle,
        "review": _review,
    }
    step = steps.get(request.POST.get("step", ""))
    if step is None:
        raise Http404
    return step(request, found, tree)


def _handle(request: WorkspaceRequest, found: Alert, tree: UnitTree) -> HttpResponse:
    form = HandlingForm(request.POST, owners=_owners(found, tree))
    if not form.is_valid():
        return _refused(request, found, tree, handling=form)
    data, closes = form.cleaned_data, request.POST["step"] == "close"
    try:
        (settle if closes else acknowledge)(
            found.pk,
            cause=data["cause"],
            action=data["action"],
            owner_id=int(data["owner"]),
            actor_id=request.access.user_id,
            now=timezone.now(),
        )
    except DomainError as error:
        form.add_error(None, str(error))
        return _refused(request, found, tree, handling=form)
    noted = _("Noted. The alert is yours to close.")
    closed = _("Closed. It is raised again only when it happens anew or becomes worse.")
    messages.success(request, closed if closes else noted)
    return redirect("kpis:alert", request.access.workspace.slug, found.pk)


def _review(request: WorkspaceRequest, found: Alert, tree: UnitTree) -> HttpResponse:
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            review(found.pk, **form.cleaned_data, actor_id=request.access.user_id, now=timezone.now())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The review is kept with the alert."))
            return redirect("kpis:alert", request.access.workspace.slug, found.pk)
    return _refused(request, found, tree, review=form)


def _refused(request: WorkspaceRequest, found: Alert, tree: UnitTree, **forms: Form) -> HttpResponse:
    found.refresh_from_db()
    return render(request, "kpis/alerts/alert.html", _page(request, found, tree) | forms, status=422)


def _owners(found: Alert, tree: UnitTree) -> list[tuple[str, str]]:
    people = directory(on=tree.as_of).openers(found)
    return [(str(one.user_id), f"{one.name} · {one.role.label}") for one in people]


def _page(request: WorkspaceRequest, found: Alert, tree: UnitTree) -> dict[str, Any]:
    view = alert_view(found, tree=unit_tree(as_of=tree.as_of))
    owner = str(found.owner_id or request.access.user_id)
    handling = HandlingForm(
        initial={"owner": owner, "cause": found.cause, "action": found.action}, owners=_owners(found, tree)
    )
    return {
        "alert": found,
        "words": view.words,
        "view": view,
        "events": [_event(event, view.told.get(event.pk, ())) for event in view.events],
        "chart": _chart(view),
        "handling": handling,
        "review": ReviewForm(initial={name: getattr(found, name) for name in ("before", "during", "after")}),
        "risks": risks_of(found),
        "may_risk": may(request.access, "kpis:risk_new"),
    }


def _event(event: AlertEvent, notices: Any) -> dict[str, Any]:
    """Return an event as the timeline shows it; those who were told stand below it."""
    level = LevelName(event.level).label if event.level else ""
    title = str(AlertEventKind(event.kind).label)
    told = [_told(notice) for notice in notices]
    parts = [event.text, _("Told: %(people)s") % {"people": _(", ").join(told)} if told else ""]
    return {
        "when": date_format(timezone.localtime(event.at), "SHORT_DATETIME_FORMAT"),
        "title": f"{title} · {level}" if level else title,
        "text": " ".join(part for part in parts if part),
        "who": str(event.by) if event.by else "",
        "tone": TONES.get(event.kind, ""),
    }


def _told(notice: AlertNotice) -> str:
    if notice.mail.state == MailState.SENT:
        return str(notice.user)
    return f"{notice.user} ({MailState(notice.mail.state).label})"


def _chart(view: AlertView) -> Chart | None:
    kpi = view.words.kpi
    if kpi is None or not any(value is not None for value in view.values):
        return None
    threshold = None
    if view.threshold_is_of_the_figure:
        threshold = Series(_("Threshold"), [view.words.alert.threshold] * len(view.months))
    line = Series(kpi.names.in_language(get_language()), view.values)
    return trend(month_labels(view.months), line, axis=_("Month"), unit=unit_word(kpi.unit), target=threshold)


@require_GET
def alert_badge(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the number of alerts that nobody has taken on, for the rail; nothing while there are none."""
    return render(request, "kpis/alerts/_badge.html", {"count": unanswered(unit=request.access.own_unit)})


@require_http_methods(["GET", "POST"])
def alert_settings(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show and save which messages the reader gets."""
    user, chosen = request.access.user_id, preference_of(request.access.user_id)
    initial = {
        "least": chosen.least if chosen else MailChoice.YELLOW,
        "language": chosen.language if chosen else get_language(),
    }
    form = PreferenceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        save_preference(user, least=MailChoice(form.cleaned_data["least"]), language=form.cleaned_data["language"])
        messages.success(request, _("Saved. It counts from the next message on."))
        return redirect("kpis:alert_settings", slug)
    status = 422 if form.errors else 200
    return render(request, "kpis/alerts/settings.html", {"form": form, "email": request.user}, status=status)
