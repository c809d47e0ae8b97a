"""What a reader has chosen for the org chart: by the URL, else as last time (a cookie), else as usual."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qs, urlencode

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from roles.chart.drawn import Asked, Section
from roles.chart.nodes import TreeName

T = TypeVar("T", bound=StrEnum)
COOKIE = "org-chart"
# The deepest the level choice goes, and how many open nodes a URL may carry.
MOST_LEVELS, MOST_OPENED = 9, 80


class View(StrEnum):
    """How the tree is laid out; the table is flat."""

    COMPACT = "compact"
    VERTICAL = "vertical"
    HORIZONTAL = "horizontal"
    LIST = "list"
    TABLE = "table"


class Field(StrEnum):
    """What a card may show."""

    ID = "id"
    LEVEL = "level"
    TITLE = "title"
    UNIT = "unit"
    CITY = "city"
    PEOPLE = "people"
    FTE = "fte"
    LEADER = "leader"
    ROLES = "roles"
    COVERAGE = "coverage"
    STAGE = "stage"
    VACANCY = "vacancy"
    FILL = "fill"
    SCORE = "score"


class Colour(StrEnum):
    """By what cards are coloured."""

    NONE = "none"
    LEVEL = "level"
    STAGE = "stage"
    COVERAGE = "coverage"
    VACANCY = "vacancy"
    FILL = "fill"


VIEW_NAMES = {
    View.COMPACT: _("Compact"),
    View.VERTICAL: _("Vertical"),
    View.HORIZONTAL: _("Horizontal"),
    View.LIST: _("List"),
    View.TABLE: _("Flat table"),
}
FIELD_NAMES = {
    Field.ID: _("Id"),
    Field.LEVEL: _("Level"),
    Field.TITLE: _("Job title"),
    Field.UNIT: _("Unit"),
    Field.CITY: _("City"),
    Field.PEOPLE: _("Head count"),
    Field.FTE: _("FTE"),
    Field.LEADER: _("Leader"),
    Field.ROLES: _("Roles"),
    Field.COVERAGE: _("Role coverage"),
    Field.STAGE: _("Stage"),
    Field.VACANCY: _("Vacancies"),
    Field.FILL: _("Filled by"),
    Field.SCORE: _("Score"),
}
COLOUR_NAMES = {
    Colour.NONE: _("No colour"),
    Colour.LEVEL: _("Level"),
    Colour.STAGE: _("Stage"),
    Colour.COVERAGE: _("Role coverage"),
    Colour.VACANCY: _("Vacancies"),
    Colour.FILL: _("Filled by"),
}
USUAL_FIELDS = (Field.LEVEL, Field.TITLE, Field.LEADER, Field.VACANCY)


@dataclass(frozen=True, slots=True)
class Choices:
    """How the chart looks. `view` None: the reader has not chosen, so a phone gets the list and a screen the chart."""

    tree: TreeName = TreeName.UNITS
    view: View | None = None
    fields: tuple[Field, ...] = USUAL_FIELDS
    colour: Colour = Colour.LEVEL
    managers: bool = False
    lines: bool = False

    @property
    def shown_as(self) -> View:
        """Return the view on a screen."""
        return self.view or View.COMPACT

    def cookie(self) -> str:
        """Return what is remembered: the looks of the chart, not which tree or part of it, nor a look at the table."""
        kept = {"fields": " ".join(self.fields), "colour": self.colour.value}
        if self.view not in (None, View.TABLE):
            kept["view"] = str(self.view)
        return urlencode(kept)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the choices as the query that brings them about again."""
        found = [("tree", self.tree.value), *([("view", self.view.value)] if self.view else [])]
        found += [("managers", "1")] if self.managers else []
        return found + ([("lines", "all")] if self.lines else [])


def choices_of(query: QueryDict, *, cookie: str, may_see_people: bool) -> Choices:
    """Read the choices; what is unknown counts as not chosen."""
    kept = parse_qs(cookie)
    view = _one(View, query.get("view", "")) or _one(View, _first(kept, "view"))
    colour = _one(Colour, query.get("colour", "")) or _one(Colour, _first(kept, "colour"))
    asked = query.getlist("fields") if "fields" in query else _first(kept, "fields").split() if kept else None
    tree = _one(TreeName, query.get("tree", "")) or TreeName.UNITS
    return Choices(
        tree=tree if may_see_people else TreeName.UNITS,
        view=view,
        fields=USUAL_FIELDS if asked is None else tuple(field for field in Field if field.value in asked),
        colour=colour or Colour.LEVEL,
        managers=query.get("managers") == "1",
        lines=query.get("lines") == "all",
    )


def asked_of(query: QueryDict, *, root: str) -> Asked:
    """Read which part of the tree is asked for."""
    shut = query.get("shut", "")
    opened = [key for key in query.getlist("open")[-MOST_OPENED:] if key and key != shut]
    level = query.get("level", "")
    starts: dict[tuple[str, Section], int] = {}
    for text in query.getlist("from"):
        key, section, start = [*text.rsplit("|", 2), "", ""][:3]
        if section in set(Section) and start.isdecimal() and len(start) < 8:
            starts[key, Section(section)] = int(start)
    return Asked(
        root=root,
        focus=query.get("focus", ""),
        opened=tuple(opened),
        level=min(int(level), MOST_LEVELS) if level.isdecimal() and 0 < len(level) < 3 else None,
        starts=starts,
    )


def _one(kind: type[T], text: str) -> T | None:
    return kind(text) if text in set(kind) else None


def _first(kept: dict[str, list[str]], name: str) -> str:
    return kept.get(name, [""])[0]
