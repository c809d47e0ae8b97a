"""Publications as pages and the API read them: the list, one with its cards, one card's document and what it became."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from kpis.models import Computation, Publication, PublishedCard, Scorecard
from kpis.queries.restating import Restated, Since, restated, since
from kpis.queries.scorecards import current_cards
from omnichannel.core.periods import Period, parse_period

KEY = ("role_key", "scope_kind", "scope_id")


@dataclass(frozen=True, slots=True)
class Standing:
    """A publication and how many of its cards the reader may see, and are no more what was published."""

    publication: Publication
    cards: int
    restated: int


def same_now() -> Exists:
    """Return the condition that a card with the very content of the published one is current."""
    key = {name: OuterRef(name) for name in KEY}
    period, digest = OuterRef("publication__period"), OuterRef("card__digest")
    return Exists(Scorecard.objects.filter(period=period, digest=digest, is_current=True, **key))


def standings(seen: Q, *, period: str = "") -> list[Standing]:
    """Return the publications that hold a card the reader may see, newest first. `seen` bounds the cards."""
    rows = PublishedCard.objects.filter(seen)
    if period:
        rows = rows.filter(publication__period=period)
    counts = rows.order_by().values("publication_id")
    cards = dict(counts.annotate(n=Count("pk")).values_list("publication_id", "n"))
    # a revision that is current needs no look: revisions never change
    gone = rows.filter(card__is_current=False).annotate(same=same_now()).filter(same=False).order_by()
    changed = dict(gone.values("publication_id").annotate(n=Count("pk")).values_list("publication_id", "n"))
    found = Publication.objects.filter(pk__in=cards).select_related("published_by")
    return [Standing(one, cards[one.pk], changed.get(one.pk, 0)) for one in found]


def published_cards(
    publication: Publication, seen: Q, *, words: str = "", restated_only: bool = False
) -> QuerySet[PublishedCard]:
    """Return the cards of a publication that the reader may see, without their documents, each with `same`."""
    rows = PublishedCard.objects.filter(seen, publication=publication).annotate(same=same_now())
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(scope_id__icontains=words))
    if restated_only:
        rows = rows.filter(same=False)
    return rows.defer("document").order_by("scope_kind", "name", "scope_id", "role_key")


def newest_published(period: Period, *, role: str, kind: str, scope: str) -> PublishedCard | None:
    """Return the newest publication of one card."""
    rows = PublishedCard.objects.filter(
        publication__period=str(period), role_key=role, scope_kind=kind, scope_id=scope
    ).select_related("publication__published_by")
    return rows.order_by("-publication__number").first()


def newest_of_period(period: Period) -> Mapping[tuple[str, ...], tuple[int, int]]:
    """Return (published card, publication number) of the newest publication of every card of a period."""
    rows = PublishedCard.objects.filter(publication__period=str(period)).order_by(*KEY, "-publication__number")
    found = rows.distinct(*KEY).values_list(*KEY, "pk", "publication__number")
    return {tuple(key): (pk, number) for *key, pk, number in found}


def compared(published: PublishedCard, *, facts: Since | None = None) -> Restated | None:
    """Return what became of a published card since; None while it is as it was. `publication` must be loaded."""
    period = parse_period(published.publication.period)
    only = {name: getattr(published, name) for name in KEY}
    current = current_cards(period, **only).first()
    if current is not None and (current.pk == published.card_id or _same(published, current)):
        return None
    facts = facts or since(period, published.publication)
    return restated(content(published), current, facts=facts)


def _same(published: PublishedCard, current: Scorecard) -> bool:
    return Scorecard.objects.filter(pk=published.card_id, digest=current.digest).exists()


def content(published: PublishedCard) -> dict[str, Any]:
    """Return the document as data."""
    found: dict[str, Any] = json.loads(published.document)
    return found


def newest_grounds(period: Period) -> Computation | None:
    """Return the last computation that covered a period."""
    return Computation.objects.filter(periods__contains=[str(period)]).first()
