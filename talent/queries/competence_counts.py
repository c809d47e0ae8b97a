"""Competence counted per role and per unit, for those who may see no single person: small groups are not told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from talent.people.gaps import PLACES
from talent.queries.competence_people import PersonLine, competence_list
from talent.queries.few import tells_few


@dataclass(frozen=True, slots=True)
class CompetenceCount:
    """A role, or a unit with everything below it (`role` or `unit` is empty).

    Where the rest would tell of fewer than five people, `fit`, `met` and `gap` are None; numbers of people stay.
    """

    role: str
    unit: str
    names: Bilingual
    people: int
    rated: int
    fit: Decimal | None
    met: int | None
    gap: Bilingual | None

    @property
    def is_few(self) -> bool:
        """True where the figures would tell of fewer than five people."""
        return self.fit is None


@dataclass(frozen=True, slots=True)
class CompetenceCounts:
    """Counts by role and by unit; a unit is the topmost one in bounds or directly below it."""

    roles: tuple[CompetenceCount, ...]
    units: tuple[CompetenceCount, ...]


def competence_counts(*, as_of: date, tree: UnitTree, within: str | None = None) -> CompetenceCounts:
    """Return the counts of the bounds, in eight queries."""
    lines = competence_list(as_of=as_of, tree=tree, within=within)
    tops = [within] if within is not None else list(tree.root_ids)
    units = [each for top in tops if top in tree for each in (top, *tree.nodes[top].children)]
    by_role: dict[RoleKey, list[PersonLine]] = {}
    for line in lines:
        by_role.setdefault(line.role, []).append(line)
    library = role_library().roles
    roles = tuple(_count(by_role[key], names=library[key].names, role=key.value) for key in library if key in by_role)
    inside = {unit: [line for line in lines if line.unit in tree.subtree(unit)] for unit in units}
    return CompetenceCounts(roles, _of_units(inside, tree))


def _of_units(inside: Mapping[str, Sequence[PersonLine]], tree: UnitTree) -> tuple[CompetenceCount, ...]:
    """Count units. One is hidden from which, less the parts shown, the figures of too few people could be reckoned."""
    names = {unit: Bilingual(tree.nodes[unit].name, tree.nodes[unit].name) for unit in inside}
    counts = {unit: _count(some, names=names[unit], unit=unit) for unit, some in inside.items()}
    found = []
    for unit, one in counts.items():
        parts = [each for each in tree.nodes[unit].children if each in counts and not counts[each].is_few]
        hides = tells_few(rated_of(inside[unit]), *(rated_of(inside[part]) for part in parts))
        found.append(replace(one, fit=None, met=None, gap=None) if hides else one)
    return tuple(found)


def rated_of(lines: Iterable[PersonLine]) -> set[str]:
    """Return the people of whom a rating counts, each once."""
    return {line.person for line in lines if line.summary is not None}


def _count(lines: Sequence[PersonLine], *, names: Bilingual, role: str = "", unit: str = "") -> CompetenceCount:
    people = len({line.person for line in lines})
    found = [(line.person, line.summary) for line in lines if line.summary is not None]
    rated = len({person for person, _summary in found})
    if not rated or tells_few(rated_of(lines)):
        return CompetenceCount(role, unit, names, people, rated, None, None, None)
    fits = [summary.fit for _person, summary in found]
    short = {person for person, summary in found if summary.gaps}
    gaps: Counter[Bilingual] = Counter()
    for _person, summary in found:
        gaps.update({gap.names: gap.size for gap in summary.gaps})
    widest = min(gaps, key=lambda each: (-gaps[each], each.en)) if gaps else None
    fit = (sum(fits, Decimal(0)) / len(fits)).quantize(PLACES)
    return CompetenceCount(role, unit, names, people, rated, fit, rated - len(short), widest)
