"""Key-person risk: core roles that one person alone holds, what hangs on them, and who could follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from omnichannel.core.text import Bilingual
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from talent.queries.core_roles import CoreRole, core_roles
from talent.queries.pools import Stay, stays_on, with_successors


@dataclass(frozen=True, slots=True)
class KeyPersonRisk:
    """A core role of a unit that one person alone holds.

    `hands_to` are the roles that receive from it, `kpis` how many KPIs it is measured by, `alone_in` how many core
    roles the person holds alone in all.
    """

    unit: str
    unit_name: str
    role: str
    names: Bilingual
    person: str
    name: str
    since: date
    hands_to: tuple[Bilingual, ...]
    kpis: int
    successors: tuple[Stay, ...]
    elsewhere: int
    alone_in: int

    @property
    def is_open(self) -> bool:
        """True when nobody of the unit stands ready in a pool."""
        return not self.successors


def key_person_risks(*, tree: UnitTree, within: str | None = None, reader: str = "") -> tuple[KeyPersonRisk, ...]:
    """Return the risks of the bounds, those without a successor first, then who holds most alone; eight queries.

    The stays of the `reader` are left out: nobody reads of their own pools.
    """
    stays = [one for one in stays_on(as_of=tree.as_of, tree=tree) if not reader or one.person != reader]
    return risks_of(core_roles(tree=tree, within=within), stays, tree=tree)


def risks_of(roles: Sequence[CoreRole], stays: Sequence[Stay], *, tree: UnitTree) -> tuple[KeyPersonRisk, ...]:
    """Return the risks among core roles that have been read already."""
    single = [one for one in roles if len(one.people) == 1]
    alone: dict[str, set[str]] = defaultdict(set)
    for one in single:
        alone[one.people[0]].add(one.role.value)
    found = [
        _risk(one, here, elsewhere, alone_in=len(alone[one.people[0]]))
        for one, here, elsewhere in with_successors(single, stays, tree=tree)
    ]
    return tuple(sorted(found, key=lambda each: (not each.is_open, -each.alone_in, each.person)))


def _risk(one: CoreRole, here: tuple[Stay, ...], elsewhere: int, *, alone_in: int) -> KeyPersonRisk:
    library, holding = role_library(), one.held[0]
    receivers = dict.fromkeys(link.to_role for link in library.catalogue.links_from(one.role))
    return KeyPersonRisk(
        unit=one.unit,
        unit_name=one.unit_name,
        role=one.role.value,
        names=one.names,
        person=holding.person_external_id,
        name=holding.person_name,
        since=min(each.start for each in one.held),
        hands_to=tuple(library.roles[role].names for role in receivers if role in library.roles),
        kpis=len(library.roles[one.role].kpis),
        successors=here,
        elsewhere=elsewhere,
        alone_in=alone_in,
    )
