"""Stores graded cards as revisions, and grades stored figures again when weights change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from kpis.choices import ComputationKind
from kpis.engine.specs import ScopeKind, Value
from kpis.models import Computation, Scorecard
from kpis.queries.subjects import organisation
from kpis.queries.targets import targets_of
from kpis.queries.uploads import last_change
from kpis.queries.values import as_book, current_values
from kpis.queries.weights import weights_on
from kpis.services.grading import Card, grade_all
from kpis.services.values import lock_figures, open_computation
from omnichannel.core.periods import Period
from omnichannel.workspaces.scoping import current_workspace_id
from roles.catalogue import RoleKey

BATCH = 1000
GRADED_KINDS = frozenset({ScopeKind.COMPANY, ScopeKind.UNIT, ScopeKind.EMPLOYEE, ScopeKind.ROLE})
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class CardCount:
    """How many cards are new or changed, as they were, or no more."""

    written: int
    kept: int
    retired: int


def grade_period(period: Period, *, values: Iterable[Value], role: RoleKey | None = None) -> list[Card]:
    """Grade a period's cards (or those of one role) from figures, with the organisation as of its last day."""
    day = period.last_day
    return grade_all(
        organisation(day), book=as_book(values), targets=targets_of(period), weights=weights_on(day), only=role
    )


def stored_values(period: Period) -> list[Value]:
    """Return the current figures that grading reads."""
    return list(current_values(period, kinds=GRADED_KINDS))


@transaction.atomic
def regrade(periods: Sequence[Period], *, role: RoleKey, actor_id: int | None) -> CardCount:
    """Grade one role's cards again from stored figures, and the combined cards of the people who hold it."""
    if not periods:
        return CardCount(0, 0, 0)
    lock_figures()
    started = timezone.now()
    graded = [(period, grade_period(period, values=stored_values(period), role=role)) for period in periods]
    computation = open_computation(
        ComputationKind.GRADES,
        periods,
        job=None,
        upload_seq=last_change(),
        started_at=started,
        finished_at=timezone.now(),
        actor_id=actor_id,
    )
    return _total(
        [save_scorecards(cards, period=period, computation=computation, role=role) for period, cards in graded]
    )


def save_scorecards(
    cards: Iterable[Card], *, period: Period, computation: Computation, role: RoleKey | None = None
) -> CardCount:
    """Insert cards that differ from the current ones as new revisions; cards that are no more stop being current.

    Runs in the caller's transaction. `role`: the cards are those of one role and of the people who hold it.
    """
    stored = _current(period)
    last = _last_revisions(period)
    fresh, kept, outdated = [], 0, []
    for card in cards:
        key = _key(card)
        digest = card.digest()
        pk, before = stored.pop(key, (None, ""))
        if before == digest:
            kept += 1
            continue
        if pk is not None:
            outdated.append(pk)
        fresh.append(_row(card, digest, revision=last.get(key, 0) + 1, period=period, computation=computation))
    gone = {key: pk for key, (pk, _digest) in stored.items() if role is None or key[0] == role.value}
    retired = list(gone.values())
    _retire([*outdated, *retired])
    Scorecard.objects.bulk_create(fresh, batch_size=BATCH)
    return CardCount(written=len(fresh), kept=kept, retired=len(retired))


def _key(card: Card) -> Key:
    return card.role, card.scope.kind.value, card.scope.id


def _current(period: Period) -> dict[Key, tuple[int | None, str]]:
    rows = Scorecard.objects.filter(period=str(period), is_current=True)
    return {
        (role, kind, scope_id): (pk, digest)
        for pk, role, kind, scope_id, digest in rows.values_list("pk", "role_key", "scope_kind", "scope_id", "digest")
    }


def _last_revisions(period: Period) -> dict[Key, int]:
    """Return the highest revision of every card; a card that was retired and comes back goes on counting."""
    rows = (
        Scorecard.objects.filter(period=str(period))
        .order_by("role_key", "scope_kind", "scope_id", "-revision")
        .distinct("role_key", "scope_kind", "scope_id")
    )
    return {
        (role, kind, scope_id): revision
        for role, kind, scope_id, revision in rows.values_list("role_key", "scope_kind", "scope_id", "revision")
    }


def _row(card: Card, digest: str, *, revision: int, period: Period, computation: Computation) -> Scorecard:
    facts: dict[str, Any] = {
        "role_key": card.role,
        "scope_kind": card.scope.kind.value,
        "scope_id": card.scope.id,
        "unit_id": card.unit,
        "stage": card.stage,
        "subtype": card.subtype,
        "stage_unit": card.stage_unit,
        "score": card.score,
        "coverage": card.coverage,
        "band": card.band,
        "lines": [line.to_json() for line in card.lines],
        "weights_source": card.weights_source,
        "weight_set_id": card.weight_set_id,
    }
    return Scorecard(
        workspace_id=current_workspace_id(),
        period=str(period),
        period_start=period.start,
        digest=digest,
        revision=revision,
        computation=computation,
        **facts,
    )


def _retire(keys: Sequence[int | None]) -> None:
    now = timezone.now()
    for start in range(0, len(keys), BATCH):
        Scorecard.objects.filter(pk__in=keys[start : start + BATCH]).update(is_current=False, ended_at=now)


def _total(counts: Sequence[CardCount]) -> CardCount:
    return CardCount(
        written=sum(count.written for count in counts),
        kept=sum(count.kept for count in counts),
        retired=sum(count.retired for count in counts),
    )
