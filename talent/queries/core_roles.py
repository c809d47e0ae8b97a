"""The core roles of the units that are asked for them, and who holds each: the ground of pools, risks and vacancies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from omnichannel.core.text import Bilingual
from roles.catalogue import ExpectationLevel, RoleKey
from roles.holdings import Holding
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from roles.queries.people import holders
from roles.queries.stages import DEFAULT, Adopted, adopted_stages


@dataclass(frozen=True, slots=True)
class CoreRole:
    """A role that the sub-type of a unit wants a dedicated holder of, with the holders in the unit and below it."""

    unit: str
    unit_name: str
    role: RoleKey
    names: Bilingual
    adopted: Adopted
    held: tuple[Holding, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """Return who holds it, each once."""
        return tuple(dict.fromkeys(one.person_external_id for one in self.held))


def core_roles(*, tree: UnitTree, within: str | None = None) -> tuple[CoreRole, ...]:
    """Return the core roles of the bounds in three queries. `tree` is the whole tree of the day."""
    stages = adopted_stages(tree.as_of, tree=tree)
    return core_of(holders(as_of=tree.as_of, tree=tree), tree=tree, stages=stages, within=within)


def core_of(
    held: Iterable[Holding], *, tree: UnitTree, stages: Mapping[str, Adopted], within: str | None = None
) -> tuple[CoreRole, ...]:
    """Return the core roles of units that adopted a stage themselves, and of the topmost ones, which are judged too."""
    by_unit: dict[str, list[Holding]] = defaultdict(list)
    for one in held:
        by_unit[one.unit_external_id].append(one)
    bounds = None if within is None else tree.subtree(within)
    catalogue, found = role_library().catalogue, []
    for node in tree:
        adopted = stages.get(node.external_id, DEFAULT)
        is_judged = adopted.unit_external_id == node.external_id or (adopted.is_default and node.parent is None)
        if not is_judged or (bounds is not None and node.external_id not in bounds):
            continue
        inside = [one for unit in tree.walk(node.external_id) for one in by_unit.get(unit, ())]
        for role, spec in catalogue.roles.items():
            if catalogue.expectations.get((role, adopted.subtype)) is ExpectationLevel.CORE:
                holding = tuple(one for one in inside if one.role_key == role)
                found.append(CoreRole(node.external_id, node.name, role, spec.names, adopted, holding))
    return tuple(found)
