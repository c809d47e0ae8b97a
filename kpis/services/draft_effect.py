"""What written changes do to figures, weights and scores: read while they stand, compared once they are taken back.

The block that writes may be one move (`move_effect`) or a whole scenario: what is told is what the next computation of
the period finds when the same is written for good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from typing import Protocol

from kpis.engine.scoping import Organisation as EngineOrganisation
from kpis.engine.specs import NoData, Scope, ScopeKind, Value
from kpis.models import CardLine
from kpis.queries.definitions import library_at
from kpis.queries.move_effect import CardSide, MoveEffect, UnitMove, compare
from kpis.queries.reading import scopes_read
from kpis.queries.subjects import (
    Organisation,
    Place,
    Subject,
    organisation,
    organisation_of,
    person_subjects,
    place_subjects,
)
from kpis.queries.targets import targets_of
from kpis.queries.values import Book, as_book, current_values, stored_periods
from kpis.queries.warehouse import organisation_on, unit_tree_for_engine
from kpis.queries.weights import EffectiveWeights, WeightBook, weights_on
from kpis.services.draft_figures import Draft, Ground, measured_anew, unit_scope
from kpis.services.grading import Card, Targets, grade_subjects, weights_for
from kpis.services.org_listener import counts_from, moves_figures
from omnichannel.core.periods import Period
from roles.choices import Thing
from roles.holdings import Holding, split_assignment_key
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holdings_of, people_names, people_within
from roles.queries.stages import adopted_stages
from roles.state_diff import State, value_on

UNIT_KPI = "sales_net"


class Written(Protocol):
    """What is read of a change: the states of a thing before and after."""

    thing: str
    external_id: str
    fields: list[str]
    effective_on: date | None
    before: State | None
    after: State | None


def last_closed(today: date) -> Period | None:
    """Return the last month with figures that is over."""
    return next((each for each in stored_periods() if each.last_day < today), None)


def people_stay(changes: Iterable[Written]) -> bool:
    """Tell whether everybody keeps unit, roles and seat: only units are changed, and the stages they work in."""
    return all(change.thing in (Thing.UNITS, Thing.STAGES) for change in changes)


def read_draft(
    changes: Sequence[Written], *, before: UnitTree, day: date, everyone: Organisation | None = None
) -> Draft:
    """Read the organisation as the changes make it, while they stand. `before` is the tree of the day without them.

    `everyone` is that organisation with everybody, to compare the cards of all people.
    """
    tree = everyone.tree if everyone is not None else unit_tree(as_of=day)
    people = _people(changes, (before, tree), day=day)
    found = everyone or _found(people, day=day, tree=tree)
    units = _moved_units(changes, before, tree, day=day)
    stay = people_stay(changes)
    engine = None
    if stay and units:
        engine = EngineOrganisation(unit_tree_for_engine(day))
    elif not stay and (units or any(moves_figures(change) for change in changes)):
        engine = organisation_on(day)
    return Draft(day, people, units, found, engine, stay, everyone is not None, since=counts_from(changes))


def on_ground(draft: Draft) -> Draft:
    """Return the draft with what it is compared with, read now that its changes are taken back.

    Within a scenario that is the scenario's organisation: it can be let go of then, before anything is measured.
    """
    engine = organisation_on(draft.day) if draft.engine is not None else None
    ground = Ground(_found(draft.people, day=draft.day), engine, people_names(draft.people))
    return replace(draft, ground=ground)


def effect_of(draft: Draft, *, period: Period | None) -> MoveEffect:
    """Compare the draft with what is stored, once it has been taken back."""
    return effect_and_figures(draft, period=period)[0]


def effect_and_figures(
    draft: Draft, *, period: Period | None, also: Collection[str] = (), live: Organisation | None = None
) -> tuple[MoveEffect, tuple[Book, Book]]:
    """Return the effect, and the figures before and after that had to be found anew for it, with those of more KPIs.

    `live` is the organisation with everybody that the draft is compared with, where it has been read.
    """
    if period is None:
        return MoveEffect(period, draft.day, people=len(draft.people)), ({}, {})
    if draft.ground is not None:
        before = draft.ground.found
    elif draft.everyone:
        before = live or organisation(draft.day)
    else:
        before = _found(draft.people, day=draft.day)
    return _compared(before, draft, period=period, also=also)


def _people(changes: Iterable[Written], trees: Sequence[UnitTree], *, day: date) -> frozenset[str]:
    """Return who moves: themselves, by what they hold, or with the unit they work or help in."""
    units: set[str] = set()
    people: set[str] = set()
    for change in changes:
        if change.thing in (Thing.UNITS, Thing.STAGES):
            units = units.union(*(tree.subtree(change.external_id) for tree in trees))
        elif change.thing == Thing.PEOPLE:
            people.add(change.external_id)
        elif change.thing == Thing.ASSIGNMENTS:
            people.add(split_assignment_key(change.external_id)[0])
    if units:
        people |= set(people_within(units, as_of=day).values_list("person__external_id", flat=True))
    return frozenset(people)


def _found(people: Collection[str], *, day: date, tree: UnitTree | None = None) -> Organisation:
    """Return the organisation of the day with the holdings of some people."""
    tree = tree or unit_tree(as_of=day)
    held = holdings_of(people, as_of=day, tree=tree).values()
    return organisation_of(tree, stages=adopted_stages(day, tree=tree), holdings=[one for each in held for one in each])


def _moved_units(changes: Iterable[Written], before: UnitTree, after: UnitTree, *, day: date) -> frozenset[str]:
    """Return the units whose figures come to count other rows: those that are above only before, or only after."""
    moved: set[str] = set()
    for change in changes:
        if change.thing == Thing.UNITS:
            units = [change.external_id, change.external_id]
        elif change.thing in (Thing.PEOPLE, Thing.ASSIGNMENTS):
            units = [(value_on(state, str(day)) or {}).get("unit") or "" for state in (change.before, change.after)]
        else:
            continue
        above = [
            {unit, *tree.ancestors(unit)} if unit in tree else set()
            for unit, tree in zip(units, (before, after), strict=True)
        ]
        moved |= above[0] ^ above[1]
    return frozenset(moved)


def _compared(
    before: Organisation, draft: Draft, *, period: Period, also: Collection[str]
) -> tuple[MoveEffect, tuple[Book, Book]]:
    sides = (before, draft.found)
    kpis, weights = library_at(before.day).kpis, weights_on(before.day)
    places = [place_subjects(side) for side in sides]
    used = [_weights_of(some.values(), side, weights=weights) for side, some in zip(sides, places, strict=True)]
    weighed = {kpi for some in used for each in some.values() for kpi in each.weights} | {UNIT_KPI}
    read = _read_at({unit_scope(unit) for unit in draft.units}, used) if draft.people_stay else weighed
    anew = measured_anew(draft, period=period, kpis={*read, *also, UNIT_KPI})
    if draft.everyone:
        cards = _differing(sides, places, used, books=anew, weights=weights)
    else:
        cards = [person_subjects(side) for side in sides]
    scopes = {scope for wanted in cards for card in wanted for scope in scopes_read(card)}
    stored = as_book(current_values(period, kpis=weighed, scopes=scopes))
    books = [{**stored, **found} for found in anew]
    targets = targets_of(period, kpis=weighed, scopes=scopes)
    graded = [
        _graded(wanted, side, book=book, targets=targets, weights=weights)
        for wanted, side, book in zip(cards, sides, books, strict=True)
    ]
    people = {one.scope.id for wanted in cards for one in wanted}
    effect = MoveEffect(
        period=period,
        day=before.day,
        cards=compare(*graded, kpis=kpis, names=_names(people, draft)),
        units=tuple(_unit_move(unit, sides, anew) for unit in sorted(draft.units)),
        unit_kpi=kpis.get(UNIT_KPI),
        people=len(draft.people),
        month_stays=not draft.reaches(period),
    )
    return effect, anew


def _weights_of(
    some: Iterable[Subject], found: Organisation, *, weights: WeightBook
) -> dict[Subject, EffectiveWeights]:
    """Return the weights of each subject; those with one role in one unit have the same."""
    places: dict[tuple[str, str, str, str], EffectiveWeights] = {}
    used = {}
    for one in some:
        place = one.role, one.stage, one.subtype, one.unit
        if place not in places:
            places[place] = weights_for(one, found=found, weights=weights)
        used[one] = places[place]
    return used


def _names(people: Collection[str], draft: Draft) -> Mapping[str, str]:
    """Return what the people are called, those too whom only the scenario knows."""
    if draft.ground is None:
        return people_names({*people, *draft.people})
    return {**people_names(set(people) - draft.ground.names.keys()), **draft.ground.names}


def _read_at(scopes: AbstractSet[Scope], used: Sequence[Mapping[Subject, EffectiveWeights]]) -> set[str]:
    """Return the KPIs that some card weighs and reads at one of the scopes."""
    return {
        kpi
        for some in used
        for one, weights in some.items()
        if not scopes.isdisjoint(scopes_read(one))
        for kpi in weights.weights
    }


def _differing(
    sides: Sequence[Organisation],
    places: Sequence[Mapping[Place, Subject]],
    used: Sequence[Mapping[Subject, EffectiveWeights]],
    *,
    books: Sequence[Book],
    weights: WeightBook,
) -> list[list[Subject]]:
    """Return the subjects of the people whose cards may differ: who is graded otherwise, or by other figures.

    Looked at are those who hold other roles, or a role at a place where it is graded otherwise.
    """
    moved = _moved_scopes(books)
    graded = [{place: (one, used[side][one]) for place, one in places[side].items()} for side in (0, 1)]
    there = {
        place
        for place in graded[0].keys() | graded[1].keys()
        if graded[0].get(place) != graded[1].get(place) or _reads(moved, *(graded[0].get(place) or graded[1][place]))
    }
    held = [_held(side) for side in sides]
    people = {scope.id for scope in moved if scope.kind is ScopeKind.EMPLOYEE}
    for person in held[0].keys() | held[1].keys():
        first, second = held[0].get(person), held[1].get(person)
        if first != second or any((one.role_key, one.unit_external_id) in there for one in second or ()):
            people.add(person)
    subjects = [person_subjects(side, people=people) for side in sides]
    mine = [_weights_of(some, side, weights=weights) for side, some in zip(sides, subjects, strict=True)]
    differing = {
        one.scope.id
        for some, other in (mine, mine[::-1])
        for one, weighed in some.items()
        if other.get(one) != weighed or _reads(moved, one, weighed)
    }
    return [[one for one in some if one.scope.id in differing] for some in subjects]


def _moved_scopes(books: Sequence[Book]) -> Mapping[Scope, set[str]]:
    """Return the KPIs whose figures a card shows otherwise, by their scope."""
    old, new = books
    moved: dict[Scope, set[str]] = defaultdict(set)
    for kpi, scope in {**old, **new}:
        if _said(old.get((kpi, scope))) != _said(new.get((kpi, scope))):
            moved[scope].add(kpi)
    return moved


def _reads(moved: Mapping[Scope, set[str]], one: Subject, weights: EffectiveWeights) -> bool:
    """Tell whether a card weighs a KPI where its figure differs."""
    return any(not moved[scope].isdisjoint(weights.weights) for scope in scopes_read(one) if scope in moved)


def _held(found: Organisation) -> Mapping[str, list[Holding]]:
    """Return what each person holds."""
    held: dict[str, list[Holding]] = defaultdict(list)
    for one in found.holdings:
        held[one.person_external_id].append(one)
    return held


def _said(value: Value | None) -> tuple[object, ...] | None:
    """Return what a card shows of a figure; a figure that is not measured there says nothing."""
    if value is None or value.reason is NoData.NOT_AT_SCOPE:
        return None
    return value.value, value.rows, value.reason


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


def _unit_move(
    unit: str, sides: Sequence[Organisation], books: Sequence[Mapping[tuple[str, Scope], Value]]
) -> UnitMove:
    found = [book.get((UNIT_KPI, unit_scope(unit))) for book in books]
    old, new = (value.value if value is not None else None for value in found)
    node = next((side.tree.nodes[unit] for side in reversed(sides) if unit in side.tree), None)
    return UnitMove(unit, node.name if node else unit, old, new)
