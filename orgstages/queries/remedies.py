"""How a question of the diagnostic comes to another answer, found in the organisation of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from omnichannel.core.text import Bilingual
from orgstages import remedies as words
from orgstages.catalogue import How, load_stages
from orgstages.facts import choose, say
from orgstages.queries.diagnosis import Diagnosed
from orgstages.queries.evidence import Evidence
from orgstages.queries.remedy_places import lead_reporting, team_placed
from orgstages.queries.wording import listed
from orgstages.remedies import Deed, Remedy, Step
from orgstages.smallest import Change
from roles.catalogue import RoleKey, roles_here
from roles.choices import FillMode, UnitLevel
from roles.coverage import DEDICATED_SHARE
from roles.holdings import Holding

ORGANISED = frozenset({"A1", "A2", "A3", "A5", "A6", "A11", "B5"})


def remedy(change: Change, found: Diagnosed, *, evidence: Evidence) -> Remedy:
    """Return what it takes for the question to be answered as `change.after` in the unit."""
    question = load_stages().questions[change.question]
    if question.how is not How.AUTO:
        return Remedy(words.NEED_DECISION)
    given = found.answers[change.question].given
    if given is not None and given.option:
        return Remedy(words.NEED_ANSWER)
    fact = found.answers[change.question].fact
    told = fact.sentence if fact else Bilingual("", "")
    if change.question not in ORGANISED:
        return Remedy(say(words.NEED_FIGURES, fact=told))
    return REMEDIES[change.question](evidence, found.unit.external_id, change.after) or Remedy(
        say(words.NEED_OTHERWISE, fact=told)
    )


def _dedicate(evidence: Evidence, unit: str, after: str) -> Remedy | None:
    held = _by_person(evidence, unit)
    fte = {person: own[-1].person_fte for person, own in held.items()}
    dedicated = {person for person, own in held.items() if _most(own) >= DEDICATED_SHARE}
    done = sum((fte[person] for person in dedicated), Decimal(0))
    total = sum(fte.values(), Decimal(0))
    others = {person: fte[person] for person in held if person not in dedicated}
    chosen = _fewest(others, lambda part: bool(total) and _option("A1", (done + part) / total * 100) == after)
    if not chosen:
        return None
    steps = [step for person in chosen for step in _full(held[person])]
    return Remedy(say(words.DEDICATE, people=(Decimal(len(chosen)), "people")), tuple(steps))


def _fewest(sizes: Mapping[str, Decimal], reached: Callable[[Decimal], bool]) -> list[str]:
    """Return people whose FTE reach what is wanted: the largest first, or the smallest where that overshoots."""
    for sign in (-1, 1):
        chosen: list[str] = []
        part = Decimal(0)
        for person in sorted(sizes, key=lambda each: (sign * sizes[each], each)):
            chosen.append(person)
            part += sizes[person]
            if reached(part):
                return chosen
    return []


def _full(own: list[Holding]) -> list[Step]:
    """Give the largest share of a person 0.8, and what is left of their time to the others in proportion."""
    first, *others = sorted(own, key=lambda each: (-each.share, each.external_id))
    steps = [Step(Deed.EDIT_ASSIGNMENT, first.external_id, {"share": DEDICATED_SHARE})]
    rest = sum((each.share for each in others), Decimal(0))
    left = Decimal(1) - DEDICATED_SHARE
    for each in others:
        share = max((each.share * left / rest).quantize(Decimal("0.01")), Decimal("0.01"))
        if rest > left:
            steps.append(Step(Deed.EDIT_ASSIGNMENT, each.external_id, {"share": share}))
    return steps


def _fill(evidence: Evidence, unit: str, after: str) -> Remedy | None:
    """A5: a vacant seat is no holder, so people have to be appointed; no scenario invents them."""
    filled = {holding.role_key for holding in evidence.held_in(unit) if not holding.role_key.is_own}
    wanted = next(count for count in _counts(after, up_from=len(filled)))
    if wanted < len(filled):
        return Remedy(say(words.NEED_FEWER_ROLES, most=(Decimal(wanted), "count")))
    missing = [roles_here().roles[role].names for role in RoleKey if role not in filled]
    count = (Decimal(wanted - len(filled)), "count")
    return Remedy(say(words.NEED_HOLDERS, count=count, roles=listed(missing)))


def _counts(after: str, *, up_from: int) -> Iterable[int]:
    """Yield the numbers of roles that give the option, the nearest first."""
    fitting = [count for count in range(len(RoleKey) + 1) if _option("A5", Decimal(count)) == after]
    return sorted(fitting, key=lambda count: abs(count - up_from))


def _part(evidence: Evidence, unit: str, after: str) -> Remedy | None:
    """A6: end second roles, the smallest first, while each role keeps a holder and nobody loses their last one."""
    held = evidence.held_in(unit)
    people = len({each.person_external_id for each in held})
    if not people or _option("A6", Decimal(len(held)) / people) <= after:
        left = list(held)
        ended: list[Holding] = []
        for each in sorted(held, key=lambda one: (one.share, one.external_id)):
            if people and _option("A6", Decimal(len(left)) / people) == after:
                break
            others = [one for one in left if one is not each]
            if {one.role_key for one in others} == {one.role_key for one in left} and any(
                one.person_external_id == each.person_external_id for one in others
            ):
                left, ended = others, [*ended, each]
        if ended and _option("A6", Decimal(len(left)) / people) == after:
            steps = tuple(Step(Deed.END_ASSIGNMENT, each.external_id, {}) for each in ended)
            return Remedy(say(words.DROP_ROLES, count=(Decimal(len(ended)), "count")), steps)
        return Remedy(words.NEED_PEOPLE)
    return None


def _employ(evidence: Evidence, unit: str, after: str) -> Remedy | None:
    below = evidence.tree.subtree(unit)
    staff = [person for person in evidence.staff.values() if person.unit in below]
    total = sum((person.fte for person in staff), Decimal(0))
    bought = {person.id: person.fte for person in staff if person.fill_mode is FillMode.OUTSOURCED}
    part = sum(bought.values(), Decimal(0))
    chosen = _fewest(bought, lambda gone: _option("A11", (part - gone) / total * 100) == after)
    if not chosen:
        return None
    steps = tuple(Step(Deed.EDIT_PERSON, each, {"fill_mode": FillMode.INTERNAL.value}) for each in chosen)
    return Remedy(say(words.BRING_IN, people=(Decimal(len(chosen)), "people")), steps)


def _brands(evidence: Evidence, unit: str, after: str) -> Remedy | None:
    count = sum(node.level is UnitLevel.BUSINESS_UNIT for node in evidence.within(unit))
    wanted = next((more for more in range(count, count + 5) if _option("B5", Decimal(more)) == after), 0)
    if wanted <= count:
        most = max(number for number in range(count) if _option("B5", Decimal(number)) == after)
        return Remedy(say(words.NEED_MERGER, most=(Decimal(most), "count")))
    taken = set(evidence.tree.nodes)
    free = (f"{unit}-BU{number}" for number in range(1, len(taken) + 10) if f"{unit}-BU{number}" not in taken)
    steps = tuple(Step(Deed.ADD_UNIT, next(free), {"parent_external_id": unit}) for _each in range(wanted - count))
    return Remedy(say(words.ADD_UNITS, count=(Decimal(len(steps)), "count")), steps)


def _by_person(evidence: Evidence, unit: str) -> Mapping[str, list[Holding]]:
    held: dict[str, list[Holding]] = {}
    for holding in evidence.held_in(unit):
        held.setdefault(holding.person_external_id, []).append(holding)
    return held


def _most(own: list[Holding]) -> Decimal:
    shares: dict[RoleKey, Decimal] = {}
    for holding in own:
        shares[holding.role_key] = shares.get(holding.role_key, Decimal(0)) + holding.share
    return max(shares.values())


def _option(question: str, value: Decimal) -> str:
    return choose(load_stages().questions[question], value)


REMEDIES: Mapping[str, Callable[[Evidence, str, str], Remedy | None]] = {
    "A1": _dedicate,
    "A2": team_placed,
    "A3": lead_reporting,
    "A5": _fill,
    "A6": _part,
    "A11": _employ,
    "B5": _brands,
}
