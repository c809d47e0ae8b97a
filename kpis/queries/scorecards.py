"""Scorecards as pages show them: the matrix of roles and units, one card with its history, a person's cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from kpis.engine.specs import KpiSpec, Scope, ScopeKind
from kpis.models import CardLine, Scorecard
from kpis.queries.definitions import every_kpi, library_at
from kpis.queries.values import months_before, trends
from kpis.queries.weights import weighed_roles
from omnichannel.core.periods import Period
from roles.catalogue import RoleKey
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitNode, UnitTree

YEAR = 12
MONTHS = YEAR + 1  # the figure of a year before stands at the beginning
MOST_PEERS = 30


@dataclass(frozen=True, slots=True)
class Cell:
    """A score of the matrix; None where the unit has nobody in that role."""

    role: RoleKey
    score: Decimal | None
    band: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One unit (None for the company) and its score in each of the roles that have cards."""

    node: UnitNode | None
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class CardLineView:
    """A line of a card with its definition, its last thirteen figures, and the name of where it was read."""

    line: CardLine
    spec: KpiSpec
    trend: Sequence[Decimal | None]
    measured_name: str

    @property
    def recent(self) -> Sequence[Decimal | None]:
        """The last twelve figures."""
        return self.trend[-YEAR:]

    @property
    def change_unit(self) -> str:
        """The unit of a difference: percentages differ by points."""
        return "points" if self.spec.unit in ("percent", "0..1") else self.spec.unit

    @property
    def change(self) -> Decimal | None:
        """The figure less that of the period before."""
        return _change(self.trend[-2] if len(self.trend) > 1 else None, self.line.value)

    @property
    def year_change(self) -> Decimal | None:
        """The figure less that of a year before."""
        return _change(self.trend[0] if len(self.trend) == MONTHS else None, self.line.value)


@dataclass(frozen=True, slots=True)
class CardView:
    """A card with everything its page shows beside it."""

    card: Scorecard
    lines: tuple[CardLineView, ...]
    months: tuple[Period, ...]
    scores: tuple[Decimal | None, ...]

    @property
    def change(self) -> Decimal | None:
        """The score less that of the period before."""
        return _change(self.scores[-2], self.card.score)

    @property
    def computed_at(self) -> datetime:
        """When this revision was graded."""
        return self.card.created_at

    @property
    def main(self) -> CardLineView | None:
        """The line that weighs most."""
        return max(self.lines, key=lambda view: view.line.weight, default=None)


@dataclass(frozen=True, slots=True)
class Peer:
    """The same role's card at another unit."""

    node: UnitNode
    score: Decimal | None
    band: str
    coverage: Decimal


def _change(before: Decimal | None, now: Decimal | None) -> Decimal | None:
    return None if before is None or now is None else now - before


def current_cards(period: Period, *, known_at: datetime | None = None, **only: object) -> QuerySet[Scorecard]:
    """Return the period's current cards, or those that were current at a moment in the past."""
    return cards_of_periods([period], known_at=known_at, **only)


def cards_of_periods(
    periods: Sequence[Period], *, known_at: datetime | None = None, **only: object
) -> QuerySet[Scorecard]:
    """Return the cards of some periods that count now, or counted at a moment; `only` narrows them by column."""
    rows = Scorecard.objects.filter(period__in=[str(period) for period in periods], **only)
    if known_at is None:
        return rows.filter(is_current=True)
    key = ("period", "role_key", "scope_kind", "scope_id")
    known = rows.filter(computation__finished_at__lte=known_at).order_by(*key, "-revision").distinct(*key)
    return Scorecard.objects.filter(pk__in=known.values("pk")).exclude(ended_at__lte=known_at)


def matrix(
    period: Period,
    *,
    tree: UnitTree,
    units: Iterable[str],
    with_company: bool,
    known_at: datetime | None = None,
) -> tuple[MatrixRow, ...]:
    """Return the scores of the given units, in their order, per role; the company first where it is wanted."""
    found: dict[str, dict[str, Cell]] = {}
    kinds = [ScopeKind.UNIT, *([ScopeKind.COMPANY] if with_company else [])]
    cards = current_cards(period, known_at=known_at, scope_kind__in=[kind.value for kind in kinds])
    for unit, role, score, band in cards.values_list("scope_id", "role_key", "score", "band"):
        found.setdefault(unit, {})[role] = Cell(RoleKey(role), score, band)
    nodes: list[UnitNode | None] = [*([None] if with_company else []), *(tree.nodes[unit] for unit in units)]
    rows = [(node, found.get(node.external_id if node else "", {})) for node in nodes]
    order = weighed_roles()
    return tuple(MatrixRow(node, tuple(cells.get(role.value) for role in order)) for node, cells in rows if cells)


def find_card(period: Period, *, role: str, scope: Scope, known_at: datetime | None = None) -> Scorecard | None:
    """Return the current card of a role at a scope; `role` is empty for a person's combined card."""
    only = {"role_key": role, "scope_kind": scope.kind.value, "scope_id": scope.id}
    return _with_grounds(current_cards(period, known_at=known_at, **only)).first()


def cards_of_person(person: str, period: Period, *, known_at: datetime | None = None) -> list[Scorecard]:
    """Return a person's cards, the combined one first."""
    only = {"scope_kind": ScopeKind.EMPLOYEE.value, "scope_id": person}
    cards = _with_grounds(current_cards(period, known_at=known_at, **only))
    return sorted(cards, key=lambda card: (card.role_key != "", card.role_key))


