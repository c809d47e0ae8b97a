"""The training programmes of the catalogue, typed, and the national standard of user-growth operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from omnichannel.core.datafiles import Data, bilingual, bilinguals, read_yaml
from omnichannel.core.text import Bilingual
from roles.catalogue.specs import RoleKey

FILE = Path(__file__).parent / "data" / "training.yaml"


class ProgrammeLevel(StrEnum):
    """Who a programme is for: those who decide, those who operate, those in the stores, or everybody."""

    MANAGEMENT = "management"
    OPERATIONS = "operations"
    FRONTLINE = "frontline"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ProgrammeSpec:
    """One programme. Without an `audience` of roles it is for everybody; `certifies`: it ends with a certificate."""

    key: str
    level: ProgrammeLevel
    names: Bilingual
    audience: tuple[RoleKey, ...]
    people: tuple[Bilingual, ...]
    topics: tuple[Bilingual, ...]
    form: Bilingual
    hours: int
    certifies: bool
    source: str


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """One step of how a retailer builds its training."""

    order: int
    names: Bilingual


@dataclass(frozen=True, slots=True)
class NationalLevel:
    """A level of the national standard, 1 the highest; `hours` of reference training at least."""

    level: int
    names: Bilingual
    hours: int

    @property
    def key(self) -> str:
        """The id under which a certificate of the level is recorded."""
        return f"national-{self.level}"


@dataclass(frozen=True, slots=True)
class NationalStandard:
    """The occupation with its code and its levels by number."""

    code: str
    names: Bilingual
    levels: Mapping[int, NationalLevel]
    source: str


@dataclass(frozen=True, slots=True)
class TrainingCatalogue:
    """Programmes by id in the order of the catalogue, the steps, and the national standard."""

    programmes: Mapping[str, ProgrammeSpec]
    steps: tuple[TrainingStep, ...]
    standard: NationalStandard


@cache
def load_training() -> TrainingCatalogue:
    """Return the training catalogue, read once per process."""
    raw = read_yaml(FILE)
    return TrainingCatalogue(
        programmes=MappingProxyType({spec.key: spec for spec in map(_programme, raw["programmes"])}),
        steps=tuple(TrainingStep(node["order"], bilingual(node["names"])) for node in raw["steps"]),
        standard=_standard(raw["occupational_standard"]),
    )


def _programme(node: Data) -> ProgrammeSpec:
    return ProgrammeSpec(
        key=node["id"],
        level=ProgrammeLevel(node["level"]),
        names=bilingual(node["names"]),
        audience=tuple(map(RoleKey, node["audience"])),
        people=bilinguals(node["people"]),
        topics=bilinguals(node["topics"]),
        form=bilingual(node["form"]),
        hours=node["duration_hours"],
        certifies=node["certifies"],
        source=node["source"],
    )


def _standard(node: Data) -> NationalStandard:
    levels = [NationalLevel(row["level"], bilingual(row["names"]), row["hours"]) for row in node["levels"]]
    return NationalStandard(
        code=node["code"],
        names=bilingual(node["names"]),
        levels=MappingProxyType({each.level: each for each in levels}),
        source=node["source"],
    )
