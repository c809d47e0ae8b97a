"""Competence arithmetic: a role's model as the workspace has it, levels per part, gaps and fit. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleSpec
from roles.catalogue.competence import Part, load_competence

PLACES = Decimal("0.01")
DIGITS = 10


@dataclass(frozen=True, slots=True)
class Ability:
    """An ability as it is rated. `needed` is 0..3 per job level; `altered` names the job levels the workspace set."""

    key: str
    names: Bilingual
    part: Part
    needed: Mapping[str, int]
    anchors: tuple[Bilingual, ...]
    altered: frozenset[str] = frozenset()

    @property
    def is_own(self) -> bool:
        """True for an ability that the workspace has added to the role: the catalogue has no anchors for it."""
        return self.key.startswith("own-")


@dataclass(frozen=True, slots=True)
class Gap:
    """An ability in which less is shown than the job level needs; `size` is needed less rated."""

    ability: str
    names: Bilingual
    part: Part
    needed: int
    rated: int

    @property
    def size(self) -> int:
        """How many levels are missing."""
        return self.needed - self.rated


@dataclass(frozen=True, slots=True)
class PartLevel:
    """The mean level of a part's rated abilities and the mean of what they need, to two places; None: none rated."""

    part: Part
    level: Decimal | None
    needed: Decimal | None


@dataclass(frozen=True, slots=True)
class CompetenceSummary:
    """What a manager's newest rating of a person in a role says.

    `fit` is what is shown of what is needed, 0..1: levels above the needed one do not make up for gaps.
    """

    role: str
    job_level: str
    rated_on: date
    parts: tuple[PartLevel, ...]
    gaps: tuple[Gap, ...]
    fit: Decimal
    unrated: int = 0

    def part(self, part: Part) -> PartLevel:
        """Return one of the three parts."""
        return next(each for each in self.parts if each.part is part)


def own_key(names: Bilingual) -> str:
    """Return the key of an ability of the workspace's own: its texts are all that it has."""
    digest = hashlib.sha256(f"{names.zh}\n{names.en}".encode()).hexdigest()
    return f"own-{digest[:DIGITS]}"


def model_of(role: RoleSpec, altered: Mapping[tuple[str, str], int] | None = None) -> tuple[Ability, ...]:
    """Return the abilities of a role of the workspace, by part and in the role's order.

    `altered` holds what the workspace needs instead, by (ability, job level). An ability that the catalogue does not
    know counts as professional.
    """
    catalogue, said = load_competence(), altered or {}
    shipped = (
        {each.names: each for each in catalogue.models[role.key].abilities} if role.key in catalogue.models else {}
    )
    found = []
    for names in role.abilities:
        spec = shipped.get(names)
        key, needed = (spec.id, spec.needed) if spec else (own_key(names), catalogue.own_needed)
        changed = {level: said[key, level] for level in needed if (key, level) in said}
        found.append(
            Ability(
                key=key,
                names=names,
                part=spec.part if spec else Part.PROFESSIONAL,
                needed={**needed, **changed},
                anchors=spec.anchors if spec else tuple(row.definition for row in catalogue.scale[1:]),
                altered=frozenset(changed),
            )
        )
    order = list(Part)
    return tuple(sorted(found, key=lambda each: order.index(each.part)))


def gaps_of(model: tuple[Ability, ...], rated: Mapping[str, int], *, job_level: str) -> tuple[Gap, ...]:
    """Return the gaps, the largest first; of equal ones what is needed more comes first, then the model's order."""
    found = [
        Gap(each.key, each.names, each.part, each.needed[job_level], rated[each.key])
        for each in model
        if each.key in rated and rated[each.key] < each.needed[job_level]
    ]
    return tuple(sorted(found, key=lambda gap: (-gap.size, -gap.needed)))


def summarise(
    model: tuple[Ability, ...], rated: Mapping[str, int], *, role: str, job_level: str, rated_on: date
) -> CompetenceSummary:
    """Return levels per part, gaps and fit. Abilities that were not rated count in none of them."""
    known = [each for each in model if each.key in rated]
    return CompetenceSummary(
        role=role,
        job_level=job_level,
        rated_on=rated_on,
        parts=tuple(
            PartLevel(
                part,
                mean([rated[each.key] for each in known if each.part is part]),
                mean([each.needed[job_level] for each in known if each.part is part]),
            )
            for part in Part
        ),
        gaps=gaps_of(model, rated, job_level=job_level),
        fit=fit_of(known, rated, job_level=job_level),
        unrated=len(model) - len(known),
    )


def fit_of(known: list[Ability], rated: Mapping[str, int], *, job_level: str) -> Decimal:
    """Return how much of what the job level needs is shown, 0..1 to two places; 1 where nothing is needed."""
    needed = sum(each.needed[job_level] for each in known)
    shown = sum(min(rated[each.key], each.needed[job_level]) for each in known)
    return (Decimal(shown) / Decimal(needed)).quantize(PLACES, ROUND_HALF_UP) if needed else Decimal(1)


def mean(levels: list[int]) -> Decimal | None:
    """Return the mean to two places; None of nothing."""
    return (Decimal(sum(levels)) / len(levels)).quantize(PLACES, ROUND_HALF_UP) if levels else None
