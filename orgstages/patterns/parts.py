"""What the rules of a pattern look at, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from omnichannel.core.text import Bilingual
from orgstages.catalogue import SubtypeSpec
from orgstages.patterns.recognising import Recognised
from roles.catalogue import RoleKey
from roles.holdings import Holding
from roles.queries.org_chart import UnitNode, UnitTree


class Part(StrEnum):
    """The parts of a pattern, in the order a page tells them."""

    LEADING = "leading"
    LINE = "line"
    DEPARTMENT = "department"
    ROLE = "role"
    DOUBLED = "doubled"
    RELATION = "relation"
    ENABLEMENT = "enablement"


class Finding(StrEnum):
    """What became of an expectation. `UNOWNED`: nobody has been named to see to a relation."""

    FOUND = "found"
    MISSING = "missing"
    WRONG = "wrong"
    DOUBLED = "doubled"
    UNOWNED = "unowned"
    NOT_NEEDED = "not_needed"


UNSEEN = "…"
SETTLED = frozenset({Finding.FOUND, Finding.NOT_NEEDED})


@dataclass(frozen=True, slots=True)
class Element:
    """An expectation with what was found. `units` are the units it speaks of, the first the one to open."""

    part: Part
    names: Bilingual
    finding: Finding
    reason: Bilingual
    units: tuple[str, ...] = ()
    role: RoleKey | None = None
    number: int | None = None
    is_core: bool = True

    @property
    def is_gap(self) -> bool:
        """True where something is to be done."""
        return self.finding not in SETTLED


@dataclass(frozen=True, slots=True)
class Lead:
    """The unit that leads omnichannel work with the person who leads it.

    `place` is the answer to question A2 (a project team, b inside a department, c first level), empty when people
    stand there without a team. `manager_unit` is where the lead's line manager works; `person` is empty without a lead.
    """

    unit: UnitNode
    place: str
    told: Bilingual
    person: str = ""
    manager_unit: UnitNode | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """The organisation of a day below one unit, as the rules look at it.

    `tree` is the whole tree; units that are not in `seen`, the reader's part of it, are not named.
    `holdings` are those of the unit and below. `managers` names people's line managers. `owned` are the numbers of the
    relations somebody sees to. `lead` is None when nobody leads.
    """

    unit: UnitNode
    tree: UnitTree
    seen: UnitTree
    spec: SubtypeSpec
    holdings: tuple[Holding, ...]
    managers: Mapping[str, str | None]
    lead: Lead | None
    recognised: Mapping[str, Recognised]
    owned: frozenset[int]

    def name(self, unit: str) -> str:
        """Return what a unit is called, as far as the reader may know it."""
        return self.seen.nodes[unit].name if unit in self.seen else UNSEEN

    def units_of(self, department: str) -> tuple[str, ...]:
        """Return the real units taken for a department of the catalogue; a scope is the unit itself."""
        if department == "all-channels":
            return (self.unit.external_id,)
        found = self.recognised.get(department)
        return found.units if found else ()
