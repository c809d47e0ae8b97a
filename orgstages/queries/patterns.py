"""The organisation of a day as a sub-type's pattern is laid over it, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from orgstages.catalogue import SubtypeSpec, load_stages
from orgstages.patterns import Element, Ground, Recognised, lay_over, offered, recognise
from orgstages.patterns.parts import Lead
from orgstages.queries.diagnosis import DIAGNOSED_LEVELS, tree_with
from orgstages.queries.evidence import Evidence, read_evidence
from orgstages.queries.organisation_facts import lead_of, leading_team, leading_unit
from orgstages.queries.relations import owned_relations
from roles.catalogue import SubtypeKey
from roles.queries.org_chart import UnitNode, unit_tree
from roles.queries.stages import Adopted, adopted_stages


@dataclass(frozen=True, slots=True)
class LaidOver:
    """A sub-type laid over a unit on a day. `offered` are the units that may stand for a department."""

    unit: UnitNode
    spec: SubtypeSpec
    adopted: Adopted
    elements: tuple[Element, ...]
    recognised: Mapping[str, Recognised]
    offered: tuple[UnitNode, ...]
    names: Mapping[str, str]

    @property
    def gaps(self) -> tuple[Element, ...]:
        """Return what is to be done, core things first."""
        return tuple(sorted((each for each in self.elements if each.is_gap), key=lambda each: not each.is_core))


def laid_over(
    unit: str,
    *,
    as_of: date,
    subtype: SubtypeKey | None = None,
    within: str | None = None,
    said: Mapping[str, str] | None = None,
) -> LaidOver:
    """Lay a sub-type (the adopted one by default) over a unit. `said` names units for departments, by department.

    `within` bounds the reader, who finds the same but reads no names from outside; raise UnknownDiagnosisUnit for a
    unit outside or none at all.
    """
    whole = tree_with(unit, as_of=as_of, within=within)
    adopted = adopted_stages(as_of, tree=whole)[unit]
    seen = whole if within is None else whole.below(within)
    spec = load_stages().subtypes[subtype or adopted.subtype]
    evidence = read_evidence(as_of, units=[unit], tree=whole)
    lead = _lead(evidence, unit)
    recognised = recognise(whole, unit, spec, leading=lead.unit.external_id if lead else "", said=said)
    owned = owned_relations(unit, as_of=as_of, subtype=spec.key, tree=whole)
    ground = Ground(
        unit=whole.nodes[unit],
        tree=whole,
        seen=seen,
        spec=spec,
        holdings=evidence.held_in(unit),
        managers={person: staff.manager for person, staff in evidence.staff.items()},
        lead=lead,
        recognised=recognised,
        owned=frozenset(each.number for each in owned if each.is_owned),
    )
    names = {node.external_id: node.name for node in seen}
    choices = tuple(node for node in offered(whole, unit) if node.external_id in seen)
    return LaidOver(whole.nodes[unit], spec, adopted, lay_over(ground), recognised, choices, names)


def diagnosed_units(*, as_of: date, within: str | None = None) -> tuple[UnitNode, ...]:
    """Return the group and the business units inside the reader's bounds: what a pattern is laid over first."""
    tree = unit_tree(as_of=as_of, within=within)
    found = tuple(node for node in tree if node.level in DIAGNOSED_LEVELS)
    return found or tuple(tree.nodes[root] for root in tree.root_ids)


def _lead(evidence: Evidence, unit: str) -> Lead | None:
    """Return the unit that leads with its place as question A2 finds it, and who leads it."""
    leading = leading_unit(evidence, unit)
    if leading is None:
        return None
    fact, person = leading_team(evidence, unit), lead_of(evidence, leading.unit)
    manager = evidence.staff.get(person.manager or "") if person else None
    above = evidence.tree.nodes.get(manager.unit) if manager else None
    return Lead(leading.unit, fact.option, fact.sentence, person.id if person else "", above)
