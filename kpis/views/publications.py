"""Published scorecards: the list, publishing, one publication with its cards, and a card as it was told."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from kpis.models import Publication, PublishedCard
from kpis.queries.bounds import rows_within
from kpis.queries.definitions import every_kpi
from kpis.queries.publications import compared, content, published_cards, standings
from kpis.queries.restating import Restated
from kpis.queries.values import stored_periods
from kpis.services.publishing import request_publication
from kpis.views.restated_words import cause_words
from omnichannel.core.errors import DomainError
from omnichannel.core.numerals import from_text
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import ACTIVE, JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.templatetags.numbers import localised
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may
from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import RoleKey, roles_here
from roles.queries.org_chart import unit_tree

PAGE = 100
JSON = "application/json; charset=utf-8"
NUMBERS = ("value", "target", "floor", "stretch", "attainment", "points", "weight")


def bounds(access: Access, period: Period | None = None) -> Q:
    """Return the condition of the published cards the reader may see."""
    return rows_within(
        on=period.last_day if period else current_day(),
        unit=access.own_unit,
        person=access.own_person,
        with_people=may(access, "kpis:person_scorecard"),
    )


@require_http_methods(["GET", "POST"])
def publications(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List what was published; POST publishes a period's cards, or those of a unit."""
    if request.method == "POST":
        return _publish(request, slug)
    found = standings(bounds(request.access))
    may_publish = may(request.access, "kpis:publications", "POST")
    stored = stored_periods() if may_publish else []
    tree = unit_tree(as_of=stored[0].last_day) if stored else ()
    context = {
        "standings": [
            {"standing": one, "causes": [cause_words(cause) for cause in one.publication.causes]} for one in found
        ],
        "may_publish": may_publish,
        "periods": [(str(period), str(period)) for period in stored],
        "units": [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree if node.children],
        "jobs": _jobs() if may_publish else [],
    }
    name = "kpis/publications.html#list" if request.htmx and not request.htmx.boosted else "kpis/publications.html"
    return render(request, name, context)


def _jobs() -> list[Job]:
    """Return publications under way, and the last one when it failed."""
    jobs = Job.objects.filter(kind=JobKind.PUBLISH_CARDS)
    last = jobs.order_by("-pk").first()
    failed = [last] if last is not None and last.state == JobState.FAILED else []
    return [*jobs.filter(state__in=ACTIVE), *failed]


def _publish(request: WorkspaceRequest, slug: str) -> HttpResponse:
    try:
        period = parse_period(request.POST.get("period", ""))
    except ValueError:
        messages.error(request, _("Choose the month to publish."))
        return redirect("kpis:publications", slug)
    unit = request.POST.get("unit", "")
    if unit and unit not in unit_tree(as_of=period.last_day):
        raise Http404(unit)
    note = request.POST.get("note", "").replace("\x00", "").strip()
    try:
        request_publication(period, actor_id=request.access.user_id, unit=unit, note=note)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(period)s is being published.") % {"period": period})
    return redirect("kpis:publications", slug)


