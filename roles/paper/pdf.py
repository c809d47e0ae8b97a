"""Pages as a PDF: vector text in an embedded part of the print font, links between pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fpdf import FPDF
from fpdf.enums import TextMode

from roles.paper.lettering import font_file, width_of
from roles.paper.marks import Box, Link, Mark, Page, Text, Wire

FONT = "paper"
HAIR, EDGE = 0.6, 0.5
BOLD = 0.014  # of the size
DASH = 2.5
LARGEST = 14_400.0  # points: more a page of PDF may not measure


def as_pdf(pages: Sequence[Page], *, title: str, author: str, made_at: datetime) -> bytes:
    """Return the pages as one PDF. A sheet larger than PDF allows is scaled down as a whole."""
    pdf = FPDF(unit="pt")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_title(title)
    pdf.set_author(author)
    pdf.set_creator("Omnichannel")
    pdf.set_creation_date(made_at)
    pdf.add_font(FONT, fname=font_file())
    for page in pages:
        scale = min(1.0, LARGEST / max(page.width, page.height))
        pdf.add_page(format=(page.width * scale, page.height * scale))
        for mark in page.marks:
            _draw(pdf, mark, scale)
    return bytes(pdf.output())


def _draw(pdf: FPDF, mark: Mark, scale: float) -> None:
    if isinstance(mark, Text):
        _write(pdf, mark, scale)
    elif isinstance(mark, Box):
        _box(pdf, mark, scale)
    elif isinstance(mark, Wire):
        pdf.set_draw_color(mark.tone.value)
        pdf.set_line_width(HAIR * scale)
        pdf.polyline([(x * scale, y * scale) for x, y in mark.points])
    elif isinstance(mark, Link):
        target = pdf.add_link(page=mark.page)
        pdf.link(mark.x * scale, mark.y * scale, mark.width * scale, mark.height * scale, target)


def _box(pdf: FPDF, box: Box, scale: float) -> None:
    style = ("D" if box.edge else "") + ("F" if box.fill else "")
    if not style:
        return
    if box.fill:
        pdf.set_fill_color(box.fill.value)
    if box.edge:
        pdf.set_draw_color(box.edge.value)
        pdf.set_line_width(EDGE * scale)
    if box.dashed:
        pdf.set_dash_pattern(dash=DASH * scale, gap=DASH * scale)
    pdf.rect(box.x * scale, box.y * scale, box.width * scale, box.height * scale, style=style)
    if box.dashed:
        pdf.set_dash_pattern()


def _write(pdf: FPDF, text: Text, scale: float) -> None:
    if not text.text:
        return
    pdf.set_font(FONT, size=text.size * scale)
    pdf.set_text_color(text.tone.value)
    x = text.x - (width_of(text.text, text.size) if text.right else 0)
    if text.bold:
        # the font has one weight: the outline in the same colour makes the other
        pdf.set_draw_color(text.tone.value)
        pdf.set_line_width(BOLD * text.size * scale)
        with pdf.local_context(text_mode=TextMode.FILL_STROKE):
            pdf.text(x * scale, text.y * scale, text.text)
        return
    pdf.text(x * scale, text.y * scale, text.text)
