"""Job titles and the roles they mean: the rules by which a title is mapped, and the search by any title. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from unicodedata import category, normalize

from roles.chart.pinyin import typed_forms

# One Chinese character, or two letters, say too little to map a title by what it holds.
SHORTEST_INSIDE = 2


class TitleRule(StrEnum):
    """How a title came to its role, the strongest first."""

    OWN = "own"
    EXACT = "exact"
    CONTAINS = "contains"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class NamedRole:
    """A role with every title it goes by: its names, its other titles and those that the workspace mapped to it."""

    key: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """The role of a title, the rule that found it and the library's title it rests on. No role: `role` is empty."""

    role: str
    rule: TitleRule
    by: str


class Fit(StrEnum):
    """How a search word fits a title, the best first."""

    EXACT = "exact"
    BEGINS = "begins"
    INSIDE = "inside"
    TYPED = "typed"
    AROUND = "around"


@dataclass(frozen=True, slots=True)
class FoundRole:
    """A role that a search found, by which of its titles, and how that fits."""

    role: str
    title: str
    fit: Fit


@lru_cache(maxsize=16_384)
def plain_title(title: str) -> str:
    """Return a title as it is compared: one width, small letters, without white space and punctuation.

    `ＣＲＭ Manager`, `crm-manager` and `CRM manager` are the same title.
    """
    folded = normalize("NFKC", title).casefold()
    return "".join(each for each in folded if category(each)[0] in "LN")


def map_title(title: str, roles: Sequence[NamedRole], own: Mapping[str, str]) -> Mapped:
    """Return the role of a title: the workspace's own mapping, else the same title, else the longest title inside.

    `own` maps plain titles; an empty role there says that the title means none of the roles.
    """
    said = plain_title(title)
    if said in own:
        return Mapped(own[said], TitleRule.OWN, title)
    known = [(plain_title(each), each, role.key) for role in roles for each in role.titles]
    for plain, each, key in known:
        if plain == said:
            return Mapped(key, TitleRule.EXACT, each)
    inside = [row for row in known if _says_enough(row[0]) and row[0] in said]
    if inside:
        # the longest says most; the order of the map decides between equals
        _plain, each, key = max(inside, key=lambda row: len(row[0]))
        return Mapped(key, TitleRule.CONTAINS, each)
    return Mapped("", TitleRule.NONE, "")


def find_roles(words: str, roles: Iterable[NamedRole]) -> tuple[FoundRole, ...]:
    """Return the roles that go by the words, best fit first: whole titles, parts, pinyin or its initials.

    A title inside the words fits as well, so a longer title than ours (高级社群运营经理) finds its role.
    """
    said = plain_title(words)
    if not said:
        return ()
    order = {fit: place for place, fit in enumerate(Fit)}
    found = [best for role in roles if (best := _best(said, role, order)) is not None]
    return tuple(sorted(found, key=lambda one: order[one.fit]))


def _best(said: str, role: NamedRole, order: Mapping[Fit, int]) -> FoundRole | None:
    fits = [(fit, title) for title in (*role.titles, role.key) if (fit := _fit(said, title)) is not None]
    if not fits:
        return None
    fit, title = min(fits, key=lambda each: order[each[0]])
    return FoundRole(role.key, title, fit)


def _fit(said: str, title: str) -> Fit | None:
    plain = plain_title(title)
    if said == plain:
        return Fit.EXACT
    if plain.startswith(said):
        return Fit.BEGINS
    if said in plain:
        return Fit.INSIDE
    if f"\n{said}" in typed_forms(title):
        return Fit.TYPED
    return Fit.AROUND if _says_enough(plain) and plain in said else None


def _says_enough(plain: str) -> bool:
    return len(plain) >= (SHORTEST_INSIDE if not plain.isascii() else SHORTEST_INSIDE + 1)
