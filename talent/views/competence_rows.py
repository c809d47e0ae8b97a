"""What competence pages show: the radar and rows of a role card, the list's filters, and the file of the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from omnichannel.core.text import Bilingual
from roles.catalogue.competence import Part, load_competence
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from talent.people.gaps import Ability
from talent.people.radar import Radar, radar
from talent.queries.competence_people import PersonLine, RoleCard

SORTS = ("name", "role", "unit", "fit", "gaps", "rated")
STATES = ("unrated", "gaps", "met")
FILE_COLUMNS = (
    "person_id", "person", "unit_id", "unit", "role", "role_name", "job_level", "rated_on", "self_rated_on",
    "professional", "operational", "managerial", "fit", "gaps",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines are wanted, in which order."""

    q: str = ""
    unit: str = ""
    role: str = ""
    state: str = ""
    sort: str = "name"

    def apply(self, lines: Iterable[PersonLine], *, tree: UnitTree) -> list[PersonLine]:
        """Return the lines that fit, sorted."""
        inside = tree.subtree(self.unit) if self.unit else None
        words = self.q.casefold()
        found = [
            line
            for line in lines
            if (not words or words in line.name.casefold() or words in line.person.casefold())
            and (inside is None or line.unit in inside)
            and (not self.role or line.role == self.role)
            and (not self.state or line.state == self.state)
        ]
        key = self.sort.removeprefix("-")
        return sorted(sorted(found, key=_by("name")), key=_by(key), reverse=self.sort.startswith("-"))


def asked_of(query: Any) -> Asked:
    """Read the filters of the list from a URL; what is not known counts as not asked for."""
    sort, state = query.get("sort", "name"), query.get("state", "")
    return Asked(
        q=query.get("q", "").strip(),
        unit=query.get("unit", ""),
        role=query.get("role", ""),
        state=state if state in STATES else "",
        sort=sort if sort.removeprefix("-") in SORTS else "name",
    )


def _by(key: str) -> Any:
    keys: dict[str, Any] = {
        "name": lambda line: (line.name.casefold(), line.person, line.role),
        "role": lambda line: line.names.in_language(get_language()),
        "unit": lambda line: line.unit_name,
        "fit": lambda line: -1 if line.summary is None else line.summary.fit,
        "gaps": lambda line: line.gaps,
        "rated": lambda line: line.summary.rated_on.isoformat() if line.summary else "",
    }
    return keys.get(key, keys["name"])


def card_context(card: RoleCard) -> dict[str, Any]:
    """Return a role card as its template takes it."""
    return {
        "card": card,
        "radar": radar_of(card),
        "parts": part_rows(card),
        "job_level": job_level_name(card.job_level),
    }


def radar_of(card: RoleCard) -> Radar | None:
    """Draw the abilities of a card, once anything has been rated."""
    if card.rating is None and card.own_rating is None:
        return None
    language = get_language()
    return radar(
        [row.ability.names.in_language(language) for row in card.rows],
        needed=[row.needed for row in card.rows],
        rated=[row.rated for row in card.rows],
        own=[row.own for row in card.rows],
    )


def part_rows(card: RoleCard) -> list[dict[str, Any]]:
    """Return the abilities by part, each part with its mean level and need."""
    found = []
    for part, names in load_competence().parts.items():
        rows = [row for row in card.rows if row.ability.part is part]
        if rows:
            mean = card.summary.part(part) if card.summary else None
            found.append({"names": names, "rows": rows, "mean": mean})
    return found


def model_parts(model: Sequence[Ability]) -> list[tuple[Bilingual, list[Ability]]]:
    """Return the abilities of a model by part, without empty parts."""
    parts = [(load_competence().parts[part], [each for each in model if each.part is part]) for part in Part]
    return [(names, some) for names, some in parts if some]


def job_level_name(level: str) -> str:
    """Return what a job level is called."""
    return role_library().catalogue.jd.levels[level].names.in_language(get_language())


def level_name(level: int | None) -> str:
    """Return what a level of the scale is called; empty for none."""
    return "" if level is None else load_competence().scale[level].names.in_language(get_language())


def file_rows(lines: Iterable[PersonLine]) -> Iterator[Sequence[object]]:
    """Yield the list as rows of a file, the head first."""
    language = get_language()
    yield FILE_COLUMNS
    for line in lines:
        found = line.summary
        means = [found.part(part).level if found else None for part in Part]
        gaps = [f"{gap.names.in_language(language)} -{gap.size}" for gap in found.gaps] if found else []
        yield (
            line.person, line.name, line.unit, line.unit_name, line.role.value, line.names.in_language(language),
            found.job_level if found else "", found.rated_on.isoformat() if found else "",
            line.own_on.isoformat() if line.own_on else "", *("" if mean is None else mean for mean in means),
            found.fit if found else "", "; ".join(gaps),
        )  # fmt: skip


def state_options() -> list[tuple[str, str]]:
    """Return the states to filter by."""
    return [("unrated", _("Not rated yet")), ("gaps", _("With gaps")), ("met", _("Meets what is needed"))]
