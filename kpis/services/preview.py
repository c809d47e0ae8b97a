"""What other weights would do to the current scores: graded from stored figures, nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.engine.specs import Scope, ScopeKind
from kpis.errors import WeightsInvalid
from kpis.queries.scorecards import current_cards
from kpis.queries.subjects import Organisation, Subject, organisation, subjects
from kpis.queries.targets import targets_of
from kpis.queries.values import as_book, current_values, periods_touched
from kpis.queries.weights import EffectiveWeights, WeightBook, source_of_place, weights_on
from kpis.services.grading import Card, grade_subjects, weights_for
from kpis.services.scorecards import GRADED_KINDS
from kpis.services.weights import checked_weights, place_issues
from omnichannel.core.periods import Period
from roles.catalogue import RoleKey, StageKey

MOVERS = 20
MOST_PERIODS = 3  # tried at once: the newest that the change touches
CANDIDATE = -1


@dataclass(frozen=True, slots=True)
class Move:
    """A card before and after. `name` is the unit's or person's name, empty for the company.

    `role` is empty for the combined card of a person with several roles.
    """

    scope: Scope
    name: str
    before: Decimal | None
    before_band: str
    after: Decimal | None
    after_band: str
    role: str = ""

    @property
    def change(self) -> Decimal | None:
        """The score after less the score before."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def moves(self) -> bool:
        """True when the score is another one, or comes or goes."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Preview:
    """One period with the new weights: the company's and units' cards, the people who move most, and how many.

    `cards` counts every card that these weights decide, combined ones included; `changed` those whose score moves;
    `points` is the sum of how far they move, whichever way. `crossings` counts changes of the band.
    """

    period: Period
    moves: tuple[Move, ...]
    people_up: int
    people_down: int
    people_same: int
    cards: int = 0
    changed: int = 0
    points: Decimal = Decimal(0)
    people: tuple[Move, ...] = ()
    crossings: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Weights that are not saved yet; without any the place is given back to the next wider one."""

    role: RoleKey
    stage: StageKey
    weights: Mapping[str, Decimal]
    subtype: str = ""
    unit: str = ""

    def check(self, *, on: date | None) -> None:
        """Raise WeightsInvalid with everything that stands against these weights on a day."""
        place = {"subtype": self.subtype, "unit": self.unit}
        if self.weights:
            checked_weights(self.role, self.weights, stage=self.stage, on=on, **place)
        elif issues := place_issues(self.stage, on=on, **place):
            raise WeightsInvalid(issues)

    def as_set(self, on: date) -> EffectiveWeights:
        """Return them as they would count."""
        return EffectiveWeights(
            role=self.role.value,
            stage=self.stage.value,
            weights=self.weights,
            source=source_of_place(self.subtype, self.unit),
            weight_set_id=CANDIDATE,
            since=on,
            subtype=self.subtype,
            unit=self.unit,
        )


def preview_change(candidate: Candidate, *, effective_from: date) -> tuple[Preview, ...]:
    """Grade the newest periods that the change touches; none where it begins after all figures."""
    candidate.check(on=effective_from)
    return tuple(_tried(candidate, period) for period in periods_touched(effective_from)[:MOST_PERIODS])


def _tried(candidate: Candidate, period: Period) -> Preview:
    day = period.last_day
    found, now = organisation(day), weights_on(day)
    then = now.with_set(candidate.as_set(day))
    everyone = subjects(found)
    mine = [one for one in everyone if _decides(candidate, one, found=found, now=now, then=then)]
    people = {one.scope for one in mine if one.scope.kind is ScopeKind.EMPLOYEE}
    beside = [one for one in everyone if one.scope in people and one.role != candidate.role]
    wanted = [*mine, *beside]
    kpis = {kpi for one in wanted for kpi in weights_for(one, found=found, weights=then).weights}
    book = as_book(current_values(period, kpis=kpis, kinds=GRADED_KINDS))
    targets = targets_of(period, kpis=kpis)
    cards = grade_subjects(wanted, found=found, book=book, targets=targets, weights=then)
    decided = [card for card in cards if card.role in (candidate.role.value, "")]
    return _summed(period, _moves(decided, period=period, found=found))


def _decides(candidate: Candidate, one: Subject, *, found: Organisation, now: WeightBook, then: WeightBook) -> bool:
    """Tell whether the subject's weights come from the place that changes, now or then."""
    if one.role != candidate.role or one.stage != candidate.stage:
        return False
    used = (weights_for(one, found=found, weights=book) for book in (then, now))
    return any((each.subtype, each.unit) == (candidate.subtype, candidate.unit) and _own(each) for each in used)


def _own(used: EffectiveWeights) -> bool:
    return used.weight_set_id is not None


def _moves(cards: Sequence[Card], *, period: Period, found: Organisation) -> list[Move]:
    before = _scores({card.role for card in cards}, period)
    people = {holding.person_external_id: holding.person_name for holding in found.holdings}
    moves = []
    for card in cards:
        old, old_band = before.get((card.role, card.scope), (None, ""))
        node = found.tree.nodes.get(card.scope.id)
        name = people.get(card.scope.id, "") if card.scope.kind is ScopeKind.EMPLOYEE else node.name if node else ""
        moves.append(Move(card.scope, name, old, old_band, card.score, card.band, card.role))
    return moves


def _summed(period: Period, moves: Sequence[Move]) -> Preview:
    cards = [move for move in moves if move.scope.kind is ScopeKind.EMPLOYEE and move.role]
    others = sorted((move for move in moves if move.scope.kind is not ScopeKind.EMPLOYEE), key=_order)
    people = sorted((move for move in moves if move.scope.kind is ScopeKind.EMPLOYEE and move.moves), key=_order)
    crossed = Counter((move.before_band, move.after_band) for move in moves if move.before_band != move.after_band)
    return Preview(
        period=period,
        moves=tuple(others[:MOVERS]),
        people_up=sum((move.change or 0) > 0 for move in cards),
        people_down=sum((move.change or 0) < 0 for move in cards),
        people_same=sum(not move.change for move in cards),
        cards=len(moves),
        changed=sum(move.moves for move in moves),
        points=sum((abs(move.change or Decimal(0)) for move in moves), Decimal(0)),
        people=tuple(people[:MOVERS]),
        crossings=tuple((old, new, count) for (old, new), count in sorted(crossed.items())),
    )


def _order(move: Move) -> tuple[bool, Decimal, str, str]:
    """The company first, then the largest moves."""
    return move.scope.kind is not ScopeKind.COMPANY, -abs(move.change or Decimal(0)), move.scope.id, move.role


def _scores(roles: set[str], period: Period) -> dict[tuple[str, Scope], tuple[Decimal | None, str]]:
    rows = current_cards(period).filter(role_key__in=roles)
    return {
        (role, Scope(ScopeKind(kind), scope_id)): (score, band)
        for role, kind, scope_id, score, band in rows.values_list("role_key", "scope_kind", "scope_id", "score", "band")
    }
