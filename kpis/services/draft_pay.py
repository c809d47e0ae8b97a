"""What a draft of the organisation does to pay: the last closed month paid on it, beside what it pays without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from kpis.incentives.calculating import Payout, calculate
from kpis.incentives.specs import ZERO
from kpis.queries.move_effect import MoveEffect
from kpis.queries.pay.draft_pay import PayEffect, PayMove, PaySide
from kpis.queries.pay.facts import Ground, Paid, paid_anew, paid_on, read_ground
from kpis.queries.pay.kept_facts import kept_measured
from kpis.queries.pay.plans import plans_on
from kpis.queries.subjects import Organisation
from kpis.services.draft_figures import Draft
from roles.queries.people import people_names

Payouts = Mapping[int, Payout]  # by the identity of what is told of somebody


def pay_effect(draft: Draft, effect: MoveEffect, *, live: Organisation, today: date) -> PayEffect | None:
    """Pay the effect's month on the draft of everybody, with the scores it gives; None where no plan pays.

    Plans, units and roles are those of the draft's day. A draft dated back into the month gives exactly what the
    month's run calculates once it is applied and the month computed again. `live` is the organisation of that day.
    """
    plans = plans_on(draft.day) if effect.period is not None else []
    if effect.period is None or not plans:
        return None
    own = kept_measured(effect.period, as_of=today)
    ground = read_ground(effect.period, as_of=today, found=live, own=own)
    scores = [_scores(ground.scores, effect, side=side) for side in ("before", "after")]
    stands = replace(ground, scores=scores[0])
    becomes = _drafted(replace(ground, scores=scores[1]), draft)
    known = paid_on(stands, plans)
    anew = paid_anew(becomes, plans, known=known, on=stands)
    payouts = _payouts([*known, *anew])
    touched = _differing(known, anew)
    before, after = (_sides((each for each in some if _person(each) in touched), payouts) for some in (known, anew))
    moved = [person for person in touched if before.get(person) != after.get(person)]
    names = _names(moved, draft)
    moves = [PayMove(person, names.get(person, person), before.get(person), after.get(person)) for person in moved]
    moves = [move for move in moves if move.change or (move.before is None) != (move.after is None)]
    return PayEffect(
        before=_total(known, payouts),
        after=_total(anew, payouts),
        people=len({_person(each) for each in (*known, *anew)}),
        moves=tuple(sorted(moves, key=lambda move: (-abs(move.change), move.person))),
    )


def _drafted(ground: Ground, draft: Draft) -> Ground:
    tree = draft.found.tree
    return replace(ground, tree=tree, holders=draft.found.holdings, found=ground.own.rolled_up(tree.closure()))


def _scores(
    stored: Mapping[tuple[str, str], Decimal], effect: MoveEffect, *, side: str
) -> dict[tuple[str, str], Decimal]:
    """Return the scores of a side: those that the effect tells of, else the stored ones."""
    found = dict(stored)
    for card in effect.cards:
        graded = getattr(card, side)
        if graded is None or graded.score is None:
            found.pop((card.person, card.role), None)
        else:
            found[card.person, card.role] = graded.score
    return found


def _person(each: Paid) -> str:
    return each.holding.person_external_id


def _payouts(people: Iterable[Paid]) -> Payouts:
    """Work out what each plan pays, once for what is told of somebody without the draft and with it."""
    return {key: calculate(each.on.plan, each.facts) for key, each in {id(each): each for each in people}.items()}


def _differing(known: Iterable[Paid], anew: Iterable[Paid]) -> set[str]:
    """Return the people of whom something else is told: `paid_anew` hands on as they are those on whom nothing does."""
    sides = [{id(each): each for each in some} for some in (known, anew)]
    return {_person(sides[0].get(key) or sides[1][key]) for key in sides[0].keys() ^ sides[1].keys()}


def _sides(people: Iterable[Paid], payouts: Payouts) -> dict[str, PaySide]:
    """Return what each person is paid by all plans together."""
    found: dict[str, list[PaySide]] = defaultdict(list)
    for each in people:
        payout = payouts[id(each)]
        side = PaySide(payout.amount, (each.on.row.key,), each.holding.unit_external_id, payout.is_complete)
        found[_person(each)].append(side)
    return {
        person: PaySide(
            sum((side.amount for side in sides), ZERO),
            sum((side.plans for side in sides), ()),
            sides[0].unit,
            all(side.is_complete for side in sides),
        )
        for person, sides in found.items()
    }


def _total(people: Iterable[Paid], payouts: Payouts) -> Decimal:
    return sum((payouts[id(each)].amount for each in people), ZERO)


def _names(people: list[str], draft: Draft) -> dict[str, str]:
    """Return what the people are called; those whom only the draft knows by its own holdings."""
    drafted = {each.person_external_id: each.person_name for each in draft.found.holdings}
    return {person: drafted[person] for person in people if person in drafted} | people_names(people)
