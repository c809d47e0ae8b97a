"""What other weights would do to the current scores: graded from stored figures, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.choices import WeightsSource
from kpis.engine.specs import Scope, ScopeKind
from kpis.queries.scorecards import current_cards
from kpis.queries.subjects import Subject, organisation, subjects
from kpis.queries.targets import targets_of
from kpis.queries.values import as_book
from kpis.queries.weights import EffectiveWeights
from kpis.services.grading import grade_subject
from kpis.services.scorecards import stored_values
from kpis.services.weights import checked_weights
from omnichannel.core.periods import Period
from roles.catalogue import RoleKey, StageKey

MOVERS = 20


@dataclass(frozen=True, slots=True)
class Move:
    """A card before and after. `name` is the unit's name, empty for the company."""

    scope: Scope
    name: str
    before: Decimal | None
    before_band: str
    after: Decimal | None
    after_band: str

    @property
    def change(self) -> Decimal | None:
        """The score after less the score before."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class Preview:
    """The company's and units' cards with the new weights, largest moves first, and how many people would move."""

    period: Period
    moves: tuple[Move, ...]
    people_up: int
    people_down: int
    people_same: int


def preview_weights(role: RoleKey, stage: StageKey, weights: Mapping[str, Decimal], *, period: Period) -> Preview:
    """Grade the role's cards of that stage with other weights. WeightsInvalid as for saving."""
    kept = checked_weights(role, weights)
    used = EffectiveWeights(role.value, stage.value, kept, WeightsSource.LIBRARY, since=date.min)
    found = organisation(period.last_day)
    mine = [one for one in subjects(found) if one.role == role and one.stage == stage]
    book, targets, before = as_book(stored_values(period)), targets_of(period), _scores(role, period)
    moves = []
    for one in mine:
        card = grade_subject(one, book=book, targets=targets, weights=used)
        old, old_band = before.get(one.scope, (None, ""))
        moves.append(Move(one.scope, _name(one, found.tree.nodes), old, old_band, card.score, card.band))
    people = [move for move in moves if move.scope.kind is ScopeKind.EMPLOYEE]
    others = sorted((move for move in moves if move.scope.kind is not ScopeKind.EMPLOYEE), key=_order)
    return Preview(
        period=period,
        moves=tuple(others[:MOVERS]),
        people_up=sum((move.change or 0) > 0 for move in people),
        people_down=sum((move.change or 0) < 0 for move in people),
        people_same=sum(not move.change for move in people),
    )


def _order(move: Move) -> tuple[bool, Decimal, str]:
    """The company first, then the largest moves."""
    return move.scope.kind is not ScopeKind.COMPANY, -abs(move.change or Decimal(0)), move.scope.id


def _name(one: Subject, nodes: Mapping[str, object]) -> str:
    node = nodes.get(one.scope.id) if one.scope.kind is ScopeKind.UNIT else None
    return str(getattr(node, "name", ""))


def _scores(role: RoleKey, period: Period) -> dict[Scope, tuple[Decimal | None, str]]:
    rows = current_cards(period).filter(role_key=role.value)
    return {
        Scope(ScopeKind(kind), scope_id): (score, band)
        for kind, scope_id, score, band in rows.values_list("scope_kind", "scope_id", "score", "band")
    }
