"""How a branch spreads below its unit: leaves in stacks, branches beside each other, in rows no wider than allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from roles.paper.specs import PaperChart
from roles.paper.wide import Wide

ASIDE, DOWN, GAP, STEM = 16.0, 22.0, 6.0, 8.0
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Below:
    """A unit right below another one; its branch begins here, counted from the corner of the other's branch."""

    key: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A branch with its size: the unit's own card at the top, what is below it, and the lines between."""

    card: Wide
    card_x: float
    width: float
    height: float
    below: tuple[Below, ...] = ()
    wires: tuple[Points, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """A stack of leaves, or one branch, before it has a place. `anchor` is where the line from above meets it."""

    keys: tuple[str, ...]
    width: float
    height: float
    anchor: float
    is_stack: bool


def spots_of(
    chart: PaperChart, cards: Mapping[str, Wide], *, order: Sequence[str], stack: float, widest: float
) -> dict[str, Spot]:
    """Return the spot of every unit; `order` has each unit before those below it, `cards` are spread to the stack."""
    found: dict[str, Spot] = {}
    for key in reversed(order):
        children = chart.units[key].children
        found[key] = _spread(cards[key], _items(children, chart, found, stack=stack), found, widest=widest)
    return found


def _items(children: Sequence[str], chart: PaperChart, spots: Mapping[str, Spot], *, stack: float) -> list[_Item]:
    leaves = [key for key in children if not chart.units[key].children and len(spots[key].card.columns) < 2]
    branches = [key for key in children if key not in set(leaves)]
    total = sum(spots[key].height + GAP for key in leaves)
    even = total / max(1, ceil(total / stack))
    items: list[_Item] = []
    keys: list[str] = []
    height = 0.0
    for key in leaves:
        if keys and height + spots[key].height / 2 > even:
            items.append(_stack(keys, spots))
            keys, height = [], 0.0
        keys.append(key)
        height += spots[key].height + GAP
    if keys:
        items.append(_stack(keys, spots))
    middles = [(key, spots[key].card_x + spots[key].card.width / 2) for key in branches]
    return items + [_Item((key,), spots[key].width, spots[key].height, anchor, False) for key, anchor in middles]


def _stack(keys: Sequence[str], spots: Mapping[str, Spot]) -> _Item:
    height = sum(spots[key].height for key in keys) + GAP * (len(keys) - 1)
    return _Item(tuple(keys), STEM + max(spots[key].width for key in keys), height, 0.0, True)


def _spread(own: Wide, items: Sequence[_Item], spots: Mapping[str, Spot], *, widest: float) -> Spot:
    if not items:
        return Spot(own, 0.0, own.width, own.height)
    rows = _rows(items, widest=widest - (STEM * 2))
    indent = STEM * 2 if len(rows) > 1 else 0.0
    width = max(own.width, indent + max(_row_width(row) for row in rows))
    # several rows hang on a line along the left edge; a single one spreads to both sides of the unit
    card_x = 0.0 if len(rows) > 1 else (width - own.width) / 2
    start = (STEM if len(rows) > 1 else card_x + own.width / 2, own.height)
    below: list[Below] = []
    wires: list[Points] = []
    y = own.height + DOWN
    for row in rows:
        x = indent if len(rows) > 1 else (width - _row_width(row)) / 2
        bus = y - DOWN / 2
        for item in row:
            wires.append((start, (start[0], bus), (x + item.anchor, bus), (x + item.anchor, y)))
            below += _placed(item, x, y, spots, wires)
            x += item.width + ASIDE
        y += max(item.height for item in row) + DOWN
    return Spot(own, card_x, width, y - DOWN, tuple(below), tuple(wires))


def _rows(items: Sequence[_Item], *, widest: float) -> list[list[_Item]]:
    rows: list[list[_Item]] = [[]]
    for item in items:
        if rows[-1] and _row_width([*rows[-1], item]) > widest:
            rows.append([])
        rows[-1].append(item)
    return rows


def _row_width(row: Sequence[_Item]) -> float:
    return sum(item.width for item in row) + ASIDE * (len(row) - 1)


def _placed(item: _Item, x: float, y: float, spots: Mapping[str, Spot], wires: list[Points]) -> list[Below]:
    """Place the units of an item; in a stack each hangs on the line along its left edge."""
    if not item.is_stack:
        return [Below(item.keys[0], x, y)]
    found = []
    down = y
    for key in item.keys:
        middle = down + spots[key].card.card.anchor
        wires.append(((x, y), (x, middle), (x + STEM, middle)))
        found.append(Below(key, x + STEM, down))
        down += spots[key].height + GAP
    return found
