"""A certificate as a page to print, landscape A4. Pure: texts come in the reader's language, marks go out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roles.paper.lettering import drawable, width_of, wrapped
from roles.paper.marks import Box, Mark, Page, Text, Tone, Wire

WIDTH, HEIGHT = 841.89, 595.28
OUTER, INNER = 28.0, 36.0
TITLE, NAME, BODY, SMALL = 34.0, 26.0, 13.0, 9.0
FACT_TOP, FACT_STEP, FACT_WIDTH = 420.0, 20.0, 300.0


@dataclass(frozen=True, slots=True)
class CertificatePaper:
    """What stands on it. `facts`: label and value, in order; `stamp` is what makes it void, if anything."""

    workspace: str
    title: str
    name: str
    sentence: str
    programme: str
    facts: Sequence[tuple[str, str]]
    check: str
    stamp: str = ""


def certificate_page(paper: CertificatePaper) -> Page:
    """Lay the certificate out: long names and titles go on in a second line, nothing is cut."""
    marks: list[Mark] = [
        Box(OUTER, OUTER, WIDTH - 2 * OUTER, HEIGHT - 2 * OUTER, edge=Tone.ACCENT),
        Box(INNER, INNER, WIDTH - 2 * INNER, HEIGHT - 2 * INNER, edge=Tone.EDGE),
    ]
    y = 96.0
    y = _centred(marks, paper.workspace, BODY, y, tone=Tone.MUTED)
    y = _centred(marks, paper.title, TITLE, y + 34, tone=Tone.ACCENT, bold=True)
    y = _centred(marks, paper.name, NAME, y + 34, bold=True)
    marks.append(Wire((((WIDTH - 260) / 2, y - 14), ((WIDTH + 260) / 2, y - 14)), Tone.WIRE))
    y = _centred(marks, paper.sentence, BODY, y + 14)
    _centred(marks, paper.programme, 20.0, y + 14, bold=True)
    left = (WIDTH - FACT_WIDTH) / 2
    for place, (label, value) in enumerate(paper.facts):
        line = FACT_TOP + place * FACT_STEP
        marks.append(Text(left, line, drawable(label), BODY - 2, Tone.MUTED))
        marks.append(Text(left + FACT_WIDTH, line, drawable(value), BODY - 2, right=True))
    if paper.stamp:
        _centred(marks, paper.stamp, 22.0, FACT_TOP - 34, tone=Tone.BAD, bold=True)
    _centred(marks, paper.check, SMALL, HEIGHT - INNER - 14, tone=Tone.MUTED)
    return Page(WIDTH, HEIGHT, tuple(marks))


def _centred(
    marks: list[Mark], text: str, size: float, y: float, *, tone: Tone = Tone.INK, bold: bool = False
) -> float:
    """Write lines in the middle of the page from a baseline on; return the baseline below them."""
    for line in wrapped(drawable(text), size, width=WIDTH - 2 * INNER - 80):
        marks.append(Text((WIDTH - width_of(line, size)) / 2, y, line, size, tone, bold=bold))
        y += size * 1.3
    return y
