"""What each rule of a plan pays, before anything bounds it. Exact decimals; nothing is rounded here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from kpis.engine.attribution import split_amount
from kpis.incentives.specs import (
    CENT,
    ONE,
    ZERO,
    Accelerator,
    Facts,
    Fixed,
    Penalty,
    Pool,
    Rate,
    Rule,
    Scale,
    ScoreBonus,
    Split,
    Step,
    TargetBonus,
    TierMode,
    Tiers,
)

HUNDRED = Decimal(100)
# Shifts and hours come with at most three decimals; the pool is shared by whole numbers.
ATTENDANCE_PARTS = 1000
SHARE_PARTS = 1_000_000  # parts of a split are percents with at most four decimals


@dataclass(frozen=True, slots=True)
class Part:
    """One row of a line's workings: so much at this price."""

    quantity: Decimal
    price: Decimal

    @property
    def amount(self) -> Decimal:
        """CNY, unrounded."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Missing:
    """What a rule needs and the facts do not hold: `quantity`, `target`, `score` or `attendance`, and of which base."""

    what: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class Worked:
    """A rule's answer: its parts, or what is missing. Without a target there is no attainment."""

    parts: tuple[Part, ...] = ()
    quantity: Decimal | None = None
    target: Decimal | None = None
    missing: Missing | None = None

    @property
    def amount(self) -> Decimal:
        """CNY, unrounded."""
        return sum([part.amount for part in self.parts], ZERO)

    @property
    def attainment(self) -> Decimal | None:
        """Quantity / target; None without both, or where the target is zero."""
        return self.quantity / self.target if self.quantity is not None and self.target else None


def work(rule: Rule, facts: Facts, *, variable: Decimal = ZERO) -> Worked:
    """Return what a rule pays on these facts. `variable` is the person's other pay, which a penalty takes a part of."""
    if isinstance(rule, Fixed):
        return Worked((Part(ONE, rule.amount),))
    if isinstance(rule, ScoreBonus):
        if facts.score is None:
            return Worked(missing=Missing("score"))
        return Worked((Part(facts.score / HUNDRED, rule.amount),), quantity=facts.score)
    quantity = facts.quantities.get(rule.base)
    if quantity is None:
        return Worked(missing=Missing("quantity", rule.base))
    if isinstance(rule, Rate):
        return Worked((Part(quantity, rule.price),), quantity=quantity, target=facts.targets.get(rule.base))
    if isinstance(rule, Pool):
        return _pool(rule, facts, quantity)
    if isinstance(rule, Split):
        return _split(rule, facts, quantity)
    if isinstance(rule, Tiers) and rule.scale is Scale.QUANTITY:
        return Worked(_tiers(rule.steps, rule.mode, quantity, quantity, ONE), quantity=quantity)
    target = facts.targets.get(rule.base)
    if not target:
        return Worked(quantity=quantity, missing=Missing("target", rule.base))
    if isinstance(rule, Tiers):
        parts = _tiers(rule.steps, rule.mode, quantity, quantity / target, target)
    elif isinstance(rule, Accelerator):
        parts = _accelerated(rule, quantity, rule.start * target)
    elif isinstance(rule, TargetBonus):
        factor = price_at(rule.steps, quantity / target)
        parts = () if factor is None else (Part(factor, rule.amount),)
    else:
        parts = _penalty(rule, variable, quantity / target)
    return Worked(parts, quantity=quantity, target=target)


def price_at(steps: Sequence[Step], value: Decimal) -> Decimal | None:
    """Return the price of the highest step reached; None under the first."""
    return next((step.price for step in reversed(steps) if value >= step.start), None)


def _tiers(
    steps: Sequence[Step], mode: TierMode, quantity: Decimal, value: Decimal, scale: Decimal
) -> tuple[Part, ...]:
    """Split the quantity over a ladder. `scale` turns a step's start into the quantity it begins at."""
    if mode is TierMode.WHOLE:
        price = price_at(steps, value)
        return () if price is None else (Part(quantity, price),)
    starts = [step.start * scale for step in steps]
    ends = [*starts[1:], None]
    parts = []
    for step, start, end in zip(steps, starts, ends, strict=True):
        reached = quantity if end is None else min(quantity, end)
        if reached > start:
            parts.append(Part(reached - start, step.price))
    return tuple(parts)


def _pool(rule: Pool, facts: Facts, quantity: Decimal) -> Worked:
    """Share the store's pool: cents by largest remainder in the order of the people's ids, so that parts add up."""
    pool = (quantity * rule.rate).quantize(CENT, rounding=ROUND_HALF_UP)
    return _shared(pool, facts.attendance.get(rule.key, {}), facts.person, rule.base, quantity)


def _split(rule: Split, facts: Facts, quantity: Decimal) -> Worked:
    """Give each role its part of the pool, then share the part of the person's role among those who hold it."""
    if not facts.role:
        return Worked(quantity=quantity, missing=Missing("attendance", rule.base))
    pool = (quantity * rule.rate).quantize(CENT, rounding=ROUND_HALF_UP)
    weights = [int(each.share * SHARE_PARTS) for each in rule.shares]
    parts = dict(zip((each.role for each in rule.shares), split_amount(pool, weights), strict=True))
    if facts.role not in parts:
        return Worked(quantity=quantity)
    attendance = facts.attendance.get(rule.key, {})
    same = {person: weight for person, weight in attendance.items() if facts.colleagues.get(person) == facts.role}
    return _shared(parts[facts.role], same, facts.person, rule.base, quantity)


def _shared(pool: Decimal, attendance: Mapping[str, Decimal], person: str, base: str, quantity: Decimal) -> Worked:
    people = tuple(sorted(attendance))
    weights = tuple(int(attendance[each] * ATTENDANCE_PARTS) for each in people)
    if person not in attendance or not any(weights):
        return Worked(quantity=quantity, missing=Missing("attendance", base))
    return Worked((Part(ONE, _parts(pool, people, weights)[person]),), quantity=quantity)


@lru_cache(maxsize=64)
def _parts(pool: Decimal, people: tuple[str, ...], weights: tuple[int, ...]) -> Mapping[str, Decimal]:
    """Share a pool once for all who share it: they are worked out one after the other."""
    return dict(zip(people, split_amount(pool, weights), strict=True))


def _accelerated(rule: Accelerator, quantity: Decimal, start: Decimal) -> tuple[Part, ...]:
    """Return the part up to the start at the price, and the part above it at the price times the factor."""
    if quantity <= start:
        return (Part(quantity, rule.price),)
    return (Part(start, rule.price), Part(quantity - start, rule.price * rule.factor))


def _penalty(rule: Penalty, variable: Decimal, attainment: Decimal) -> tuple[Part, ...]:
    return (Part(variable, -rule.rate),) if attainment < rule.under else ()
