"""Scores for the cards of the org chart, which its script asks for: `?node=u:<unit>&node=p:<person>`."""

from __future__ import annotations

from django.db.models import Q
from django.http import JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.choices import ScoreBand
from kpis.engine.specs import ScopeKind
from kpis.models import Scorecard
from kpis.queries.bounds import rows_within
from kpis.queries.scorecards import current_cards
from kpis.views.asked import Asked, asked_period
from kpis.views.known import known_moment
from omnichannel.core.numerals import show
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey, roles_here

MOST_NODES = 200
KINDS = {"u": ScopeKind.UNIT, "p": ScopeKind.EMPLOYEE}


@require_GET
def node_scores(request: WorkspaceRequest, slug: str) -> JsonResponse:
    """Answer per node its score of the newest computed month, within the reader's bounds.

    A person has one card of all roles. A unit has a card per role and no mean of them: the lowest is told.
    """
    asked = asked_period(request)
    if asked.period is None or not asked.is_stored:
        return JsonResponse({})
    nodes = [node.partition(":") for node in request.GET.getlist("node")[:MOST_NODES]]
    wanted = Q(pk=None)
    for mark, kind in KINDS.items():
        ids = [external_id for each, _colon, external_id in nodes if each == mark]
        combined = {"role_key": ""} if kind is ScopeKind.EMPLOYEE else {}
        wanted |= Q(scope_kind=kind.value, scope_id__in=ids, **combined)
    access = request.access
    seen = rows_within(
        on=asked.period.last_day,
        unit=access.own_unit,
        person=access.own_person,
        with_people=may(access, "kpis:person_scorecard"),
    )
    cards: dict[str, list[Scorecard]] = {}
    for card in current_cards(asked.period, known_at=known_moment(request)).filter(wanted & seen).order_by("role_key"):
        mark = next(mark for mark, kind in KINDS.items() if kind.value == card.scope_kind)
        cards.setdefault(f"{mark}:{card.scope_id}", []).append(card)
    return JsonResponse({node: _told(found, asked, slug=slug) for node, found in cards.items()})


def _told(cards: list[Scorecard], asked: Asked, *, slug: str) -> dict[str, str]:
    """Tell the lowest score with its role, its band, how many roles there are, and where the card is."""
    scored = [(card.score, card) for card in cards if card.score is not None]
    if not scored:
        return {"text": _("No score"), "band": "no_data", "label": _("No data"), "title": str(asked.period), "url": ""}
    score, lowest = min(scored, key=lambda pair: pair[0])
    number = show(score, "score_100", language=get_language() or "en").text
    titles = [str(asked.period)]
    text, url = number, reverse("kpis:person_scorecard", args=[slug, lowest.scope_id]) if not lowest.role_key else ""
    if lowest.role_key:
        text = f"{roles_here().roles[RoleKey(lowest.role_key)].names.in_language(get_language())} {number}"
        titles.append(
            ngettext("%(n)s role scored", "The lowest of %(n)s roles scored", len(scored)) % {"n": len(scored)}
        )
        query = urlencode({"unit": lowest.scope_id, "period": str(asked.period)})
        url = f"{reverse('kpis:scorecard', args=[slug, lowest.role_key])}?{query}"
    label = str(ScoreBand(lowest.band).label) if lowest.band else _("No data")
    return {"text": text, "band": lowest.band or "no_data", "label": label, "title": " · ".join(titles), "url": url}
