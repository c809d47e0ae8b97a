"""One sub-type as a picture: three layers from left to right, who leads, and a numbered arrow for each relation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from orgstages.catalogue import Relation, SubtypeSpec, load_stages
from orgstages.panorama import words
from orgstages.panorama.marks import SIZES, Arrow, Box, Picture, Sheet, Words, height_of, lines_of
from roles.catalogue import RoleKey, SubtypeKey, roles_here

WIDTH, EDGE, PAD, GAP = 1080.0, 20.0, 12.0, 10.0
LABEL_WIDTH = 150.0
LEAD_X, LEAD_WIDTH = 186.0, 330.0
SPINE_X = 534.0
LANE_X, LANE_WIDTH = 570.0, 216.0
TARGET_X, TARGET_WIDTH = 806.0, 254.0
LAYER_OF = {"region": "region", "store": "store"}
LEAST_ROW = 40.0


@dataclass(frozen=True, slots=True)
class Row:
    """A department on the right with the arrows that lead to it."""

    department: str
    relations: tuple[Relation, ...]
    heights: tuple[float, ...]
    name: tuple[str, ...]
    note: tuple[str, ...]

    @property
    def height(self) -> float:
        """Return how high the row stands: its arrows or its own words, whichever is more."""
        own = height_of(self.name, "strong") + height_of(self.note, "note") + 2 * PAD
        return max(LEAST_ROW, own, sum(self.heights))


def subtype_picture(key: SubtypeKey, language: str) -> Picture:
    """Draw a sub-type in a language (`zh` or `en`), roles by the names of the open workspace."""
    spec, roles = load_stages().subtypes[key], roles_here().roles
    return _drawn(key, language, tuple(roles[row.role].names.in_language(language) for row in spec.positions))


@lru_cache(maxsize=256)
def _drawn(key: SubtypeKey, language: str, _names: tuple[str, ...]) -> Picture:
    """Draw once for the names given, which the parts read for themselves."""
    spec = load_stages().subtypes[key]
    sheet, rows = Sheet(), _rows(spec, language)
    y, lead = EDGE, Box(0, 0, 0, 0, "lead")
    starts: dict[str, float] = {}
    for layer in words.LAYERS:
        inside = [row for row in rows if LAYER_OF.get(row.department, "hq") == layer]
        height = _band_height(spec, layer, inside, language)
        _band(sheet, spec, layer, y, height, language)
        if layer == "hq":
            lead = _lead(sheet, spec, y + PAD, language)
        elif layer == "store":
            _guides(sheet, spec, y + PAD, language)
        top = y + PAD
        for row in inside:
            starts[row.department] = top
            top += row.height + GAP
        y += height + GAP
    _arrows(sheet, rows, starts, lead, language)
    title = f"{spec.names.in_language(language)} · {words.reports_to(spec, language)}"
    return Picture(WIDTH, y + EDGE - GAP, title, _told(spec, language), tuple(sheet.marks))


def steering(spec: SubtypeSpec) -> str:
    """Return the department that gives the relations: the team itself, or its part inside the leading department."""
    return spec.relations[0].from_department


def _rows(spec: SubtypeSpec, language: str) -> list[Row]:
    """Return the departments on the right: those with relations first, in their order, then the others."""
    hidden = {spec.leading_department, steering(spec), *_inner(spec)}
    targets = [each.to_department for each in spec.relations if each.to_department not in hidden]
    others = [each for each in spec.departments if each not in hidden]
    return [_row(spec, department, language) for department in dict.fromkeys((*targets, *others))]


def _row(spec: SubtypeSpec, department: str, language: str) -> Row:
    relations = tuple(each for each in spec.relations if each.to_department == department)
    named = load_stages().departments[department]
    note = named.note.in_language(language) if named.note else ""
    return Row(
        department,
        relations,
        tuple(_lane_height(each, language) for each in relations),
        lines_of(named.names.in_language(language), width=TARGET_WIDTH - 2 * PAD, kind="strong"),
        lines_of(note, width=TARGET_WIDTH - 2 * PAD, kind="note"),
    )


def _lane_height(relation: Relation, language: str) -> float:
    return height_of(_lane_lines(relation, language)) + 16


def _lane_lines(relation: Relation, language: str) -> tuple[str, ...]:
    lost = words.LOST.in_language(language) if relation.is_reconstructed else ""
    return lines_of(f"{relation.names.in_language(language)}{lost}", width=LANE_WIDTH)


def _inner(spec: SubtypeSpec) -> list[str]:
    """Return the teams inside the leading department beside the steering one."""
    departments = load_stages().departments
    inside = [each for each in spec.departments if departments[each].within == spec.leading_department]
    return [each for each in inside if each != steering(spec)]


def _band_height(spec: SubtypeSpec, layer: str, rows: Sequence[Row], language: str) -> float:
    label = lines_of(spec.layers[layer].in_language(language), width=LABEL_WIDTH - PAD)
    parts = [height_of(label) + 34, sum(row.height + GAP for row in rows) - GAP]
    if layer == "hq":
        parts.append(_lead(Sheet(), spec, 0, language).bottom)
    if layer == "store":
        parts.append(_guides(Sheet(), spec, 0, language))
    return max(parts) + 2 * PAD


def _band(sheet: Sheet, spec: SubtypeSpec, layer: str, y: float, height: float, language: str) -> None:
    sheet.put(Box(EDGE - 8, y, WIDTH - 2 * EDGE + 16, height, "band"))
    down = sheet.write(words.LAYERS[layer].in_language(language), EDGE + 2, y + PAD, width=LABEL_WIDTH, kind="name")
    text = spec.layers[layer].in_language(language)
    sheet.write(text, EDGE + 2, down + 4, width=LABEL_WIDTH - PAD, kind="note")


def _lead(sheet: Sheet, spec: SubtypeSpec, y: float, language: str) -> Box:
    """Draw who is reported to, the leading department and what is in it; return the steering team's box."""
    departments = load_stages().departments
    middle, inner_width = LEAD_X + LEAD_WIDTH / 2, LEAD_WIDTH - 2 * PAD
    above = lines_of(words.reports_to(spec, language), width=LEAD_WIDTH - 60 - 2 * PAD, kind="strong")
    top = Box(LEAD_X + 30, y, LEAD_WIDTH - 60, height_of(above, "strong") + 14, "scope")
    sheet.put(top, Words(middle, y + 7 + SIZES["strong"], above, "strong", "middle"))
    y = top.bottom + 22
    sheet.put(Arrow(((middle, y), (middle, top.bottom)), "wire"))
    start, inside = len(sheet.marks), Sheet()
    title = f"{departments[spec.leading_department].names.in_language(language)} · {words.LEADS.in_language(language)}"
    down = inside.write(title, LEAD_X + PAD, y + PAD, width=inner_width, kind="name") + 6
    steers = steering(spec)
    if steers == spec.leading_department:
        down = _positions(inside, spec, LEAD_X + PAD, down, inner_width, language) + PAD
        lead = Box(LEAD_X, y, LEAD_WIDTH, down - y, "lead")
        sheet.marks[start:start] = [lead, *inside.marks]
        return lead
    down = _inner_boxes(inside, spec, down, language)
    team = Sheet()
    low = team.write(
        departments[steers].names.in_language(language), LEAD_X + 2 * PAD, down + 8, width=inner_width - 2 * PAD,
        kind="strong",
    )  # fmt: skip
    low = _positions(team, spec, LEAD_X + 2 * PAD, low + 2, inner_width - 2 * PAD, language) + 8
    box = Box(LEAD_X + PAD, down, inner_width, low - down, "team")
    sheet.put(Box(LEAD_X, y, LEAD_WIDTH, low + PAD - y, "lead"), *inside.marks, box, *team.marks)
    return Box(box.x, box.y, box.width + PAD, box.height + PAD, "team")


