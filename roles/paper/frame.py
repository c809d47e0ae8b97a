"""What stands around the chart on every page: whose it is, of which day, printed by whom and how much, which page."""

from __future__ import annotations

from collections.abc import Iterator

from roles.paper.lettering import drawable, width_of, wrapped
from roles.paper.marks import Mark, Text, Tone, Wire
from roles.paper.specs import Words

MARGIN = 28.0
TOP, BOTTOM = 50.0, 34.0  # height of the header and of the footer, with their margins
TITLE, SMALL = 11.0, 7.0


def frame_marks(*, width: float, height: float, words: Words, page: int, of: int, missing: str = "") -> Iterator[Mark]:
    """Yield the header and footer of a page. What is wider than its place continues on a line of its own."""
    inner = width - 2 * MARGIN
    stamp = wrapped(words.stamp, SMALL, width=inner)
    yield Text(MARGIN, MARGIN + 4, _fitting(words.title, TITLE, width=inner), TITLE, bold=True)
    for place, line in enumerate(stamp[:2]):
        yield Text(MARGIN, MARGIN + 14 + place * SMALL * 1.2, line, SMALL, Tone.MUTED)
    yield Wire(((MARGIN, height - BOTTOM + 8), (width - MARGIN, height - BOTTOM + 8)))
    foot = height - BOTTOM + 19
    said = "   ".join(filter(None, (words.printed, missing)))
    yield Text(MARGIN, foot, _fitting(said, SMALL, width=inner - 60), SMALL, Tone.MUTED)
    numbered = words.page.format(page=page, of=of)
    yield Text(width - MARGIN, foot, drawable(numbered), SMALL, Tone.MUTED, right=True)


def _fitting(text: str, size: float, *, width: float) -> str:
    """Return the text, or as much of it as one line holds: the chart itself is never shortened, its headline may be."""
    text = drawable(text)
    while text and width_of(text, size) > width:
        text = text[:-2].rstrip("…") + "…"
    return text
