"""The whole panorama as one picture: three stages side by side, their sub-types, and the stored ways between them."""

from __future__ import annotations

from functools import cache

from orgstages.catalogue import StageSpec, SubtypeSpec, Transition, load_stages
from orgstages.panorama import words
from orgstages.panorama.marks import Arrow, Box, Group, Picture, Sheet, Words
from roles.catalogue import ExpectationLevel, RoleKey, SubtypeKey, load_roles

EDGE, PAD = 20.0, 14.0
CARD_WIDTH, BETWEEN = 320.0, 74.0
SKIP_LANE, GAP = 40.0, 46.0
STEP = 26.0  # a smaller step in an arrow is drawn straight
INNER = CARD_WIDTH - 2 * PAD


@cache
def overview_picture(language: str) -> Picture:
    """Draw the panorama in a language (`zh` or `en`). Each card is a group that leads to its sub-type's page."""
    catalogue, sheet = load_stages(), Sheet()
    stages = sorted(catalogue.stages.values(), key=lambda stage: stage.order)
    head = max(_stage(Sheet(), stage, language) for stage in stages)
    for stage in stages:
        sheet.put(Box(_left(stage), EDGE, CARD_WIDTH, head - EDGE + PAD, "stage"))
        _stage(sheet, stage, language)
    top = head + PAD + SKIP_LANE
    specs = list(catalogue.subtypes.values())
    heights = {spec.key: _card(Sheet(), spec, 0, 0, language) for spec in specs}
    bottom = top + max(_column(stage, heights) for stage in stages)
    places = _places(stages, heights, top=top, bottom=bottom)
    for way in catalogue.transitions.values():
        _way(sheet, way, places, lane=head + PAD + SKIP_LANE / 2, language=language)
    for spec in specs:
        box, inside = places[spec.key], Sheet()
        _card(inside, spec, box.x, box.y, language)
        marks = tuple(mark for mark in inside.marks if isinstance(mark, Box | Words))
        sheet.put(Group((box, *marks), spec.key))
    width = 2 * EDGE + 3 * CARD_WIDTH + 2 * BETWEEN
    return Picture(width, bottom + EDGE, words.OVERVIEW.in_language(language), _told(language), tuple(sheet.marks))


def _left(stage: StageSpec) -> float:
    return EDGE + (stage.order - 1) * (CARD_WIDTH + BETWEEN)


def _stage(sheet: Sheet, stage: StageSpec, language: str) -> float:
    x = _left(stage) + PAD
    title = f"{stage.order}  {stage.names.in_language(language)}"
    down = sheet.write(title, x, EDGE + 10, width=INNER, kind="title")
    return sheet.write(stage.definition.in_language(language), x, down + 2, width=INNER, kind="note")


def _column(stage: StageSpec, heights: dict[SubtypeKey, float]) -> float:
    return sum(heights[key] + GAP for key in stage.subtypes) - GAP


def _places(
    stages: list[StageSpec], heights: dict[SubtypeKey, float], *, top: float, bottom: float
) -> dict[SubtypeKey, Box]:
    """Return the place of each card: a lone one stands in the middle of its column, two at its top and bottom."""
    found = {}
    for stage in stages:
        y = top + (bottom - top - _column(stage, heights)) / 2 if len(stage.subtypes) == 1 else top
        spare = bottom - top - _column(stage, heights)
        gap = GAP + spare / max(1, len(stage.subtypes) - 1)
        for key in stage.subtypes:
            found[key] = Box(_left(stage), y, CARD_WIDTH, heights[key], "card")
            y += heights[key] + gap
    return found


def _card(sheet: Sheet, spec: SubtypeSpec, x: float, y: float, language: str) -> float:
    """Write a sub-type's card and return where it ends."""
    inner = x + PAD
    down = sheet.write(spec.names.in_language(language), inner, y + 10, width=INNER, kind="name")
    down = sheet.write(words.reports_to(spec, language), inner, down + 1, width=INNER, kind="note") + 6
    leading = load_stages().departments[spec.leading_department].names.in_language(language)
    lead = Sheet()
    low = lead.write(leading, inner + 8, down + 5, width=INNER - 16, kind="strong") + 5
    sheet.put(Box(inner, down, INNER, low - down, "lead"), *lead.marks)
    down = low + 5
    for layer, text in spec.layers.items():
        line = f"{words.LAYERS[layer].in_language(language)} · {text.in_language(language)}"
        down = sheet.write(line, inner, down + 2, width=INNER)
    core = sum(load_roles().expected(role, spec.key) is ExpectationLevel.CORE for role in RoleKey)
    counted = words.told(words.RELATIONS, language, count=len(spec.relations), roles=core)
    return sheet.write(counted, inner, down + 5, width=INNER, kind="note") + 10


def _way(sheet: Sheet, way: Transition, places: dict[SubtypeKey, Box], *, lane: float, language: str) -> None:
    """Draw a stored way from card to card with its weeks; one that skips a stage runs dashed above the cards."""
    start, end = places[way.from_subtype], places[way.to_subtype]
    weeks = words.told(words.WEEKS, language, count=way.weeks)
    title = f"{_name(way.from_subtype, language)} → {_name(way.to_subtype, language)}, {weeks}"
    if way.skip:
        x1, x2 = start.x + CARD_WIDTH / 2, end.x + CARD_WIDTH / 2
        sheet.put(Arrow(((x1, start.y), (x1, lane), (x2, lane), (x2, end.y - 1)), "skip", title))
        note = words.told(words.SKIPS, language, count=way.weeks)
        sheet.write(note, (x1 + x2) / 2, lane - 18, width=400, kind="note", anchor="middle")
    elif start.x == end.x:
        x = start.x + CARD_WIDTH / 2
        sheet.put(Arrow(((x, start.bottom), (x, end.y - 1)), "relation", title))
        sheet.write(weeks, x + 8, (start.bottom + end.y) / 2 - 8, width=80, kind="note")
    else:
        y1, y2 = _leaves(start, end), _enters(start, end)
        y2 = y1 if abs(y1 - y2) < STEP and end.y < y1 < end.bottom else y2
        middle = end.x - BETWEEN / 2
        sheet.put(Arrow(((start.right, y1), (middle, y1), (middle, y2), (end.x - 1, y2)), "relation", title))
        sheet.write(weeks, end.x - 5, y2 - 19, width=60, kind="note", anchor="end")


def _leaves(start: Box, end: Box) -> float:
    """Return how high an arrow leaves its card: level with the other card's middle where that is beside it."""
    middle = end.y + end.height / 2
    return min(max(middle, start.y + 24), start.bottom - 24)


def _enters(start: Box, end: Box) -> float:
    middle = start.y + start.height / 2
    return min(max(middle, end.y + 40), end.bottom - 24)


def _name(key: SubtypeKey, language: str) -> str:
    return load_stages().subtypes[key].names.in_language(language)


def _told(language: str) -> str:
    """Tell the picture in words, for who cannot see it."""
    catalogue = load_stages()
    lines = []
    for stage in catalogue.stages.values():
        names = [_name(key, language) for key in stage.subtypes]
        lines.append(
            f"{stage.order}. {stage.names.in_language(language)}: {words.BETWEEN.in_language(language).join(names)}"
        )
    for way in catalogue.transitions.values():
        weeks = words.told(words.SKIPS if way.skip else words.WEEKS, language, count=way.weeks)
        lines.append(f"{_name(way.from_subtype, language)} → {_name(way.to_subtype, language)}: {weeks}")
    return "\n".join(lines)
