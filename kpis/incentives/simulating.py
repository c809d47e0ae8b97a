"""Plans held against each other over months: what each pays whom, who wins and loses, and why. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from kpis.incentives.calculating import BoundKind, Payout
from kpis.incentives.edges import Edge
from kpis.incentives.specs import CENT, ZERO
from omnichannel.core.text import Bilingual

# CNY a month; people whose change lies between two of them stand in one bar, nobody's in the middle.
BANDS = tuple(map(Decimal, (-1000, -500, -200, -50, 0, 50, 200, 500, 1000)))
CAUSES = 3
CLOSING = (BoundKind.GATE, BoundKind.CLIFF)
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody earned: the unit and the role of the statement."""

    unit: str
    role: str


@dataclass(slots=True)
class Earned:
    """What one side pays a person over the months; `parts` are the plan's components, by their id."""

    place: Place
    amount: Decimal = ZERO
    parts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


@dataclass(slots=True)
class Near:
    """How many statements stood near a jump, on which side of it, and what it was worth to them."""

    under: int = 0
    missed: Decimal = ZERO
    over: int = 0
    kept: Decimal = ZERO


@dataclass(slots=True)
class Side:
    """What one side pays: by month, person, unit and role. `months` holds the amount and how many people."""

    months: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    heads: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    people: dict[str, Earned] = field(default_factory=dict)
    units: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    roles: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    members: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    names: dict[str, Names] = field(default_factory=dict)
    near: dict[tuple[str, str, str], Near] = field(default_factory=lambda: defaultdict(Near))
    closed: dict[tuple[str, str], list[Decimal]] = field(default_factory=lambda: defaultdict(list))
    incomplete: int = 0

    def pay(self, month: str, person: str, place: Place, amount: Decimal) -> Earned:
        """Add a statement's sum. Months come from the earliest on: the last place is where the person works now."""
        self.months[month] += amount
        self.heads[month].add(person)
        self.units[place.unit] += amount
        self.roles[place.role] += amount
        self.members["unit", place.unit].add(person)
        self.members["role", place.role].add(person)
        earned = self.people.setdefault(person, Earned(place))
        earned.place, earned.amount = place, earned.amount + amount
        return earned

    def part(self, earned: Earned, component: str, names: Bilingual | Names, amount: Decimal) -> None:
        """Add what a component pays to somebody."""
        earned.parts[component] += amount
        self.names[component] = names if isinstance(names, Mapping) else names.as_json()

    def add(self, month: str, place: Place, payout: Payout) -> None:
        """Add what a plan pays a person for a month."""
        earned = self.pay(month, payout.person, place, payout.amount)
        for line in payout.lines:
            self.part(earned, line.component.id, line.component.names, line.amount or ZERO)
            for bound in line.bounds:
                if bound.kind in CLOSING and bound.delta:
                    self.closed[line.component.id, bound.kind.value].append(-bound.delta)
        for whole in payout.bounds:
            earned.parts[whole.kind.value] += whole.delta
        self.incomplete += not payout.is_complete

    def stand_near(self, found: Iterable[Edge]) -> None:
        """Count the jumps that a person stands near to."""
        for edge in found:
            near = self.near[edge.component.id, edge.kind.value, edge.base]
            if edge.is_under:
                near.under, near.missed = near.under + 1, near.missed + edge.money
            else:
                near.over, near.kept = near.over + 1, near.kept + edge.money

    @property
    def total(self) -> Decimal:
        """CNY over all months."""
        return sum(self.months.values(), ZERO)


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody's pay on both sides over all months, and the components that make most of the difference."""

    person: str
    unit: str
    role: str
    before: Decimal
    after: Decimal
    causes: tuple[tuple[str, Decimal], ...]

    @property
    def change(self) -> Decimal:
        """CNY; below zero: loses."""
        return self.after - self.before


