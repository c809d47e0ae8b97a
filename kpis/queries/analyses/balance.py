"""Result against process and quantity against quality, role by role, out of the graded scorecards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.engine.analyses.depth import counts_volume
from kpis.engine.specs import KpiKind, KpiSpec, Scope
from kpis.models import CardLine
from kpis.queries.analyses.board import Board
from kpis.queries.scorecards import current_cards
from omnichannel.core.periods import Period
from roles.catalogue import RoleKey

MOVED = Decimal(2)  # points of attainment from which a change is one
Test = Callable[[KpiSpec], bool]


@dataclass(frozen=True, slots=True)
class Side:
    """Some KPIs of a card: their weight, their number, and the attainment of those with data, weighed."""

    weight: Decimal
    kpis: int
    attainment: Decimal | None


@dataclass(frozen=True, slots=True)
class RoleBalance:
    """One role's card seen from four sides, with the month before for result and process."""

    role: RoleKey
    score: Decimal | None
    result: Side
    process: Side
    volume: Side
    depth: Side
    result_before: Decimal | None
    process_before: Decimal | None
    results: tuple[tuple[KpiSpec, CardLine], ...]
    processes: tuple[tuple[KpiSpec, CardLine], ...]

    @property
    def result_change(self) -> Decimal | None:
        """Points of attainment that the results moved since the month before."""
        return _change(self.result.attainment, self.result_before)

    @property
    def process_change(self) -> Decimal | None:
        """Points of attainment that the process moved since the month before."""
        return _change(self.process.attainment, self.process_before)

    @property
    def is_marked(self) -> bool:
        """True when more was done and nothing came of it: the process rose, the result did not."""
        if self.result_change is None or self.process_change is None:
            return False
        return self.process_change >= MOVED and self.result_change < MOVED


def balances(board: Board) -> tuple[RoleBalance, ...]:
    """Return every role that has a card at the scope, in the catalogue's order."""
    now, before = _cards(board.period, board.scope), _cards(board.period.previous(), board.scope)
    found = []
    for role in RoleKey:
        if role.value in now:
            score, lines = now[role.value]
            _score, earlier = before.get(role.value, (None, ()))
            found.append(_balance(board, role, score, lines, earlier))
    return tuple(found)


def _cards(period: Period, scope: Scope) -> dict[str, tuple[Decimal | None, tuple[CardLine, ...]]]:
    cards = current_cards(period).filter(scope_kind=scope.kind.value, scope_id=scope.id).exclude(role_key="")
    return {card.role_key: (card.score, card.card_lines) for card in cards}


def _balance(
    board: Board, role: RoleKey, score: Decimal | None, lines: Sequence[CardLine], before: Sequence[CardLine]
) -> RoleBalance:
    known = _known(board, lines)
    earlier = _known(board, before)
    return RoleBalance(
        role=role,
        score=score,
        result=_side(known, _is_result),
        process=_side(known, _is_process),
        volume=_side(known, counts_volume),
        depth=_side(known, _is_depth),
        result_before=_side(earlier, _is_result).attainment,
        process_before=_side(earlier, _is_process).attainment,
        results=tuple(pair for pair in known if _is_result(pair[0])),
        processes=tuple(pair for pair in known if _is_process(pair[0])),
    )


def _known(board: Board, lines: Iterable[CardLine]) -> list[tuple[KpiSpec, CardLine]]:
    return [(spec, line) for line in lines if (spec := board.spec(line.kpi)) is not None and line.weight]


def _is_result(spec: KpiSpec) -> bool:
    return spec.kind is KpiKind.RESULT


def _is_process(spec: KpiSpec) -> bool:
    return spec.kind in (KpiKind.PROCESS, KpiKind.PROGRESS)


def _is_depth(spec: KpiSpec) -> bool:
    return not counts_volume(spec)


def _side(lines: Sequence[tuple[KpiSpec, CardLine]], test: Test) -> Side:
    mine = [line for spec, line in lines if test(spec)]
    reached = [(line.weight, line.attainment) for line in mine if line.attainment is not None]
    weight = sum((weight for weight, _reached in reached), Decimal(0))
    total = sum((weight * percent for weight, percent in reached), Decimal(0))
    return Side(sum((line.weight for line in mine), Decimal(0)), len(mine), total / weight if weight else None)


def _change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None else now - before