def _inner_boxes(sheet: Sheet, spec: SubtypeSpec, y: float, language: str) -> float:
    """Draw the other teams of the leading department, each with its arrow from the steering team below."""
    width = LEAD_WIDTH - 2 * PAD
    for department in _inner(spec):
        name = load_stages().departments[department].names.in_language(language)
        box = Box(LEAD_X + PAD, y, width, 30, "unit")
        sheet.put(box)
        sheet.write(name, box.x + PAD, y + 6, width=width - 2 * PAD, kind="strong")
        y = box.bottom
        for relation in (each for each in spec.relations if each.to_department == department):
            lines = lines_of(relation.names.in_language(language), width=width - 60)
            height = max(34.0, height_of(lines) + 12)
            ends = ((box.x + 24, y + height), (box.x + 24, y + 1))
            kind = "lost" if relation.is_reconstructed else "relation"
            sheet.put(Arrow(ends, kind, _title(relation, language), str(relation.number), (box.x + 24, y + height / 2)))
            sheet.put(Words(box.x + 44, y + (height - height_of(lines)) / 2 + SIZES["text"], lines, "text"))
            y += height
        y += 0 if any(each.to_department == department for each in spec.relations) else GAP
    return y


def _positions(sheet: Sheet, spec: SubtypeSpec, x: float, y: float, width: float, language: str) -> float:
    roles = roles_here().roles
    for row in spec.positions:
        if row.role is not RoleKey.DIGITAL_GUIDE:
            text = f"{roles[row.role].names.in_language(language)} · {row.mode.in_language(language)}"
            y = sheet.write(text, x, y + 3, width=width, kind="note")
    return y


