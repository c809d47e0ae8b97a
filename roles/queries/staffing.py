"""Who and what stands in the units of a day, whatever the units belong to. No query is made here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from roles.catalogue import RoleKey
from roles.holdings import Holding

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Worker:
    """A person at work on the day; `seat` is the seat they sit in, `cost` CNY a month, None where it is not known."""

    person: str
    unit: str
    manager: str | None
    fte: Decimal
    seat: str | None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PlannedSeat:
    """A seat of the day; `budget` is CNY a month, None where none is given."""

    seat: str
    unit: str
    title: str
    role: str
    planned_fte: Decimal
    budget: Decimal | None
    is_head: bool


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role held on the day; `begins` where that is its first day."""

    person: str
    role: RoleKey
    unit: str
    share: Decimal
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Money:
    """CNY a month: what people cost, and what seats are budgeted at, of these the vacant ones.

    `unpriced` people have no cost on record and `unbudgeted` seats no budget: sums are without them.
    """

    cost: Decimal
    unpriced: int
    budget: Decimal
    vacant_budget: Decimal
    unbudgeted: int

    def __add__(self, other: Money) -> Money:
        """Return both together."""
        return Money(
            self.cost + other.cost,
            self.unpriced + other.unpriced,
            self.budget + other.budget,
            self.vacant_budget + other.vacant_budget,
            self.unbudgeted + other.unbudgeted,
        )


NO_MONEY = Money(ZERO, 0, ZERO, ZERO, 0)


@dataclass(frozen=True)
class Staffing:
    """People, the roles they hold and seats, by their units. `heads` are the units by their head seat.

    `planned` seats are there where they have been asked for. What is told by unit is of each unit alone; units with
    nothing are absent.
    """

    workers: Mapping[str, Worker]
    held: tuple[HeldRole, ...]
    seats: Mapping[str, str]
    heads: Mapping[str, str] = field(default_factory=dict)
    planned: Mapping[str, PlannedSeat] = field(default_factory=dict)

    @cached_property
    def vacant(self) -> tuple[PlannedSeat, ...]:
        """Return the planned seats in which nobody sits."""
        taken = {worker.seat for worker in self.workers.values()}
        return tuple(seat for key, seat in self.planned.items() if key not in taken)

    @cached_property
    def reports(self) -> Counter[str]:
        """Return how many people report to each person."""
        return Counter(worker.manager for worker in self.workers.values() if worker.manager is not None)

    @cached_property
    def leads(self) -> dict[str, str]:
        """Return who leads each unit; units without anybody to lead it are absent."""
        found: dict[str, str] = {}
        for worker in self.workers.values():
            best = found.get(worker.unit)
            if self.reports[worker.person] > (self.reports[best] if best is not None else 0):
                found[worker.unit] = worker.person
        seated = {worker.seat: worker.person for worker in self.workers.values() if worker.seat is not None}
        return found | {unit: seated[seat] for seat, unit in self.heads.items() if seat in seated}

    @cached_property
    def people(self) -> Counter[str]:
        """Return how many people work in each unit."""
        return Counter(worker.unit for worker in self.workers.values())

    @cached_property
    def fte(self) -> dict[str, Decimal]:
        """Return the full-time equivalents of each unit."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for worker in self.workers.values():
            found[worker.unit] += worker.fte
        return found

    @cached_property
    def places(self) -> Counter[str]:
        """Return how many seats each unit has."""
        return Counter(self.seats.values())

    @cached_property
    def vacancies(self) -> Counter[str]:
        """Return how many planned seats of each unit are vacant."""
        return Counter(seat.unit for seat in self.vacant)

    @cached_property
    def money(self) -> dict[str, Money]:
        """Return the money of each unit."""
        costs: dict[str, list[Decimal | None]] = defaultdict(list)
        seats: dict[str, list[PlannedSeat]] = defaultdict(list)
        for worker in self.workers.values():
            costs[worker.unit].append(worker.cost)
        for seat in self.planned.values():
            seats[seat.unit].append(seat)
        vacant = {seat.seat for seat in self.vacant}
        return {
            unit: Money(
                cost=sum((cost for cost in costs[unit] if cost is not None), ZERO),
                unpriced=costs[unit].count(None),
                budget=sum((seat.budget or ZERO for seat in seats[unit]), ZERO),
                vacant_budget=sum((seat.budget or ZERO for seat in seats[unit] if seat.seat in vacant), ZERO),
                unbudgeted=sum(seat.budget is None for seat in seats[unit]),
            )
            for unit in costs.keys() | seats.keys()
        }

    @cached_property
    def holdings(self) -> dict[str, list[Holding]]:
        """Return the roles held in each unit."""
        found: dict[str, list[Holding]] = {}
        for held in self.held:
            worker = self.workers.get(held.person)
            fte = worker.fte if worker is not None else Decimal(1)
            one = Holding(held.person, held.person, held.role, held.unit, held.unit, held.share, fte, date.min, None)
            found.setdefault(held.unit, []).append(one)
        return found