def changes(before: Side, after: Side) -> list[Change]:
    """Return everybody whom either side pays, by id."""
    found = []
    for person in sorted(before.people.keys() | after.people.keys()):
        old, new = before.people.get(person), after.people.get(person)
        place = (new or old or Earned(Place("", ""))).place
        parts = {
            component: (new.parts.get(component, ZERO) if new else ZERO)
            - (old.parts.get(component, ZERO) if old else ZERO)
            for component in {**(old.parts if old else {}), **(new.parts if new else {})}
        }
        moved = sorted(((key, delta) for key, delta in parts.items() if delta), key=lambda one: (-abs(one[1]), one[0]))
        amounts = (old.amount if old else ZERO, new.amount if new else ZERO)
        found.append(Change(person, place.unit, place.role, *amounts, tuple(moved[:CAUSES])))
    return found


def comparison(before: Side, after: Side, found: Sequence[Change], *, months: Sequence[str]) -> dict[str, Any]:
    """Return both sides beside each other as plain JSON: no single person is in it."""
    winners = [each.change for each in found if each.change > 0]
    losers = [each.change for each in found if each.change < 0]
    return {
        "before": str(before.total),
        "after": str(after.total),
        "months": [
            {
                "period": month,
                "before": str(before.months.get(month, ZERO)),
                "after": str(after.months.get(month, ZERO)),
                "people_before": len(before.heads.get(month, ())),
                "people_after": len(after.heads.get(month, ())),
            }
            for month in months
        ],
        "winners": len(winners),
        "won": str(sum(winners, ZERO)),
        "losers": len(losers),
        "lost": str(sum(losers, ZERO)),
        "unchanged": len(found) - len(winners) - len(losers),
        "bands": _bands([each.change / len(months) for each in found if each.change]),
        "quantiles": _quantiles(sorted(each.change / len(months) for each in found)),
        "units": _sums("unit", before, after),
        "roles": _sums("role", before, after),
        "near": _near(before, after),
        "closed": _closed(before, after),
        "names": {**before.names, **after.names},
        "incomplete": after.incomplete,
    }


def _bands(monthly: Sequence[Decimal]) -> list[dict[str, Any]]:
    """Return how many change by how much a month: from, to (None: open) and count."""
    edges = [None, *BANDS, None]
    found = []
    for low, high in pairwise(edges):
        inside = [one for one in monthly if (low is None or one >= low) and (high is None or one < high)]
        found.append({"low": _text(low), "high": _text(high), "count": len(inside)})
    return found


def _quantiles(monthly: Sequence[Decimal]) -> dict[str, str | None]:
    places = {"p10": 10, "median": 50, "p90": 90}
    last = len(monthly) - 1
    return {
        name: str(monthly[last * part // 100].quantize(CENT, rounding=ROUND_HALF_UP)) if monthly else None
        for name, part in places.items()
    }


def _sums(kind: str, before: Side, after: Side) -> list[dict[str, Any]]:
    old, new = (before.units, after.units) if kind == "unit" else (before.roles, after.roles)
    return [
        {
            "id": key,
            "people": len(before.members.get((kind, key), set()) | after.members.get((kind, key), set())),
            "before": str(old.get(key, ZERO)),
            "after": str(new.get(key, ZERO)),
        }
        for key in sorted(old.keys() | new.keys())
    ]


def _near(before: Side, after: Side) -> list[dict[str, Any]]:
    nobody = Near()
    return [
        {
            "component": key[0],
            "kind": key[1],
            "base": key[2],
            **{
                name: {"under": near.under, "missed": str(near.missed), "over": near.over, "kept": str(near.kept)}
                for name, near in (("before", before.near.get(key, nobody)), ("after", after.near.get(key, nobody)))
            },
        }
        for key in sorted(before.near.keys() | after.near.keys())
    ]


def _closed(before: Side, after: Side) -> list[dict[str, Any]]:
    return [
        {
            "component": key[0],
            "kind": key[1],
            **{
                name: {"count": len(side.closed.get(key, ())), "money": str(sum(side.closed.get(key, ()), ZERO))}
                for name, side in (("before", before), ("after", after))
            },
        }
        for key in sorted(before.closed.keys() | after.closed.keys())
    ]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