def _with_grounds(cards: QuerySet[Scorecard]) -> QuerySet[Scorecard]:
    """Read what a card's head tells of its weights and its computation along with it."""
    return cards.select_related("weight_set__created_by", "computation")


def with_history(
    cards: Sequence[Scorecard], *, period: Period, tree: UnitTree, known_at: datetime | None = None
) -> list[CardView]:
    """Put its trends beside every card: two queries, however many cards there are."""
    months = months_before(period, MONTHS)
    kpis = {**every_kpi(), **library_at(period.last_day, known_at=known_at).kpis}
    every = [line for card in cards for line in card.card_lines]
    lines = _figures(every, months, known_at=known_at)
    scores = score_trends(cards, months, known_at=known_at)
    return [
        CardView(
            card=card,
            lines=tuple(
                CardLineView(line, kpis[line.kpi], lines[line.kpi, line.measured], scope_name(line.measured, tree))
                for line in card.card_lines
                if line.kpi in kpis
            ),
            months=tuple(months),
            scores=scores[card.role_key, card.scope_kind, card.scope_id],
        )
        for card in cards
    ]


def _figures(
    lines: Sequence[CardLine], months: Sequence[Period], *, known_at: datetime | None
) -> dict[tuple[str, Scope], list[Decimal | None]]:
    """Return the figures of the lines over the months, as they stand now or were known at a moment."""
    kpis, scopes = {line.kpi for line in lines}, {line.measured for line in lines}
    if not lines:
        return {}
    return trends(kpis, months, scopes=scopes, known_at=known_at)


def score_trends(
    cards: Iterable[Scorecard], months: Sequence[Period], *, known_at: datetime | None = None
) -> dict[tuple[str, str, str], tuple[Decimal | None, ...]]:
    """Return the scores of the cards' subjects over the months, in one query."""
    wanted = {(card.role_key, card.scope_kind, card.scope_id) for card in cards}
    at = {str(month): index for index, month in enumerate(months)}
    found: dict[tuple[str, str, str], list[Decimal | None]] = {key: [None] * len(months) for key in wanted}
    rows = cards_of_periods(
        months,
        known_at=known_at,
        role_key__in={role for role, _kind, _scope in wanted},
        scope_kind__in={kind for _role, kind, _scope in wanted},
        scope_id__in={scope for _role, _kind, scope in wanted},
    )
    for role, kind, scope_id, period, score in rows.values_list(
        "role_key", "scope_kind", "scope_id", "period", "score"
    ):
        if (role, kind, scope_id) in found:
            found[role, kind, scope_id][at[period]] = score
    return {key: tuple(scores) for key, scores in found.items()}


def scope_name(scope: Scope, tree: UnitTree) -> str:
    """Return the name of the unit, or the id of anything else; empty for the company."""
    return tree.nodes[scope.id].name if scope.kind is ScopeKind.UNIT and scope.id in tree else scope.id


def peers(
    role: str, period: Period, *, tree: UnitTree, unit: str | None, known_at: datetime | None = None
) -> tuple[Peer, ...]:
    """Return the role's cards to compare with, best first: of the units below, else of the units beside.

    For the company these are its business units and departments, else whatever units have such a card.
    """
    rows = current_cards(period, known_at=known_at, role_key=role, scope_kind=ScopeKind.UNIT.value)
    cards = {
        key: Peer(tree.nodes[key], score, band, coverage)
        for key, score, band, coverage in rows.values_list("scope_id", "score", "band", "coverage")
        if key in tree
    }
    chosen = _below(tree, unit, cards) or _beside(tree, unit, cards)
    ranked = sorted(chosen, key=lambda peer: (peer.score is None, -(peer.score or 0), peer.node.external_id))
    return tuple(ranked[:MOST_PEERS])


def _below(tree: UnitTree, unit: str | None, cards: Mapping[str, Peer]) -> list[Peer]:
    """Return the nearest units below that have a card and do business of their own."""
    parents = [unit] if unit is not None else list(tree.root_ids)
    while parents:
        children = [child for parent in parents for child in tree.nodes[parent].children]
        found = [cards[child] for child in children if child in cards]
        if len(found) > 1:
            return found
        parents = children
    return []


def _beside(tree: UnitTree, unit: str | None, cards: Mapping[str, Peer]) -> list[Peer]:
    if unit is None:
        return list(cards.values())
    level = tree.nodes[unit].level
    return [peer for peer in cards.values() if peer.node.level is level]


def matrix_units(tree: UnitTree, *, under: str | None) -> list[str]:
    """Return the units the matrix lists: all but stores, or a unit with everything directly below it."""
    if under is not None and under in tree:
        return [under, *tree.nodes[under].children]
    return [node.external_id for node in tree if node.level is not UnitLevel.STORE]


def role_cards(period: Period, *, scope: Scope) -> list[Scorecard]:
    """Return the cards of all roles at one scope, in the order of the talent map."""
    rows = current_cards(period).filter(scope_kind=scope.kind.value, scope_id=scope.id)
    cards = {card.role_key: card for card in rows}
    return [cards[role.value] for role in weighed_roles() if role.value in cards]
