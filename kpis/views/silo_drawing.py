"""The silo map as a picture: where its boxes and lines stand. Pure geometry; the template draws it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from kpis.queries.silo_map import KpiGroup, SiloMap, SystemLine
from kpis.queries.usage import tables_of_kpis
from omnichannel.core.text import Bilingual

COLUMNS = ((0, 230), (360, 190), (690, 270))  # left edge and width of systems, tables, KPIs
WIDTH = 960
HEAD = 28
ROW = 28
BOX = 22
BRACKET = re.compile(r"\s*[(（]")  # a table's name may say its grain in brackets, for which a box has no room
ROOM = 7.2  # width of a Latin character; a Chinese one takes twice that


@dataclass(frozen=True, slots=True)
class Box:
    """One node of the picture. `state`: on, waiting (nothing has arrived), off, lost, thin."""

    id: str
    x: int
    top: float
    width: int
    label: str
    title: str
    note: str
    state: str
    url: str

    @property
    def text_x(self) -> int:
        """Return where the label starts."""
        return self.x + 8

    @property
    def text_y(self) -> str:
        """Return the baseline of the label."""
        return f"{self.top + 15:.1f}"

    @property
    def y(self) -> str:
        """Return the upper edge as SVG writes it, in any language."""
        return f"{self.top:.1f}"

    @property
    def note_x(self) -> int:
        """Return where the note ends."""
        return self.x + self.width - 8


@dataclass(frozen=True, slots=True)
class Line:
    """One connection as an SVG path."""

    path: str
    state: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes and lines with the size of the whole."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    heads: tuple[tuple[int, str], ...]
    width: int
    height: int


Words = Callable[[Bilingual], str]


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of the picture in the reader's language, and where its boxes lead."""

    words: Words
    heads: tuple[str, str, str]
    unknown: str
    count: Callable[[int], str]
    system_url: Callable[[str], str]
    table_url: Callable[[str], str]
    group_url: Callable[[KpiGroup], str]


def draw(page: SiloMap, *, labels: Labels) -> Picture:
    """Lay the three columns out, each centred on the tallest, and join what belongs together."""
    systems = [line for line in page.systems if not page.focus or line.id == page.focus]
    tallest = max(len(systems), len(page.tables), len(page.groups), 1)
    tables = sorted(page.tables, key=lambda spec: _middle(spec.id, systems))
    boxes = {
        **_column(0, tallest, [_system_box(line, labels) for line in systems]),
        **_column(1, tallest, [_table_box(page, spec.id, spec.names, labels) for spec in tables]),
        **_column(2, tallest, [_group_box(group, labels) for group in page.groups]),
    }
    heads = tuple((x, head) for (x, _width), head in zip(COLUMNS, labels.heads, strict=True))
    lines = (*_feeds(page, boxes), *_reads(page, boxes))
    return Picture(tuple(boxes.values()), lines, heads, WIDTH, HEAD + tallest * ROW)


def _middle(table: str, systems: Sequence[SystemLine]) -> float:
    """Return the mean place of a table's systems, so that few lines cross."""
    places = [index for index, line in enumerate(systems) if any(spec.id == table for spec in line.tables)]
    return sum(places) / len(places) if places else float(len(systems))


Draft = tuple[str, str, str, str, str]  # id, label, note, state, url


def _system_box(line: SystemLine, labels: Labels) -> Draft:
    name = labels.words(line.system.names) if line.system else labels.unknown
    state = "off" if line.is_off else "on" if line.sent else "waiting"
    return f"s:{line.id}", name, str(line.last_day or ""), state, labels.system_url(line.id)


def _table_box(page: SiloMap, table: str, names: Bilingual, labels: Labels) -> Draft:
    arrived = any(sent == table for _system, sent in page.sent)
    state = "lost" if table in page.loss.tables_lost else "thin" if table in page.loss.tables_thinner else ""
    return (
        f"t:{table}",
        BRACKET.split(labels.words(names))[0],
        "",
        state or ("on" if arrived else "waiting"),
        labels.table_url(table),
    )


def _group_box(group: KpiGroup, labels: Labels) -> Draft:
    state = "lost" if group.lost == len(group.kpis) else "thin" if group.lost or group.degraded else "on"
    note = "" if group.is_kpi else labels.count(len(group.kpis))
    return f"k:{group.id}", labels.words(group.names), note, state, labels.group_url(group)


def _column(number: int, tallest: int, drafts: Sequence[Draft]) -> dict[str, Box]:
    x, width = COLUMNS[number]
    step = min(ROW * tallest / max(len(drafts), 1), ROW * 2.5)
    start = HEAD + (ROW * tallest - step * len(drafts)) / 2
    found = {}
    for index, (key, name, note, state, url) in enumerate(drafts):
        y = round(start + step * index + (step - BOX) / 2, 1)
        room = width - 16 - (len(note) * ROOM + 8 if note else 0)
        found[key] = Box(key, x, y, width, _fitted(name, room), name, note, state, url)
    return found


def _fitted(text: str, room: float) -> str:
    """Cut a label to its box; the whole one stands in the title."""
    used = 0.0
    for index, letter in enumerate(text):
        used += ROOM * (1.8 if letter > "\u2e80" else 1)
        if used > room:
            return text[: max(index - 1, 1)] + "…"
    return text


def _feeds(page: SiloMap, boxes: Mapping[str, Box]) -> list[Line]:
    off: Collection[str] = page.loss.off
    lines = []
    for system, table in sorted(page.feeds):
        state = "off" if system in off else "on" if (system, table) in page.sent else "waiting"
        lines.append(_joined(boxes[f"s:{system}"], boxes[f"t:{table}"], state))
    return lines


def _reads(page: SiloMap, boxes: Mapping[str, Box]) -> list[Line]:
    read = tables_of_kpis()
    lines = []
    for group in page.groups:
        for table in page.tables:
            if any(table.id in read[kpi] for kpi in group.kpis):
                source = boxes[f"t:{table.id}"]
                lines.append(_joined(source, boxes[f"k:{group.id}"], "off" if source.state == "lost" else source.state))
    return lines


def _joined(left: Box, right: Box, state: str) -> Line:
    x1, y1 = left.x + left.width, left.top + BOX / 2
    x2, y2 = right.x, right.top + BOX / 2
    bend = (x2 - x1) / 2
    return Line(f"M{x1} {y1:.1f}C{x1 + bend:.0f} {y1:.1f} {x2 - bend:.0f} {y2:.1f} {x2} {y2:.1f}", state)
