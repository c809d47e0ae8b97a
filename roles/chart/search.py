"""Search over the nodes of a day: name, id, title, role, department, city, and pinyin as it is typed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from roles.catalogue import RoleKey, roles_here
from roles.chart.nodes import Forest, Node, PersonCard, SeatCard, UnitCard
from roles.chart.pinyin import typed_forms

# How well a word fits, best first.
EXACT, BEGINS, TYPED, INSIDE, TYPED_INSIDE, BESIDE, TYPED_BESIDE = range(7)


@dataclass(frozen=True, slots=True)
class Entry:
    """What of one node is searched: what it is called, and what stands beside that; `typed` are the pinyin forms.

    `whole` is all of it: a word that is not in there fits nowhere, which is soon said of most nodes.
    """

    key: str
    name: str
    external_id: str
    beside: str
    typed: str
    typed_beside: str
    whole: str


@dataclass(frozen=True, slots=True)
class Hits:
    """The keys found, best first; `total` counts them all, also where fewer are handed out."""

    keys: tuple[str, ...]
    total: int


def entries(forest: Forest) -> tuple[Entry, ...]:
    """Return what is searched of every node, in the order of the tree."""
    return tuple(_entry(forest.nodes[key]) for root in forest.roots for key in forest.walk(root))


def find(index: Sequence[Entry], words: str, *, most: int) -> Hits:
    """Return the nodes that every word fits, best first; the order of the tree decides between equals."""
    needles = normalize("NFKC", words).casefold().split()
    found: list[tuple[int, int, str]] = []
    if not needles:
        return Hits((), 0)
    for place, entry in enumerate(index):
        if not all(needle in entry.whole for needle in needles):
            continue
        worst = _worst(entry, needles)
        if worst is not None:
            found.append((worst, place, entry.key))
    found.sort()
    return Hits(tuple(key for _fit_, _place, key in found[:most]), len(found))


def _worst(entry: Entry, needles: Iterable[str]) -> int | None:
    """Return how well the word fits that fits least; None when one does not fit at all."""
    worst = EXACT
    for needle in needles:
        fit = _fit(entry, needle)
        if fit is None:
            return None
        worst = max(worst, fit)
    return worst


def _fit(entry: Entry, needle: str) -> int | None:
    if needle in (entry.name, entry.external_id):
        return EXACT
    if entry.name.startswith(needle) or entry.external_id.startswith(needle):
        return BEGINS
    if f"\n{needle}\n" in entry.typed:
        return TYPED
    if needle in entry.name or needle in entry.external_id:
        return INSIDE
    if f"\n{needle}" in entry.typed:
        return TYPED_INSIDE
    if needle in entry.beside:
        return BESIDE
    return TYPED_BESIDE if f"\n{needle}" in entry.typed_beside else None


def _entry(node: Node) -> Entry:
    beside: list[str] = []
    roles: tuple[RoleKey, ...] = ()
    match node.card:
        case UnitCard() as unit:
            beside = [unit.city]
        case PersonCard() as person:
            beside, roles = [person.title, person.unit_name], tuple(role for role, _share in person.roles)
        case SeatCard() as seat:
            beside, roles = [seat.unit_name], (seat.role,) if seat.role else ()
    title = node.card.title if isinstance(node.card, PersonCard) else ""
    name, external_id = node.name.casefold(), node.external_id.casefold()
    said = "\n".join([*beside, *(_role_words(role) for role in roles)]).casefold()
    typed = f"{typed_forms(node.name)}\n"
    typed_beside = "".join([typed_forms(title), *(typed_forms(_role_name(role)) for role in roles)])
    whole = "\n".join((name, external_id, said, typed, typed_beside))
    return Entry(node.key, name, external_id, said, typed, typed_beside, whole)


def _role_name(role: RoleKey) -> str:
    return roles_here().roles[role].names.zh


def _role_words(role: RoleKey) -> str:
    names = roles_here().roles[role].names
    return f"{names.zh}\n{names.en}"
