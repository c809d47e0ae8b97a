"""A unit as it works now beside each sub-type it could work in: what has to be there, what it costs, what changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.queries.definitions import library_at
from kpis.queries.weights import WeightBook, unit_line, weights_on
from omnichannel.core.text import Bilingual
from orgstages.catalogue import Relation, StageSpec, SubtypeSpec, load_stages
from orgstages.queries.diagnosis import tree_with
from roles.catalogue import ExpectationLevel, RoleKey, SubtypeKey, roles_here
from roles.coverage import CoverState, RoleCover, against_expectation
from roles.queries.costs import RoleCost, role_costs
from roles.queries.org_chart import UnitNode, UnitTree
from roles.queries.people import role_covers
from roles.queries.stages import Adopted, adopted_stages

MONTHS = 12


@dataclass(frozen=True, slots=True)
class RoleNeed:
    """One role: what the sub-type expects, who is there, and whether somebody has to be found for it.

    `cost` is what the firm's own people in the role cost; None where nobody tells.
    """

    names: Bilingual
    line: RoleCover
    cost: RoleCost | None

    @property
    def is_new_head(self) -> bool:
        """True for a core role without a dedicated holder; a shared role can be taken on by somebody who is there."""
        is_open = self.line.state in (CoverState.MISSING, CoverState.SHARED)
        return self.line.expected is ExpectationLevel.CORE and is_open


@dataclass(frozen=True, slots=True)
class WeightChange:
    """A KPI of a role that would weigh more or less; 0 where it is not weighed."""

    kpi: str
    names: Bilingual
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class RoleWeights:
    """What changes in the weights of one role."""

    role: RoleKey
    names: Bilingual
    changes: tuple[WeightChange, ...]


@dataclass(frozen=True, slots=True)
class SubtypeOption:
    """One sub-type for the unit. `yearly_cost` is CNY for the people to add; None while a role's pay is not known.

    `unpriced` are the roles to add whose pay nobody here tells.
    """

    spec: SubtypeSpec
    stage: StageSpec
    leading: Bilingual
    is_current: bool
    needs: tuple[RoleNeed, ...]
    yearly_cost: Decimal | None
    unpriced: tuple[Bilingual, ...]
    relations: tuple[Relation, ...]
    weights: tuple[RoleWeights, ...]

    @property
    def needed(self) -> tuple[RoleNeed, ...]:
        """The roles that the sub-type wants at all."""
        return tuple(need for need in self.needs if need.line.expected is not ExpectationLevel.OPTIONAL)

    @property
    def missing(self) -> tuple[RoleNeed, ...]:
        """The roles it wants and nobody holds, or nobody dedicated where one is wanted."""
        return tuple(need for need in self.needs if need.line.state in (CoverState.MISSING, CoverState.SHARED))

    @property
    def added(self) -> tuple[RoleNeed, ...]:
        """The roles for which somebody would have to be added, one person each."""
        return tuple(need for need in self.needs if need.is_new_head)

    @property
    def weights_changed(self) -> int:
        """How many KPIs of all roles would weigh more or less."""
        return sum(len(role.changes) for role in self.weights)


@dataclass(frozen=True, slots=True)
class SubtypeComparison:
    """A unit on a day with its sub-type and the others; the current one first."""

    unit: UnitNode
    as_of: date
    adopted: Adopted
    options: tuple[SubtypeOption, ...]


def compare_subtypes(
    unit: str, *, as_of: date, within: str | None = None, only: Sequence[SubtypeKey] = ()
) -> SubtypeComparison:
    """Compare what a unit is with what it could be, in seven queries. UnknownDiagnosisUnit outside the bounds."""
    tree = tree_with(unit, as_of=as_of, within=within)
    adopted = adopted_stages(as_of, tree=tree)[unit]
    covers = role_covers(as_of=as_of, within=unit, tree=tree)
    costs, weights = role_costs(as_of), weights_on(as_of)
    candidates = [key for key in SubtypeKey if key is not adopted.subtype and (not only or key in only)]
    options = tuple(
        SubtypeOption(
            spec=spec,
            stage=load_stages().stages[spec.stage],
            leading=load_stages().departments[spec.leading_department].names,
            is_current=key is adopted.subtype,
            needs=needs,
            yearly_cost=_yearly_cost(needs),
            unpriced=tuple(need.names for need in needs if need.is_new_head and need.cost is None),
            relations=_to_set_up(spec, current=adopted.subtype),
            weights=_weights(adopted, spec, unit=unit, tree=tree, weights=weights, day=as_of),
        )
        for key in (adopted.subtype, *candidates)
        for spec in [load_stages().subtypes[key]]
        for needs in [_needs(against_expectation(covers, subtype=key), costs)]
    )
    return SubtypeComparison(tree.nodes[unit], as_of, adopted, options)


def relations_to_set_up(before: SubtypeKey, after: SubtypeKey) -> tuple[Relation, ...]:
    """Return the relations that a sub-type has and another one has not."""
    return _to_set_up(load_stages().subtypes[after], current=before)


def _needs(lines: Iterable[RoleCover], costs: Mapping[RoleKey, RoleCost]) -> tuple[RoleNeed, ...]:
    return tuple(RoleNeed(roles_here().roles[line.role].names, line, costs.get(line.role)) for line in lines)


def _yearly_cost(needs: Iterable[RoleNeed]) -> Decimal | None:
    costs = [need.cost for need in needs if need.is_new_head]
    known = [cost.monthly * MONTHS for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def _to_set_up(spec: SubtypeSpec, *, current: SubtypeKey) -> tuple[Relation, ...]:
    there = {(one.from_department, one.to_department, one.names) for one in load_stages().subtypes[current].relations}
    if spec.key is current:
        return ()
    return tuple(one for one in spec.relations if (one.from_department, one.to_department, one.names) not in there)


def _weights(
    adopted: Adopted, spec: SubtypeSpec, *, unit: str, tree: UnitTree, weights: WeightBook, day: date
) -> tuple[RoleWeights, ...]:
    """Return what changes per role; roles whose weights stay are left out."""
    line, kpis = unit_line(unit, tree), library_at(day).kpis
    found = []
    for role in RoleKey:
        old = weights.of(role.value, adopted.stage.value, subtype=adopted.subtype.value, units=line).weights
        new = weights.of(role.value, spec.stage.value, subtype=spec.key.value, units=line).weights
        changes = tuple(
            WeightChange(kpi, kpis[kpi].names, old.get(kpi, Decimal(0)), new.get(kpi, Decimal(0)))
            for kpi in dict.fromkeys([*new, *old])
            if kpi in kpis and old.get(kpi) != new.get(kpi)
        )
        if changes:
            found.append(RoleWeights(role, roles_here().roles[role].names, changes))
    return tuple(found)