def _guides(sheet: Sheet, spec: SubtypeSpec, y: float, language: str) -> float:
    """Draw the guides where they stand, in the store; return how far down that reaches."""
    for row in spec.positions:
        if row.role is RoleKey.DIGITAL_GUIDE:
            name = roles_here().roles[row.role].names.in_language(language)
            lines = lines_of(f"{name} · {row.mode.in_language(language)}", width=LEAD_WIDTH - 2 * PAD, kind="note")
            box = Box(LEAD_X, y, LEAD_WIDTH, height_of(lines, "note") + 16, "team")
            sheet.put(box, Words(LEAD_X + PAD, y + 8 + SIZES["note"], lines, "note"))
            return box.bottom
    return 0


def _arrows(sheet: Sheet, rows: Sequence[Row], starts: dict[str, float], lead: Box, language: str) -> None:
    """Draw the departments on the right and an arrow to each for every relation, from one spine."""
    drawn: list[tuple[Relation, float]] = []
    for row in rows:
        box = Box(TARGET_X, starts[row.department], TARGET_WIDTH, row.height, _kind(row.department))
        down = box.y + (box.height - height_of(row.name, "strong") - height_of(row.note, "note")) / 2
        sheet.put(box, Words(box.x + PAD, down + SIZES["strong"], row.name, "strong"))
        down += height_of(row.name, "strong")
        sheet.put(Words(box.x + PAD, down + SIZES["note"], row.note, "note"))
        top = box.y + (box.height - sum(row.heights)) / 2
        for relation, height in zip(row.relations, row.heights, strict=True):
            drawn.append((relation, top + height - 9))
            sheet.put(Words(LANE_X, top + 2 + SIZES["text"], _lane_lines(relation, language), "text"))
            top += height
    if not drawn:
        return
    out = lead.y + min(lead.height / 2, 60)
    ends = [out, *(y for _relation, y in drawn)]
    sheet.put(Arrow(((lead.right, out), (SPINE_X, out)), "wire"))
    sheet.put(Arrow(((SPINE_X, min(ends)), (SPINE_X, max(ends))), "wire"))
    for relation, y in drawn:
        kind = "lost" if relation.is_reconstructed else "relation"
        mark = (SPINE_X + 19, y)
        sheet.put(
            Arrow(((SPINE_X, y), (TARGET_X - 1, y)), kind, _title(relation, language), str(relation.number), mark)
        )


def _kind(department: str) -> str:
    return "scope" if load_stages().departments[department].level == "scope" else "unit"


def _title(relation: Relation, language: str) -> str:
    departments = load_stages().departments
    giver, receiver = (
        departments[each].names.in_language(language) for each in (relation.from_department, relation.to_department)
    )
    lost = words.LOST.in_language(language) if relation.is_reconstructed else ""
    return f"{relation.number}. {giver} → {receiver}: {relation.names.in_language(language)}{lost}"


def _told(spec: SubtypeSpec, language: str) -> str:
    """Tell the picture in words, for who cannot see it."""
    layers = [
        f"{words.LAYERS[key].in_language(language)}: {text.in_language(language)}" for key, text in spec.layers.items()
    ]
    return "\n".join([words.reports_to(spec, language), *layers, *(_title(each, language) for each in spec.relations)])
