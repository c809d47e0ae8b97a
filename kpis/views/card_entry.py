"""What `_card.html` shows of one scorecard: its head, its lines with their trends and freshness, charts, comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.engine.specs import KpiSpec
from kpis.figures import Bar, Chart, Series, attainment_bars, trend
from kpis.models import Scorecard
from kpis.queries.card_changes import Movement, movement
from kpis.queries.card_facts import Freshness, freshness, oldest
from kpis.queries.definitions import every_kpi
from kpis.queries.next_stage import next_stage_scores
from kpis.queries.publications import compared, newest_published
from kpis.queries.restating import since
from kpis.queries.scorecards import CardLineView, CardView
from kpis.queries.targets import target_line
from kpis.views.asked import month_labels, unit_word
from kpis.views.restated_words import cause_words
from omnichannel.core.periods import Period, parse_period
from roles.catalogue import RoleKey, SubtypeKey, roles_here
from roles.choices import SUBTYPE_NAMES, StageName
from roles.queries.org_chart import UnitTree

Entry = dict[str, Any]


def card_entries(
    views: Sequence[CardView], *, period: Period, tree: UnitTree, known_at: datetime | None = None
) -> list[Entry]:
    """Return the entries of role cards of one period; what they share is read once."""
    kpis = {each.line.kpi for view in views for each in view.lines}
    fresh = freshness(kpis, period=period, known_at=known_at)
    cards = [view.card for view in views]
    following = next_stage_scores(cards) if known_at is None else {}
    return [
        {
            **_entry(view, tree=tree, fresh=fresh),
            "next_stage": following.get(view.card.pk),
            "published": None if known_at is not None else published_note(view.card),
        }
        for view in views
    ]


def published_note(card: Scorecard) -> Entry | None:
    """Return what was published of a card last, and what differs since; None when it never was."""
    found = newest_published(parse_period(card.period), role=card.role_key, kind=card.scope_kind, scope=card.scope_id)
    if found is None:
        return None
    facts = since(parse_period(card.period), found.publication)
    result = compared(found, facts=facts) if found.card_id != card.pk else None
    return {
        "card": found,
        "publication": found.publication,
        "restated": result,
        "causes": [cause_words(cause) for cause in result.causes] if result else [],
    }


def _entry(view: CardView, *, tree: UnitTree, fresh: Mapping[str, Freshness]) -> Entry:
    card, language = view.card, get_language()
    key = card.role_key
    return {
        "view": view,
        "card": card,
        "card_role": roles_here().roles[RoleKey(key)],
        "card_unit": tree.nodes.get(card.unit_id),
        "stage": StageName(card.stage).label,
        "subtype": SUBTYPE_NAMES[SubtypeKey(card.subtype)] if card.subtype else "",
        "stage_unit": tree.nodes.get(card.stage_unit),
        "weights_unit": tree.nodes.get(card.weight_set.unit) if card.weight_set and card.weight_set.unit else None,
        "fresh": oldest({each.line.kpi: fresh[each.line.kpi] for each in view.lines}),
        "lines": [{"each": each, "fresh": fresh[each.line.kpi], "scope": scope_query(each)} for each in view.lines],
        "segments": [
            {
                "label": each.spec.names.in_language(language),
                "points": each.line.points,
                "weight": each.line.weight,
                "status": each.line.status,
                "url": f"#line-{key}-{each.line.kpi}",
            }
            for each in view.lines
        ],
        "weight_total": sum((each.line.weight for each in view.lines), Decimal(0)),
        "without": [each for each in view.lines if each.line.attainment is None],
        "bars_id": f"bars-{key}",
        "main_id": f"main-{key}",
        "score_id": f"score-{key}",
        "bars": _bars_chart(view),
        "main_chart": _main_chart(view),
        "score_chart": _score_chart(view),
        "computed_at": view.computed_at,
    }


def scope_query(each: CardLineView) -> str:
    """Return where the figure was read, as the explain page's address wants it."""
    return f"{each.line.measured.kind.value}:{each.line.measured.id}"


def compare(view: CardView, other: Scorecard | None) -> Movement | None:
    """Compare a card with another of its role; None when there is none."""
    if other is None:
        return None
    return movement(view.card, other, kpis={each.line.kpi: each.spec for each in view.lines} | _specs(other))


def _specs(card: Scorecard) -> dict[str, KpiSpec]:
    known = every_kpi()
    return {line.kpi: known[line.kpi] for line in card.card_lines if line.kpi in known}


def _bars_chart(view: CardView) -> Chart | None:
    language = get_language()
    bars = [
        Bar(each.spec.names.in_language(language), each.line.attainment, each.line.status)
        for each in view.lines
        if each.line.attainment is not None
    ]
    return attainment_bars(bars, axis=_("KPI"), value_name=_("Attainment %")) if bars else None


def _main_chart(view: CardView) -> Chart | None:
    main = view.main
    if main is None or not any(value is not None for value in main.trend):
        return None
    line = Series(main.spec.names.in_language(get_language()), main.trend)
    before = view.months[:-1]
    # what a card of the past was held against may have been another target than the one that stands by now
    known = target_line(main.spec.id, main.line.measured, before) if view.card.is_current else [None] * len(before)
    target = Series(_("Target"), [*known, main.line.target])
    return trend(month_labels(view.months), line, axis=_("Month"), unit=unit_word(main.spec.unit), target=target)


def _score_chart(view: CardView) -> Chart | None:
    if sum(score is not None for score in view.scores) < 2:
        return None
    return trend(month_labels(view.months), Series(_("Score"), view.scores), axis=_("Month"), unit="")
