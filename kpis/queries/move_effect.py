"""What a move does to the scorecards of those who move: the same figures graded before and after, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.choices import WeightsSource
from kpis.engine.specs import KpiSpec
from kpis.models import CardLine
from omnichannel.core.csvtext import safe_cell
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, StageKey, SubtypeKey, roles_here
from roles.choices import SUBTYPE_NAMES, StageName

Key = tuple[str, str]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class CardSide:
    """A graded card on one side of the move. `role` is empty where a person's roles are combined."""

    person: str
    role: str
    unit: str
    unit_name: str
    stage: str
    subtype: str
    source: WeightsSource
    score: Decimal | None
    lines: tuple[CardLine, ...]

    @property
    def stage_words(self) -> str:
        """Return stage and sub-type in the active language; empty for a combined card."""
        if not self.stage:
            return ""
        return f"{StageName(StageKey(self.stage).value).label} · {SUBTYPE_NAMES[SubtypeKey(self.subtype)]}"


@dataclass(frozen=True, slots=True)
class LineMove:
    """One KPI of a card: its weight, figure and points on both sides; None where the side has no such line."""

    kpi: str
    names: Bilingual
    before: CardLine | None
    after: CardLine | None

    @property
    def weight_before(self) -> Decimal:
        """The weight before; 0 where it was not weighed."""
        return self.before.weight if self.before else ZERO

    @property
    def weight_after(self) -> Decimal:
        """The weight after; 0 where it is not weighed any more."""
        return self.after.weight if self.after else ZERO

    @property
    def differs(self) -> bool:
        """True when weight, figure or points are no more the same."""
        sides = [line and (line.weight, line.value, line.target, line.points) for line in (self.before, self.after)]
        return sides[0] != sides[1]


@dataclass(frozen=True, slots=True)
class CardMove:
    """A card before and after; None where the person does not hold the role on that side."""

    person: str
    name: str
    role: str
    before: CardSide | None
    after: CardSide | None
    lines: tuple[LineMove, ...]

    @property
    def role_names(self) -> Bilingual | None:
        """The role's names; None where a person's roles are combined."""
        return roles_here().roles[RoleKey(self.role)].names if self.role else None

    @property
    def change(self) -> Decimal | None:
        """The score after less the score before."""
        if self.before is None or self.after is None or self.before.score is None or self.after.score is None:
            return None
        return self.after.score - self.before.score

    @property
    def weights_changed(self) -> bool:
        """True when any KPI weighs more or less than before."""
        return any(line.weight_before != line.weight_after for line in self.lines)

    @property
    def differs(self) -> bool:
        """True when score, weights or any figure of the card differ."""
        scores = [side and side.score for side in (self.before, self.after)]
        there = (self.before is None) != (self.after is None)
        return there or scores[0] != scores[1] or any(line.differs for line in self.lines)

    @property
    def changed_lines(self) -> tuple[LineMove, ...]:
        """The lines that differ."""
        return tuple(line for line in self.lines if line.differs)


@dataclass(frozen=True, slots=True)
class UnitMove:
    """A unit's figure of one KPI with the rows it has now, and with those it would have."""

    unit: str
    name: str
    before: Decimal | None
    after: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """The figure after less the figure before."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class MoveEffect:
    """What the move does, on the figures of the last closed period. `refused`: why it cannot be made, in words.

    `day` is the day whose organisation and weights are compared. Cards come with the largest change first.
    `month_stays`: the period is over before the changes begin, so what is stored of it stays once they are made.
    """

    period: Period | None
    day: date
    cards: tuple[CardMove, ...] = ()
    units: tuple[UnitMove, ...] = ()
    unit_kpi: KpiSpec | None = None
    people: int = 0
    refused: tuple[str, ...] = ()
    is_busy: bool = False
    month_stays: bool = False

    @property
    def changed(self) -> tuple[CardMove, ...]:
        """The cards that differ."""
        return tuple(card for card in self.cards if card.differs)

    @property
    def differing_units(self) -> tuple[UnitMove, ...]:
        """The units whose figure differs: one may count other rows that come to the same."""
        return tuple(unit for unit in self.units if unit.before != unit.after)

    @property
    def weights_changed(self) -> int:
        """How many cards are weighed otherwise."""
        return sum(card.weights_changed for card in self.cards)

    @property
    def up(self) -> int:
        """How many scores rise."""
        return sum((card.change or ZERO) > 0 for card in self.cards)

    @property
    def down(self) -> int:
        """How many scores fall."""
        return sum((card.change or ZERO) < 0 for card in self.cards)

    @property
    def average_change(self) -> Decimal | None:
        """The mean change of the cards that have a score on both sides, to two places."""
        changes = [card.change for card in self.cards if card.change is not None]
        return (sum(changes, ZERO) / len(changes)).quantize(Decimal("0.01")) if changes else None


def compare(
    before: Iterable[CardSide], after: Iterable[CardSide], *, kpis: Mapping[str, KpiSpec], names: Mapping[str, str]
) -> tuple[CardMove, ...]:
    """Put both sides of every card beside each other, the largest change of score first."""
    old, new = ({(side.person, side.role): side for side in sides} for sides in (before, after))
    moves = [
        CardMove(
            person,
            names.get(person, person),
            role,
            old.get(key),
            new.get(key),
            _lines(old.get(key), new.get(key), kpis),
        )
        for key in dict.fromkeys([*old, *new])
        for person, role in [key]
    ]
    return tuple(sorted(moves, key=_rank))


def _rank(card: CardMove) -> tuple[object, ...]:
    return (-abs(card.change or ZERO), not card.differs, card.name, card.person, card.role)


def _lines(before: CardSide | None, after: CardSide | None, kpis: Mapping[str, KpiSpec]) -> tuple[LineMove, ...]:
    old, new = ({line.kpi: line for line in side.lines} if side else {} for side in (before, after))
    return tuple(
        LineMove(kpi, kpis[kpi].names, old.get(kpi), new.get(kpi)) for kpi in dict.fromkeys([*old, *new]) if kpi in kpis
    )


HEAD: Sequence[str] = (
    "person", "name", "role", "unit_before", "unit_after", "stage_before", "stage_after", "subtype_before",
    "subtype_after", "weights_from_before", "weights_from_after", "score_before", "score_after", "change", "kpi",
    "weight_before", "weight_after", "value_before", "value_after", "attainment_before", "attainment_after",
    "points_before", "points_after",
)  # fmt: skip


def table(effect: MoveEffect) -> Iterator[list[str]]:
    """Yield the effect as lines of a file: the head, then one line per card and KPI; a card without KPIs has one."""
    yield list(HEAD)
    for card in effect.cards:
        sides = (card.before, card.after)
        facts = [_cell(card.person), _cell(card.name), card.role]
        for field in ("unit", "stage", "subtype", "source", "score"):
            facts += [_cell(getattr(side, field) if side else None) for side in sides]
        facts.append(_cell(card.change))
        for line in card.lines:
            cells = [line.kpi, _cell(line.weight_before), _cell(line.weight_after)]
            for field in ("value", "attainment", "points"):
                cells += [_cell(getattr(each, field) if each else None) for each in (line.before, line.after)]
            yield facts + cells
        if not card.lines:
            yield facts + [""] * (len(HEAD) - len(facts))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else safe_cell(str(value))
