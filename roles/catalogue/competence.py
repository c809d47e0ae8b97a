"""The competence model of the catalogue: each role's abilities in three parts, with what each level looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from omnichannel.core.datafiles import Data, bilingual, bilinguals, missing_texts, read_ordered, read_yaml
from omnichannel.core.issues import Issue
from omnichannel.core.text import Bilingual
from roles.catalogue.specs import RoleCatalogue, RoleKey

DATA = Path(__file__).parent / "data"
HIGHEST = 3


class Part(StrEnum):
    """The three parts of competence, in the order of the catalogue."""

    PROFESSIONAL = "professional"
    OPERATIONAL = "operational"
    MANAGERIAL = "managerial"


@dataclass(frozen=True, slots=True)
class AbilitySpec:
    """An ability of a role. `needed` is 0..3 per job level; `anchors` say what levels 1, 2 and 3 look like at work."""

    id: str
    names: Bilingual
    part: Part
    needed: Mapping[str, int]
    anchors: tuple[Bilingual, ...]


@dataclass(frozen=True, slots=True)
class RoleModel:
    """The abilities of one role."""

    role: RoleKey
    abilities: tuple[AbilitySpec, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ScaleLevel:
    """A level of the scale, 0 to 3, and what it means whatever the ability."""

    level: int
    names: Bilingual
    definition: Bilingual


@dataclass(frozen=True, slots=True)
class CompetenceCatalogue:
    """All models. `own_needed` is what a workspace's own ability needs per job level until the workspace says it."""

    models: Mapping[RoleKey, RoleModel]
    parts: Mapping[Part, Bilingual]
    scale: tuple[ScaleLevel, ...]
    own_needed: Mapping[str, int]


@cache
def load_competence() -> CompetenceCatalogue:
    """Return the competence models, read once per process."""
    frame = read_yaml(DATA / "competence.yaml")
    return CompetenceCatalogue(
        models=MappingProxyType({model.role: model for model in map(_model, read_ordered(DATA / "competence"))}),
        parts=MappingProxyType({Part(row["id"]): bilingual(row["names"]) for row in frame["parts"]}),
        scale=tuple(
            ScaleLevel(row["level"], bilingual(row["names"]), bilingual(row["definition"])) for row in frame["scale"]
        ),
        own_needed=MappingProxyType(dict(frame["own_needed"])),
    )


def competence_is_complete(catalogue: RoleCatalogue) -> list[Issue]:
    """Every ability of every role has a part, a needed level per job level and three anchors; no part is empty."""
    found = load_competence()
    issues = missing_texts(found, "competence")
    issues += [Issue("competence.parts", f"there is no {part}") for part in Part if part not in found.parts]
    if [row.level for row in found.scale] != list(range(HIGHEST + 1)):
        issues.append(Issue("competence.scale", "the levels 0 to 3 are needed, in order"))
    if set(found.own_needed) != set(catalogue.jd.levels):
        issues.append(Issue("competence.own_needed", "a needed level is missing"))
    for key in RoleKey:
        if key not in found.models:
            issues.append(Issue(f"competence.{key}", "the role has no model"))
        elif key in catalogue.roles:
            issues += _issues_of(found.models[key], catalogue)
    return issues


def _issues_of(model: RoleModel, catalogue: RoleCatalogue) -> list[Issue]:
    path, issues = f"competence.{model.role}", []
    if {each.names for each in model.abilities} != set(catalogue.roles[model.role].abilities):
        issues.append(Issue(path, "its abilities are not those of the role"))
    if len({each.id for each in model.abilities}) != len(model.abilities):
        issues.append(Issue(path, "an ability is given twice"))
    issues += [Issue(f"{path}.{part}", "the part is empty") for part in Part if part not in _parts(model)]
    for each in model.abilities:
        if set(each.needed) != set(catalogue.jd.levels) or not all(0 <= n <= HIGHEST for n in each.needed.values()):
            issues.append(Issue(f"{path}.{each.id}.needed", "0 to 3 is needed for every job level"))
        if list(each.needed.values()) != sorted(each.needed.values()):
            issues.append(Issue(f"{path}.{each.id}.needed", "a higher job level needs no less"))
        if len(each.anchors) != HIGHEST:
            issues.append(Issue(f"{path}.{each.id}.anchors", "three anchors are needed"))
    return issues


def _parts(model: RoleModel) -> set[Part]:
    return {each.part for each in model.abilities}


def _model(node: Data) -> RoleModel:
    return RoleModel(RoleKey(node["role"]), tuple(map(_ability, node["abilities"])), node["source"])


def _ability(node: Data) -> AbilitySpec:
    needed = MappingProxyType(dict(node["needed"]))
    return AbilitySpec(node["id"], bilingual(node["names"]), Part(node["part"]), needed, bilinguals(node["anchors"]))
