"""A move tried out: written, read as it would be, taken back. It tells what a computation would find after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import OperationalError, connection, transaction

from kpis.engine.scoping import Organisation as EngineOrganisation
from kpis.engine.scoping import ScopeRequest
from kpis.engine.scoping import UnitTree as EngineTree
from kpis.engine.specs import Scope, ScopeKind, Value
from kpis.models import CardLine
from kpis.queries.definitions import library_at
from kpis.queries.move_effect import CardSide, MoveEffect, UnitMove, compare
from kpis.queries.reading import scopes_read
from kpis.queries.subjects import Organisation, Subject, subjects
from kpis.queries.targets import targets_of
from kpis.queries.values import Book, as_book, current_values, stored_periods
from kpis.queries.warehouse import World, organisation_on
from kpis.queries.weights import WeightBook, weights_on
from kpis.services.grading import Card, Targets, grade_subjects, weights_for
from kpis.services.org_listener import Change, listening
from kpis.services.values import is_fresh, measuring
from omnichannel.core.periods import Period
from roles.choices import Thing
from roles.holdings import split_assignment_key
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holdings_of, people_names, people_within
from roles.queries.stages import DEFAULT, adopted_stages
from roles.services.moving import move
from roles.state_diff import value_on

UNIT_KPI = "sales_net"
AFTER = "\0after"  # ends the id under which a unit is measured as it will be; no id of a customer holds it
PATIENCE = "2s"
LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Tried:
    """What a move would make of the organisation. `units` count other rows then, which the engine finds in `engine`.

    `people_stay`: everybody keeps unit and roles, only units change their places.
    """

    refused: tuple[str, ...] = ()
    people: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    found: Organisation | None = None
    engine: EngineOrganisation | None = None
    people_stay: bool = False


def move_effect(
    thing: Thing, external_id: str, *, to: str | None, on: date, today: date, whole_branch: bool = True
) -> MoveEffect:
    """Return what a move on a day does to the cards of the people who move, on the last closed period's figures.

    The organisation and the weights are those of the day, or of the period's last day where that is later: a move
    dated back into the period gives exactly what the period's next computation will.
    """
    period = next((each for each in stored_periods() if each.last_day < today), None)
    day = on if period is None else max(on, period.last_day)
    try:
        tried = _tried(thing, external_id, to=to, on=on, day=day, whole_branch=whole_branch)
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
            raise
        return MoveEffect(period, day, is_busy=True)
    if tried.found is None or period is None:
        return MoveEffect(period, day, people=len(tried.people), refused=tried.refused)
    return _compared(_found(tried.people, day=day), tried.found, tried, period=period)


@transaction.atomic
def _tried(thing: Thing, external_id: str, *, to: str | None, on: date, day: date, whole_branch: bool) -> Tried:
    """Make the move, read the organisation with it, and let go of it all. Waits for other writers, but not for long."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [PATIENCE])
    tree = unit_tree(as_of=day)
    with listening() as heard:
        written = move(thing, external_id, to=to, on=on, actor_id=None, whole_branch=whole_branch)
    if not written.is_ok:
        return Tried(tuple(dict.fromkeys(issue.message for issue in written.issues)))
    people = _people(heard.changes, tree, day=day)
    found = _found(people, day=day)
    units = _moved_units(heard.changes, tree, found.tree, day=day)
    engine = organisation_on(day) if units else None
    transaction.set_rollback(True)
    people_stay = all(change.thing == Thing.UNITS for change in heard.changes)
    return Tried((), people, units, found, engine, people_stay)


def _people(changes: Iterable[Change], tree: UnitTree, *, day: date) -> frozenset[str]:
    """Return who moves: themselves, by what they hold, or with the unit they work or help in."""
    units: set[str] = set()
    people: set[str] = set()
    for change in changes:
        if change.thing == Thing.UNITS:
            units |= tree.subtree(change.external_id)
        elif change.thing == Thing.PEOPLE:
            people.add(change.external_id)
        elif change.thing == Thing.ASSIGNMENTS:
            people.add(split_assignment_key(change.external_id)[0])
    if units:
        people |= set(people_within(units, as_of=day).values_list("person__external_id", flat=True))
    return frozenset(people)


def _found(people: Collection[str], *, day: date) -> Organisation:
    """Return the organisation of the day with the holdings of some people."""
    tree = unit_tree(as_of=day)
    stages = adopted_stages(day, tree=tree)
    held = holdings_of(people, as_of=day, tree=tree)
    return Organisation(
        day=day,
        tree=tree,
        stages=stages,
        company_stage=stages[tree.root_ids[0]] if len(tree.root_ids) == 1 else DEFAULT,
        holdings=tuple(one for each in held.values() for one in each if one.unit_external_id in tree),
    )


def _moved_units(changes: Iterable[Change], before: UnitTree, after: UnitTree, *, day: date) -> frozenset[str]:
    """Return the units whose figures come to count other rows: those that are above only before, or only after."""
    moved: set[str] = set()
    for change in changes:
        if change.thing == Thing.UNITS:
            units: tuple[str | None, str | None] = (change.external_id, change.external_id)
        else:
            held = [(value_on(state, str(day)) or {}).get("unit") for state in (change.before, change.after)]
            units = (held[0], held[1])
        above = [
            {unit, *tree.ancestors(unit)} if unit else set() for unit, tree in zip(units, (before, after), strict=True)
        ]
        moved |= above[0] ^ above[1]
    return frozenset(unit for unit in moved if unit in before and unit in after)


