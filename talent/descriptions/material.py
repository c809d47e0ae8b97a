"""What a job description is made of: the texts, weights, bands and people that the sections are composed from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from omnichannel.core.text import Bilingual
from orgstages.catalogue import SubtypeSpec
from roles.catalogue import RoleCatalogue, RoleSpec
from talent.descriptions import words as w
from talent.paper.blocks import Block
from talent.people.pay import PayBand


@dataclass(frozen=True, slots=True)
class Origin:
    """Where data come from: what they are, and a source of the catalogue or, in `own`, what the workspace did."""

    what: Bilingual
    source: str = ""
    own: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """A generated section."""

    id: str
    heading: str
    blocks: tuple[Block, ...]
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class AbilityLine:
    """An ability with what the level needs of it, 0 to 3, and how that shows at work."""

    names: Bilingual
    part: Bilingual
    needed: int
    scale: Bilingual
    anchor: Bilingual


@dataclass(frozen=True, slots=True)
class KpiLine:
    """A KPI with its weight; None where no weights are set."""

    names: Bilingual
    definition: Bilingual
    measure: Bilingual
    is_up: bool
    weight: Decimal | None


@dataclass(frozen=True, slots=True)
class ProgrammeLine:
    """A training programme of the role."""

    names: Bilingual
    form: Bilingual
    hours: int
    certifies: bool


@dataclass(frozen=True, slots=True)
class TeamLine:
    """Who holds a role in the unit and below it."""

    role: Bilingual
    people: int
    fte: Decimal


@dataclass(frozen=True, slots=True)
class Place:
    """The place in the real organisation. `superior` is empty at its top."""

    unit: str
    path: tuple[str, ...]
    superior: str
    staff: int
    staff_fte: Decimal
    holders: int
    holders_fte: Decimal
    team: tuple[TeamLine, ...]
    city: str = ""
    seat: str = ""
    seat_fte: Decimal | None = None
    grade: str = ""


@dataclass(frozen=True, slots=True)
class National:
    """The national standard: what it is called, its code, and each level's name and hours."""

    names: Bilingual
    code: str
    levels: tuple[tuple[Bilingual, int], ...]
    source: str


@dataclass(frozen=True, slots=True)
class Material:
    """Everything a job description is made of."""

    language: str
    level: str
    role: RoleSpec
    catalogue: RoleCatalogue
    forms: tuple[SubtypeSpec, ...]
    departments: Mapping[str, Bilingual]
    stage: Bilingual
    stage_text: Bilingual
    abilities: tuple[AbilityLine, ...]
    kpis: tuple[KpiLine, ...]
    programmes: tuple[ProgrammeLine, ...]
    national: National
    pay: PayBand | None
    place: Place | None
    changed: frozenset[str]
    weights_from: Origin
    training_from: Origin
    day: date

    def say(self, text: Bilingual, /, **values: object) -> str:
        """Return a text in the document's language with its values filled in."""
        said = text.in_language(self.language)
        return said.format(**values) if values else said

    def listed(self, texts: list[str]) -> str:
        """Join texts as the language lists them."""
        return ("、" if self.language.startswith("zh") else ", ").join(texts)

    @property
    def role_name(self) -> str:
        """What the role is called."""
        return capital(self.say(self.role.names))

    @property
    def level_name(self) -> str:
        """What the level is called."""
        return self.say(self.catalogue.jd.levels[self.level].names)

    def field(self, name: str, what: Bilingual = w.FROM_MAP) -> Origin:
        """Return where a field of the role comes from."""
        if name in self.changed:
            return Origin(what, own=w.OWN)
        return Origin(what, self.role.source.get("name" if name == "names" else name, ""))


def capital(text: str) -> str:
    """Return the text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


Made = tuple[list[Block], list[Origin]]
