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

# what was worked out of what was told of somebody, by person and plan
Worked = dict[tuple[str, str], tuple[Paid, Payout]]


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
    worked: Worked = {}
    before = _paid(known, worked=worked)
    after = _paid(paid_anew(becomes, plans, known=known, on=stands), worked=worked)
    moved = [person for person in before.keys() | after.keys() if before.get(person) != after.get(person)]
    names = _names(moved, draft)
    moves = [PayMove(person, names.get(person, person), before.get(person), after.get(person)) for person in moved]
    moves = [move for move in moves if move.change or (move.before is None) != (move.after is None)]
    return PayEffect(
        before=_sum(before.values()),
        after=_sum(after.values()),
        people=len(before.keys() | after.keys()),
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


def _paid(people: Iterable[Paid], *, worked: Worked) -> dict[str, PaySide]:
    """Return what each person is paid by all plans together. Who is in `worked` is not worked out again."""
    found: dict[str, list[PaySide]] = defaultdict(list)
    for each in people:
        key = (each.facts.person, each.on.row.key)
        told, payout = worked.get(key, (None, None))
        if payout is None or told is not each:
            payout = calculate(each.on.plan, each.facts)
            worked[key] = (each, payout)
        side = PaySide(payout.amount, (each.on.row.key,), each.holding.unit_external_id, payout.is_complete)
        found[each.holding.person_external_id].append(side)
    return {
        person: PaySide(
            _sum(sides), sum((side.plans for side in sides), ()), sides[0].unit, all(side.is_complete for side in sides)
        )
        for person, sides in found.items()
    }


def _sum(sides: Iterable[PaySide]) -> Decimal:
    return sum((side.amount for side in sides), ZERO)


def _names(people: list[str], draft: Draft) -> dict[str, str]:
    """Return what the people are called; those whom only the draft knows by its own holdings."""
    drafted = {each.person_external_id: each.person_name for each in draft.found.holdings}
    return {person: drafted[person] for person in people if person in drafted} | people_names(people)
