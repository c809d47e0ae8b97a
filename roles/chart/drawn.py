"""Which part of a tree is drawn: what stands open, and which hundred of a long level. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from roles.chart.nodes import Forest, Node

# A level shows so many at once, the rest on demand: fewer of the people, so that the units below them are in sight.
PAGE_OF: Mapping[str, int] = {"leaves": 30, "branches": 50}
# No answer draws more nodes than this, whatever the URL asks to open.
MOST_DRAWN = 1000


class Section(StrEnum):
    """The two lists below a node, each with its own pages."""

    LEAVES = "leaves"
    BRANCHES = "branches"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader wants to see. `level` opens that many levels from the root on; `starts` are pages asked for."""

    root: str = ""
    focus: str = ""
    opened: tuple[str, ...] = ()
    level: int | None = None
    starts: Mapping[tuple[str, Section], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class More:
    """The rest of a long level: which of `total` follow, or come before, what is drawn."""

    parent: str
    section: Section
    start: int
    end: int
    total: int
    is_before: bool
    level: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A node in its place: `position` of `size` at its `level`, and what is drawn below it when it is open."""

    node: Node
    level: int
    position: int
    size: int
    has_below: bool
    is_open: bool
    below: tuple[Drawn | More, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """What one answer draws; `is_cut` when not everything could be opened that was asked for."""

    rows: tuple[Drawn | More, ...]
    drawn: int
    is_cut: bool


def picture(forest: Forest, asked: Asked) -> Picture:
    """Draw the tree as asked, from its roots or from `asked.root` on."""
    roots = (asked.root,) if asked.root in forest else forest.roots
    opened, is_cut = _opened(forest, roots, asked)
    pages = _pages(forest, asked)
    rows = _section(forest, "", Section.BRANCHES, roots, level=1, opened=opened, pages=pages)
    return Picture(tuple(rows), _count(rows), is_cut)


def branch(forest: Forest, key: str, *, level: int, asked: Asked | None = None) -> tuple[Drawn | More, ...]:
    """Draw what is directly below a node that stands at `level`, nothing further opened; `asked` chooses the pages."""
    return _below(forest, key, level=level + 1, opened=(), pages=_pages(forest, asked or Asked()))


def page_of(forest: Forest, key: str, section: Section, *, start: int, level: int) -> tuple[Drawn | More, ...]:
    """Draw the nodes of one section below a node at `level` from `start` on; "" is above the roots."""
    rows: list[Drawn | More] = []
    sections = _sections(forest, key)
    total, before = sum(len(keys) for _each, keys in sections), 0
    for each, keys in sections:
        if each is section:
            pages = {(key, section): start}
            rows = _section(forest, key, each, keys, level=level + 1, pages=pages, before=before, total=total)
        before += len(keys)
    return tuple(rows)


def _opened(forest: Forest, roots: Sequence[str], asked: Asked) -> tuple[frozenset[str], bool]:
    """Return what stands open, and whether something had to stay closed.

    The way to the focus always opens; then what is asked for, in its order, and levels as long as there is room.
    """
    opened = set(forest.path(asked.focus)[:-1])
    # the roots themselves are drawn anyway
    room = MOST_DRAWN - min(len(roots), PAGE_OF[Section.BRANCHES]) - sum(_shown(forest, key) for key in opened)
    is_cut = False
    for key in (*asked.opened, *_levels(forest, roots, asked.level)):
        wanted = {above for above in forest.path(key) if forest.has_below(above)} - opened
        cost = sum(_shown(forest, each) for each in wanted)
        if cost > room:
            is_cut = True
            continue
        room -= cost
        opened |= wanted
    return frozenset(opened), is_cut


def _levels(forest: Forest, roots: Sequence[str], levels: int | None) -> Iterator[str]:
    """Yield what has to be open for so many levels to be seen, from the top down, first pages only."""
    waiting = deque((root, 1) for root in roots[: PAGE_OF[Section.BRANCHES]])
    while waiting and levels is not None:
        key, level = waiting.popleft()
        if level >= levels or not forest.has_below(key):
            continue
        yield key
        for section, keys in _sections(forest, key):
            waiting.extend((each, level + 1) for each in keys[: PAGE_OF[section]])


def _shown(forest: Forest, key: str) -> int:
    return sum(min(len(keys), PAGE_OF[section]) for section, keys in _sections(forest, key))


def _pages(forest: Forest, asked: Asked) -> dict[tuple[str, Section], int]:
    """Return where the pages begin: as asked, else so that the way to the focus and to what is open is on them."""
    found = {}
    for key in (*asked.opened, asked.focus):
        for above, below in zip(("", *forest.path(key)), forest.path(key), strict=False):
            for section, keys in _sections(forest, above):
                if below in keys:
                    size = PAGE_OF[section]
                    found[above, section] = keys.index(below) // size * size
    return {**found, **asked.starts}


def _sections(forest: Forest, key: str) -> tuple[tuple[Section, tuple[str, ...]], ...]:
    if not key:
        return ((Section.BRANCHES, forest.roots),)
    return (Section.LEAVES, forest.leaves.get(key, ())), (Section.BRANCHES, forest.branches.get(key, ()))


def _below(
    forest: Forest, key: str, *, level: int, opened: Collection[str], pages: Mapping[tuple[str, Section], int]
) -> tuple[Drawn | More, ...]:
    before, rows = 0, list[Drawn | More]()
    total = sum(len(keys) for _each, keys in _sections(forest, key))
    for section, keys in _sections(forest, key):
        rows += _section(
            forest, key, section, keys, level=level, opened=opened, pages=pages, before=before, total=total
        )
        before += len(keys)
    return tuple(rows)


def _section(
    forest: Forest,
    parent: str,
    section: Section,
    keys: Sequence[str],
    *,
    level: int,
    opened: Collection[str] = (),
    pages: Mapping[tuple[str, Section], int],
    before: int = 0,
    total: int | None = None,
) -> list[Drawn | More]:
    """Draw a page of one section; `before` and `total` place it among everything below the parent."""
    size = PAGE_OF[section]
    start = max(min(pages.get((parent, section), 0), len(keys) - 1), 0)
    end = min(start + size, len(keys))
    total = len(keys) if total is None else total
    rows: list[Drawn | More] = [
        _drawn(forest, key, level=level, position=before + place, size=total, opened=opened, pages=pages)
        for place, key in enumerate(keys[start:end], start + 1)
    ]
    if start:
        rows.insert(0, More(parent, section, max(start - size, 0), start, len(keys), True, level))
    if end < len(keys):
        rows.append(More(parent, section, end, min(end + size, len(keys)), len(keys), False, level))
    return rows


def _drawn(
    forest: Forest,
    key: str,
    *,
    level: int,
    position: int,
    size: int,
    opened: Collection[str],
    pages: Mapping[tuple[str, Section], int],
) -> Drawn:
    has_below = forest.has_below(key)
    is_open = has_below and key in opened
    below = _below(forest, key, level=level + 1, opened=opened, pages=pages) if is_open else ()
    return Drawn(forest.nodes[key], level, position, size, has_below, is_open, below)


def _count(rows: Sequence[Drawn | More]) -> int:
    return sum(1 + _count(row.below) for row in rows if isinstance(row, Drawn))
