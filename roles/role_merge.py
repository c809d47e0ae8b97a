"""One field of a role in three versions: what the own text was made from, the own text, the library's now. Pure.

Values are JSON: a text in both languages, a list of such texts or of ids, two lists of titles, or one id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LANGUAGES = ("zh", "en")
# where both sides reworded a text, one may stand behind the other; two names or two places make no sense
JOINED = frozenset({"definition"})


class Choice(StrEnum):
    """What becomes of an own text when the library's has changed."""

    MINE = "mine"
    LIBRARY = "library"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Edits:
    """What an own list adds to the list that it was made from, and what it leaves out."""

    added: tuple[Any, ...]
    removed: tuple[Any, ...]


def edits_of(base: Sequence[Any], mine: Sequence[Any]) -> Edits:
    """Return how two lists differ, whatever their order."""
    return Edits(tuple(each for each in mine if each not in base), tuple(each for each in base if each not in mine))


def merge_list(base: Sequence[Any], mine: Sequence[Any], library: Sequence[Any]) -> list[Any]:
    """Bring the own edits to the library's present list: what it adds flows in, what it drops flows out.

    The own order stands as long as the library's list is the one that the own list was made from.
    """
    if list(library) == list(base):
        return list(mine)
    edits = edits_of(base, mine)
    kept = [each for each in library if each not in edits.removed]
    return kept + [each for each in edits.added if each not in kept]


def merge_field(field: str, base: Any, mine: Any, library: Any) -> Any:
    """Return what holds: per language or item whoever changed it, the own text where both did."""
    if isinstance(mine, list):
        return merge_list(base, mine, library)
    if isinstance(mine, Mapping):
        one = merge_list if isinstance(mine["zh"], list) else _one
        return {code: one(base[code], mine[code], library[code]) for code in LANGUAGES}
    return _one(base, mine, library)


def collides(base: Any, mine: Any, library: Any) -> bool:
    """Tell whether both sides changed the same text, and not alike; lists never do."""
    if isinstance(mine, list):
        return False
    if isinstance(mine, Mapping):
        return any(collides(base[code], mine[code], library[code]) for code in LANGUAGES)
    return bool(mine not in (base, library) and library != base)


def choices_for(field: str, base: Any, mine: Any, library: Any) -> tuple[Choice, ...]:
    """Return what may be chosen. Both texts are offered where they can stand together."""
    if field in JOINED or not collides(base, mine, library):
        return tuple(Choice)
    return Choice.MINE, Choice.LIBRARY


def settle(field: str, base: Any, mine: Any, library: Any, *, choice: Choice) -> Any:
    """Return the own text that a choice leads to; the library's when nothing own is left."""
    if choice is Choice.MINE:
        return mine
    if choice is Choice.LIBRARY:
        return library
    if not collides(base, mine, library):
        return merge_field(field, base, mine, library)
    return {code: _joined(base[code], mine[code], library[code]) for code in LANGUAGES}


def _one(base: Any, mine: Any, library: Any) -> Any:
    return library if mine == base else mine


def _joined(base: str, mine: str, library: str) -> str:
    if not collides(base, mine, library):
        return str(_one(base, mine, library))
    return f"{mine}\n{library}"