@require_GET
def publication(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show the cards of a publication, those that differ by now first asked for with `?only=restated`."""
    found = get_object_or_404(Publication.objects.select_related("published_by"), pk=pk)
    seen = bounds(request.access, parse_period(found.period))
    total = published_cards(found, seen).count()
    if not total:
        raise Http404(pk)
    query, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    rows = published_cards(found, seen, words=query, restated_only=only == "restated")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    roles = roles_here().roles
    for card in page:
        card.role_names = roles[RoleKey(card.role_key)].names if card.role_key else None  # type: ignore[attr-defined]
    context = {
        "publication": found,
        "causes": [cause_words(cause) for cause in found.causes],
        "page": page,
        "total": total,
        "changed": published_cards(found, seen, restated_only=True).count(),
        "q": query,
        "only": only,
    }
    return render(request, "kpis/publication.html", context)


@require_GET
def published_card(request: WorkspaceRequest, slug: str, pk: int, card_pk: int) -> HttpResponse:
    """Show a card exactly as it was published, and what has become of it since."""
    card = card_or_404(request.access, pk, card_pk)
    document, result = content(card), compared(card)
    context = {
        "published": card,
        "publication": card.publication,
        "card": document,
        "lines": [_numbers(line) for line in document["lines"]],
        "roles": [_numbers(line) for line in document["roles"]],
        "score": from_text(document["score"]),
        "coverage": from_text(document["coverage"]),
        "segments": [
            {"label": line["names"], "points": line["points"], "weight": line["weight"], "status": line["status"]}
            for line in map(_segment, document["lines"])
        ],
        "restated": result,
        "causes": [cause_words(cause) for cause in result.causes] if result else [],
        "differences": _differences(result, document) if result else [],
        "others": _others(card),
    }
    return render(request, "kpis/published_card.html", context)


@require_GET
def published_document(request: WorkspaceRequest, slug: str, pk: int, card_pk: int) -> HttpResponse:
    """Return the very bytes that were published."""
    card = card_or_404(request.access, pk, card_pk)
    answer = HttpResponse(card.document.encode(), content_type=JSON)
    answer.headers["Content-Disposition"] = f'attachment; filename="scorecard-{card.publication.period}-{card.pk}.json"'
    return answer


def card_or_404(access: Access, pk: int, card_pk: int) -> PublishedCard:
    """Return a published card within the reader's bounds."""
    rows = PublishedCard.objects.select_related("publication__published_by", "card")
    card = get_object_or_404(rows, pk=card_pk, publication_id=pk)
    seen = bounds(access, parse_period(card.publication.period))
    if not PublishedCard.objects.filter(seen, pk=card_pk).exists():
        raise Http404(card_pk)
    return card


def _others(card: PublishedCard) -> list[PublishedCard]:
    """Return the other publications of the same card, newest first."""
    rows = PublishedCard.objects.filter(
        publication__period=card.publication.period,
        role_key=card.role_key,
        scope_kind=card.scope_kind,
        scope_id=card.scope_id,
    ).exclude(pk=card.pk)
    return list(rows.defer("document").select_related("publication").order_by("-publication__number"))


def _numbers(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, **{name: from_text(line[name]) for name in (*NUMBERS, "share", "score") if name in line}}


def _segment(line: dict[str, Any]) -> dict[str, Any]:
    named = line["definition"] or {"names": line["kpi"]}
    return {**_numbers(line), "names": localised(named["names"])}


def _differences(result: Restated, document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what differs with the words of its field and the unit to write it in."""
    kpis = every_kpi()
    units = {line["kpi"]: line["unit"] for line in document["lines"]}
    words = {
        "score": _("Score"), "stage": _("Stage"), "subtype": _("Sub-type"), "unit": _("Unit"), "weight": _("Weight"),
        "value": _("Value"), "target": _("Target"), "attainment": _("Attainment"), "points": _("Points"),
        "reason": pgettext("no data", "Reason"), "share": _("Share of time"), "measured_at": _("Measured at"),
    }  # fmt: skip
    found = []
    for one in result.differences:
        if one.field not in words or (one.field == "reason" and not (one.before or one.now)):
            continue
        spec = kpis.get(one.kpi)
        number = one.field in ("score", "weight", "value", "target", "attainment", "points", "share")
        unit = {"attainment": "percent", "value": units.get(one.kpi, ""), "target": units.get(one.kpi, "")}
        found.append(
            {
                "name": spec.names if spec else one.kpi,
                "field": words[one.field],
                "before": from_text(one.before) if number else one.before,
                "now": from_text(one.now) if number else one.now,
                "unit": unit.get(one.field, ""),
                "places": None if one.field in ("value", "target") else 2,
                "is_number": number,
            }
        )
    return found
