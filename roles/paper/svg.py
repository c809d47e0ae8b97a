"""A page as SVG: the same marks, texts that can be selected, no scripts and nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from roles.paper.marks import Box, Link, Mark, Page, Text, Wire

FAMILY = "Noto Sans SC, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"


def as_svg(page: Page, *, title: str) -> str:
    """Return the page as a document of its own."""
    width, height = _number(page.width), _number(page.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f"font-family={quoteattr(FAMILY)}><title>{escape(title)}</title>"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    )
    return "".join([head, *(part for mark in page.marks for part in _drawn(mark)), "</svg>\n"])


def _drawn(mark: Mark) -> Iterator[str]:
    if isinstance(mark, Text):
        more = ' text-anchor="end"' if mark.right else ""
        more += ' font-weight="600"' if mark.bold else ""
        place = f'x="{_number(mark.x)}" y="{_number(mark.y)}" font-size="{_number(mark.size)}"'
        yield f'<text {place} fill="{mark.tone.value}"{more}>{escape(_clean(mark.text))}</text>'
    elif isinstance(mark, Box):
        yield _box(mark)
    elif isinstance(mark, Wire):
        points = " ".join(f"{_number(x)},{_number(y)}" for x, y in mark.points)
        yield f'<polyline points="{points}" fill="none" stroke="{mark.tone.value}" stroke-width="0.6"/>'
    elif isinstance(mark, Link):
        return


def _box(box: Box) -> str:
    place = f'x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" height="{_number(box.height)}"'
    fill = box.fill.value if box.fill else "none"
    edge = f' stroke="{box.edge.value}" stroke-width="0.5"' if box.edge else ""
    dashes = ' stroke-dasharray="2.5 2.5"' if box.dashed else ""
    return f'<rect {place} fill="{fill}"{edge}{dashes}/>'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _clean(text: str) -> str:
    """Leave out what XML does not allow; layout has put spaces and boxes in its place already."""
    return "".join(one for one in text if one >= " " and one not in "\ufffe\uffff")
