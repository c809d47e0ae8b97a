"""Publishes scorecards: freezes the current cards of a period, and says what differs from what was told before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone

from kpis.engine.specs import ScopeKind
from kpis.errors import NothingToPublish
from kpis.models import Publication, PublishedCard, Scorecard
from kpis.queries.bounds import rows_within
from kpis.queries.card_document import canonical, document, grounds, sha256
from kpis.queries.publications import KEY, content, newest_grounds, newest_of_period
from kpis.queries.restating import Cause, Since, merged, restated, since
from kpis.queries.scorecards import current_cards
from kpis.services.values import lock_figures
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.webhooks.choices import Topic
from omnichannel.webhooks.services.announcing import News, announce
from omnichannel.workspaces.scoping import current_workspace_id

BATCH = 500


def request_publication(period: Period, *, actor_id: int, unit: str = "", note: str = "") -> Job:
    """Queue the publication of a period's cards, or of those of a unit, what is below it and its people.

    NothingToPublish when there is no card, or none that differs from what was published last.
    """
    cards = list(_cards(period, unit=unit))
    if not cards:
        raise NothingToPublish
    told = newest_of_period(period)
    if all(_key(card) in told for card in cards) and not _changed(cards, told):
        raise NothingToPublish(number=max(told[_key(card)][1] for card in cards))
    params = {"period": str(period), "unit": unit, "note": note[:400], "actor": actor_id}
    job = create_job(JobKind.PUBLISH_CARDS, params=params, actor_id=actor_id)
    wake(job)
    return job


def publish_job(job: Job) -> dict[str, Any]:
    """Publish what a job asks for, in its transaction; return what the job's page tells."""
    params = job.params
    made = publish(parse_period(params["period"]), actor_id=job.created_by_id, unit=params["unit"], note=params["note"])
    return {"publication": made.pk, "number": made.number, "cards": made.cards_count, "changed": made.changed_count}


def publish(period: Period, *, actor_id: int | None, unit: str = "", note: str = "") -> Publication:
    """Freeze the current cards in the caller's transaction. NothingToPublish without a card."""
    lock_figures()
    computation = newest_grounds(period)
    cards = list(_cards(period, unit=unit).select_related("weight_set"))
    if not cards or computation is None:
        raise NothingToPublish
    told = newest_of_period(period)
    changed = _changed(cards, told)
    by = grounds(period, computation=computation)
    causes = merged(_causes(period, changed, told))
    rows = []
    for card in cards:
        text = canonical(document(card, by=by))
        rows.append(_row(card, text, name=_name(card, by.people, by.tree)))
    publication = Publication.objects.create(
        period=str(period),
        number=max((number for _pk, number in told.values()), default=0) + 1,
        unit_id=unit,
        unit_name=by.tree.nodes[unit].name if unit in by.tree else unit,
        note=note,
        cards_count=len(rows),
        changed_count=len(changed),
        causes=[cause.to_json() for cause in causes],
        upload_seq=computation.upload_seq,
        library_version=computation.library_version,
        digest=sha256("\n".join(row.digest for row in rows)),
        published_by_id=actor_id,
        published_at=timezone.now(),
    )
    for row in rows:
        row.publication = publication
    PublishedCard.objects.bulk_create(rows, batch_size=BATCH)
    _announce(publication)
    return publication


def _announce(publication: Publication) -> None:
    """Tell webhooks what was published, by its numbers."""
    data = {
        "id": publication.pk,
        "period": publication.period,
        "number": publication.number,
        "unit": publication.unit_id or None,
        "cards": publication.cards_count,
        "changed": publication.changed_count,
        "digest": publication.digest,
    }
    key = f"publication:{publication.pk}"
    announce([News(Topic.PUBLISHED, key, data)], now=publication.published_at)


def _cards(period: Period, *, unit: str) -> Any:
    cards = current_cards(period).order_by("scope_kind", "scope_id", "role_key")
    return cards.filter(rows_within(on=period.last_day, unit=unit or None, person=None, with_people=True))


def _key(card: Scorecard) -> tuple[str, ...]:
    return tuple(getattr(card, name) for name in KEY)


def _changed(cards: Sequence[Scorecard], told: Any) -> dict[int, Scorecard]:
    """Return published card -> current card, of those whose content is no more what was published last."""
    asked = {told[_key(card)][0]: card for card in cards if _key(card) in told}
    rows = PublishedCard.objects.filter(pk__in=asked).values_list("pk", "card__digest")
    return {pk: asked[pk] for pk, digest in rows if asked[pk].digest != digest}


def _causes(period: Period, changed: dict[int, Scorecard], told: Any) -> Iterator[Cause]:
    """Yield the causes of every changed card, against the publication it was told in last."""
    facts: dict[int, Since] = {}
    rows = PublishedCard.objects.filter(pk__in=changed).select_related("publication")
    for row in rows.iterator(chunk_size=BATCH):
        told_in = row.publication
        if told_in.pk not in facts:
            facts[told_in.pk] = since(period, told_in)
        yield from restated(content(row), changed[row.pk], facts=facts[told_in.pk]).causes


def _row(card: Scorecard, text: str, *, name: str) -> PublishedCard:
    return PublishedCard(
        workspace_id=current_workspace_id(),
        card=card,
        role_key=card.role_key,
        scope_kind=card.scope_kind,
        scope_id=card.scope_id,
        name=name[:200],
        score=card.score,
        band=card.band,
        document=text,
        digest=sha256(text),
    )


def _name(card: Scorecard, people: Any, tree: Any) -> str:
    if card.scope_kind == ScopeKind.EMPLOYEE:
        return str(people.get(card.scope_id, card.scope_id))
    return tree.nodes[card.scope_id].name if card.scope_id in tree else card.scope_id
