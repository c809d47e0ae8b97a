"""The figures of the talent home: each is computed from rows and opens the page that lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from roles.coverage import DEDICATED_SHARE
from talent.queries.competence_people import competence_totals
from talent.queries.core_roles import CoreRole
from talent.queries.open_places import OpenPlaces, open_places
from talent.queries.people_risk import KeyPersonRisk, risks_of
from talent.queries.pools import others_here, with_successors


@dataclass(frozen=True, slots=True)
class HomeFigures:
    """Core roles asked for, held, and held by somebody dedicated; vacancies; risks; competence.

    `people` counts people with each role they hold, `rated` and `with_gaps` those of them; `rated_people` people once.
    """

    core_asked: int
    core_held: int
    core_dedicated: int
    vacancies: OpenPlaces
    risks: tuple[KeyPersonRisk, ...]
    succession_gaps: int
    people: int
    rated: int
    with_gaps: int
    rated_people: int
    in_pools: int

    @property
    def single_holders(self) -> int:
        """Return how many core roles hang on one person."""
        return len(self.risks)

    @property
    def without_successor(self) -> int:
        """Return how many of those nobody of the unit stands ready for."""
        return sum(one.is_open for one in self.risks)

    @property
    def core_share(self) -> Decimal | None:
        """Return the share of core roles that somebody holds, 0..1; None where none is asked for."""
        return Decimal(self.core_held) / self.core_asked if self.core_asked else None


def home_figures(*, as_of: date, within: str | None = None, reader: str = "") -> HomeFigures:
    """Return the figures of the bounds, in a fixed number of queries; pools tell the `reader` nothing of themselves."""
    vacancies = open_places(as_of=as_of, within=within)
    tree, roles = vacancies.tree, vacancies.asked
    stays = others_here(vacancies.stays, reader=reader)
    risks = risks_of(roles, stays, tree=tree)
    bounds = None if within is None else tree.subtree(within)
    held = [one for one in vacancies.holdings if bounds is None or one.unit_external_id in bounds]
    people = None if bounds is None else {one.person_external_id for one in held}
    counted = competence_totals(held, as_of=as_of, people=people)
    return HomeFigures(
        core_asked=len(roles),
        core_held=sum(bool(one.held) for one in roles),
        core_dedicated=sum(_is_dedicated(one) for one in roles),
        vacancies=vacancies,
        risks=risks,
        succession_gaps=sum(not here for _one, here, _elsewhere in with_successors(roles, stays, tree=tree)),
        people=counted.people,
        rated=counted.rated,
        with_gaps=counted.with_gaps,
        rated_people=counted.rated_people,
        in_pools=len({stay.person for stay in stays}),
    )


def _is_dedicated(one: CoreRole) -> bool:
    shares: dict[str, Decimal] = {}
    for each in one.held:
        shares[each.person_external_id] = shares.get(each.person_external_id, Decimal(0)) + each.share
    return any(share >= DEDICATED_SHARE for share in shares.values())