def _compared(before: Organisation, after: Organisation, tried: Tried, *, period: Period) -> MoveEffect:
    sides = (before, after)
    kpis, weights = library_at(before.day).kpis, weights_on(before.day)
    cards = [[one for one in subjects(side) if one.scope.kind is ScopeKind.EMPLOYEE] for side in sides]
    weighed = {
        kpi
        for side, wanted in zip(sides, cards, strict=True)
        for card in wanted
        for kpi in weights_for(card, found=side, weights=weights).weights
    }
    scopes = {scope for wanted in cards for card in wanted for scope in scopes_read(card)}
    scopes |= {_unit(each) for each in tried.units}
    stored = as_book(current_values(period, kpis={*weighed, UNIT_KPI}, scopes=scopes))
    books = _books(stored, tried, day=before.day, period=period, kpis={*weighed, UNIT_KPI})
    targets = targets_of(period, kpis=weighed)
    graded = [
        _graded(wanted, side, book=book, targets=targets, weights=weights)
        for wanted, side, book in zip(cards, sides, books, strict=True)
    ]
    return MoveEffect(
        period=period,
        day=before.day,
        cards=compare(*graded, kpis=kpis, names=people_names(tried.people)),
        units=tuple(_unit_move(unit, after.tree, books) for unit in sorted(tried.units)),
        unit_kpi=kpis.get(UNIT_KPI),
        people=len(tried.people),
    )


def _unit(unit: str) -> Scope:
    return Scope(ScopeKind.UNIT, unit)


def _books(stored: Book, tried: Tried, *, day: date, period: Period, kpis: Collection[str]) -> tuple[Book, Book]:
    """Return the figures of both sides: the stored ones, and for units with other rows those found anew.

    Before the move they are found anew as well, unless the stored ones rest on the same data and the same day.
    """
    if tried.engine is None:
        return stored, stored
    is_known = day == period.last_day and is_fresh(period)
    if is_known:
        old: Book = {}
        new = _measured(tried.engine, period, units=tried.units, kpis=kpis)
    elif tried.people_stay:
        old, new = _both(organisation_on(day), tried.engine, period, units=tried.units, kpis=kpis)
    else:
        old = _measured(organisation_on(day), period, units=tried.units, kpis=kpis)
        new = _measured(tried.engine, period, units=tried.units, kpis=kpis)
    return {**stored, **old}, {**stored, **new}


def _both(
    before: EngineOrganisation,
    after: EngineOrganisation,
    period: Period,
    *,
    units: frozenset[str],
    kpis: Collection[str],
) -> tuple[Book, Book]:
    """Return the figures before and after in one pass: units as they will be stand beside them under other ids."""
    later = {(unit + AFTER, below) for unit, below in after.units.closure if unit in units}
    together = EngineOrganisation(EngineTree(before.units.closure | later), before.frames)
    found = _measured(together, period, units=units | {unit + AFTER for unit in units}, kpis=kpis)
    new = {
        (kpi, scope): replace(value, scope=scope)
        for (kpi, named), value in found.items()
        if named.id.endswith(AFTER)
        for scope in [_unit(named.id.removesuffix(AFTER))]
    }
    return {key: value for key, value in found.items() if not key[1].id.endswith(AFTER)}, new


def _measured(
    organisation: EngineOrganisation, period: Period, *, units: frozenset[str], kpis: Collection[str]
) -> Book:
    request = ScopeRequest(frozenset({ScopeKind.UNIT}), ids={ScopeKind.UNIT: units})
    world = World(days={period.last_day: organisation})
    with measuring(asked=[(sorted(kpis), request)], world=world) as measure:
        return as_book(value for value in measure(period) if value.scope.kind is ScopeKind.UNIT)


def _graded(
    wanted: Sequence[Subject], found: Organisation, *, book: Book, targets: Targets, weights: WeightBook
) -> list[CardSide]:
    cards = grade_subjects(wanted, found=found, book=book, targets=targets, weights=weights)
    return [_card_side(card, found.tree) for card in cards]


def _card_side(card: Card, tree: UnitTree) -> CardSide:
    return CardSide(
        person=card.scope.id,
        role=card.role,
        unit=card.unit,
        unit_name=tree.nodes[card.unit].name if card.unit in tree else card.unit,
        stage=card.stage,
        subtype=card.subtype,
        source=card.weights_source,
        score=card.score,
        lines=tuple(line for line in card.lines if isinstance(line, CardLine)),
    )


def _unit_move(unit: str, tree: UnitTree, books: Sequence[Mapping[tuple[str, Scope], Value]]) -> UnitMove:
    found = [book.get((UNIT_KPI, _unit(unit))) for book in books]
    old, new = (value.value if value is not None else None for value in found)
    return UnitMove(unit, tree.nodes[unit].name, old, new)
