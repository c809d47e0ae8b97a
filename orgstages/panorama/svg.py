"""A picture as SVG. Paint stands in attributes, so that a saved file has its colours; a page's CSS overrides them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from orgstages.panorama.marks import LINE, SIZES, Arrow, Box, Mark, Picture, Words

FAMILY = "Inter, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Noto Sans SC, sans-serif"
FILLS: Mapping[str, tuple[str, str]] = {
    "stage": ("#e3f0ef", "#0b5f63"),
    "card": ("#ffffff", "#84898c"),
    "band": ("#f6f6f4", "#e3e4e0"),
    "lead": ("#e3f0ef", "#0b5f63"),
    "team": ("#ffffff", "#0b5f63"),
    "unit": ("#ffffff", "#84898c"),
    "scope": ("#f1f1ee", "#84898c"),
}
INKS: Mapping[str, str] = {"note": "#596267", "number": "#ffffff"}
BOLD = frozenset({"title", "name", "strong", "number"})
DASHES: Mapping[str, str] = {"lost": "5 4", "skip": "7 4"}
ACCENT, WIRE = "#0b5f63", "#84898c"


def as_svg(picture: Picture, *, ident: str, links: Mapping[str, str] | None = None, file: bool = False) -> str:
    """Return the picture as SVG for a page, or as a document of its own with `file`.

    `ident` is unique on the page. `links` are the URLs of the groups; without one a group is drawn but leads nowhere.
    """
    width, height = _number(picture.width), _number(picture.height)
    role = "group" if links else "img"
    size = f' width="{width}" height="{height}"' if file else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="panorama" viewBox="0 0 {width} {height}"{size} role="{role}" '
        f'aria-labelledby="{ident}-title {ident}-desc" font-family={quoteattr(FAMILY)}>'
        f'<title id="{ident}-title">{escape(picture.title)}</title>'
        f'<desc id="{ident}-desc">{escape(picture.description)}</desc>'
        f'<defs><marker id="{ident}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path class="pano-tip" d="M0 .8L7 4L0 7.2z" fill="{ACCENT}"/></marker></defs>'
        f'<rect class="pano-paper" width="{width}" height="{height}" fill="#ffffff"/>'
    )
    return "".join([head, *(part for mark in picture.marks for part in _drawn(mark, ident, links or {})), "</svg>\n"])


def _drawn(mark: Mark, ident: str, links: Mapping[str, str]) -> Iterator[str]:
    if isinstance(mark, Box):
        yield _box(mark)
    elif isinstance(mark, Words):
        yield _words(mark)
    elif isinstance(mark, Arrow):
        yield from _arrow(mark, ident)
    else:
        url = links.get(mark.link)
        yield f'<a class="pano-link" href={quoteattr(url)}>' if url else "<g>"
        yield from (part for each in mark.marks for part in _drawn(each, ident, links))
        yield "</a>" if url else "</g>"


def _box(box: Box) -> str:
    fill, edge = FILLS[box.kind]
    place = f'x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" height="{_number(box.height)}"'
    return f'<rect class="pano-{box.kind}" {place} rx="5" fill="{fill}" stroke="{edge}"/>'


def _words(words: Words) -> str:
    size = SIZES[words.kind]
    weight = ' font-weight="600"' if words.kind in BOLD else ""
    anchor = "" if words.anchor == "start" else f' text-anchor="{words.anchor}"'
    x = _number(words.x)
    lines = "".join(
        f'<tspan x="{x}" y="{_number(words.y + row * size * LINE)}">{escape(line)}</tspan>'
        for row, line in enumerate(words.lines)
    )
    paint = INKS.get(words.kind, "#191d1f")
    return f'<text class="pano-{words.kind}" font-size="{_number(size)}" fill="{paint}"{weight}{anchor}>{lines}</text>'


def _arrow(arrow: Arrow, ident: str) -> Iterator[str]:
    points = " ".join(f"{_number(x)},{_number(y)}" for x, y in arrow.points)
    dashes = f' stroke-dasharray="{DASHES[arrow.kind]}"' if arrow.kind in DASHES else ""
    tip = "" if arrow.kind == "wire" else f' marker-end="url(#{ident}-tip)"'
    paint = WIRE if arrow.kind == "wire" else ACCENT
    title = f"<title>{escape(arrow.title)}</title>" if arrow.title else ""
    yield (
        f'<polyline class="pano-{arrow.kind}" points="{points}" fill="none" stroke="{paint}" stroke-width="1.4"'
        f"{dashes}{tip}>{title}</polyline>"
    )
    if arrow.number:
        x, y = arrow.mark
        yield f'<circle class="pano-disc" cx="{_number(x)}" cy="{_number(y)}" r="9.5" fill="{ACCENT}"/>'
        yield _words(Words(x, y + 4, (arrow.number,), "number", "middle"))


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
