"""A document as DOCX, the way a company writes it: letterhead, title block, ruled tables, numbered pages."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as DocxParagraph

from roles.paper.marks import Tone
from talent.paper.blocks import Block, Bullets, Heading, Inline, Letterhead, Paper, Paragraph, Run, Table
from talent.paper.columns import column_widths

if TYPE_CHECKING:
    from docx.document import Document as Doc
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.table import Table as DocxTable
    from docx.table import _Cell

LATIN, CHINESE = "Arial", "Microsoft YaHei"
BODY, SMALL, TITLE = Pt(10), Pt(8.5), Pt(20)
SIZES = {"Heading 1": Pt(13), "Heading 2": Pt(11), "Heading 3": Pt(10)}
WIDTH = 17.0  # cm between the margins of A4
PAGE = re.compile(r"(\{page\}|\{of\})")
FIELDS = {"{page}": "PAGE", "{of}": "NUMPAGES"}


def as_docx(paper: Paper, head: Letterhead, *, author: str, made_at: datetime) -> bytes:
    """Return the document as a file of a word processor. Fonts are named, not embedded: both stand on any office PC."""
    doc = Document()
    _styles(doc, head)
    _frame(doc, head)
    title = doc.add_paragraph(style="Title")
    title.add_run(paper.title)
    _facts(doc, paper.facts)
    for number, section in enumerate(paper.sections, 1):
        doc.add_paragraph(style="Heading 1").add_run(f"{number}. {section.heading}")
        for block in section.blocks:
            _block(doc, block)
    core = doc.core_properties
    core.title, core.author, core.last_modified_by = paper.title, author, author
    core.created = core.modified = made_at.replace(tzinfo=None)
    core.language, core.comments, core.keywords = ("zh-CN" if head.is_chinese else "en-US"), "", head.company
    kept = io.BytesIO()
    doc.save(kept)
    return kept.getvalue()


def _styles(doc: Doc, head: Letterhead) -> None:
    for name in ("Normal", "Title", "List Bullet", "List Number", *SIZES):
        style = doc.styles[name]
        style.font.name = LATIN  # type: ignore[attr-defined]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script, font in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", CHINESE)):
            fonts.set(qn(f"w:{script}"), font)
        style.font.color.rgb = _colour(Tone.ACCENT if name in SIZES else Tone.INK)  # type: ignore[attr-defined]
        style.font.size = SIZES.get(name, TITLE if name == "Title" else BODY)  # type: ignore[attr-defined]
        style.font.bold = name in SIZES or name == "Title"  # type: ignore[attr-defined]
        space = style.paragraph_format  # type: ignore[attr-defined]
        space.space_before, space.space_after = Pt(12 if name == "Heading 1" else 0), Pt(4)
        space.line_spacing = 1.25
    title = doc.styles["Title"].element.get_or_add_pPr()
    for line in title.findall(qn("w:pBdr")):
        title.remove(line)
    said = doc.styles["Normal"].element.get_or_add_rPr()
    said.append(_made("w:lang", val="en-US", eastAsia="zh-CN"))


def _frame(doc: Doc, head: Letterhead) -> None:
    """Set A4, the company above every page, the stamp and the page's number below."""
    page = doc.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2)
    page.top_margin, page.bottom_margin = Cm(2.3), Cm(2)
    above, below = page.header.paragraphs[0], page.footer.paragraphs[0]
    above.style = below.style = doc.styles["Normal"]  # the styles of headers have tab stops of their own
    _small(above, head.company)
    _rule(above, "bottom")
    below.paragraph_format.tab_stops.add_tab_stop(Cm(WIDTH), WD_TAB_ALIGNMENT.RIGHT)
    _rule(below, "top")
    _small(below, f"{head.stamp}\t")
    for piece in filter(None, PAGE.split(head.numbered)):
        if piece in FIELDS:
            _field(below, FIELDS[piece])
        else:
            _small(below, piece)


def _small(into: DocxParagraph, text: str) -> None:
    run = into.add_run(text)
    run.font.size, run.font.color.rgb = SMALL, _colour(Tone.MUTED)


def _field(into: DocxParagraph, name: str) -> None:
    for kind, text in (("begin", ""), ("", name), ("separate", ""), ("shown", "1"), ("end", "")):
        run = into.add_run(text if kind == "shown" else "")
        run.font.size, run.font.color.rgb = SMALL, _colour(Tone.MUTED)
        if not kind:
            said = OxmlElement("w:instrText")
            said.text = f" {text} "
            run._r.append(said)
        elif kind != "shown":
            run._r.append(_made("w:fldChar", fldCharType=kind))


def _facts(doc: Doc, facts: Sequence[tuple[str, str]]) -> None:
    """Write the title block: two facts to a row."""
    if not facts:
        return
    rows = [facts[start : start + 2] for start in range(0, len(facts), 2)]
    grid = doc.add_table(rows=len(rows), cols=4)
    _dress(grid, (2.6, 5.9, 2.6, 5.9))
    for line, pair in zip(grid.rows, rows, strict=True):
        for place, (label, value) in enumerate(pair):
            _fill(line.cells[place * 2], (Run(label, True),), shaded=True)
            _fill(line.cells[place * 2 + 1], (Run(value),))
        if len(pair) == 1:
            line.cells[1].merge(line.cells[3])
    doc.add_paragraph().paragraph_format.space_after = Pt(0)


def _block(doc: Doc, block: Block) -> None:
    if isinstance(block, Heading):
        _write(doc.add_paragraph(style=f"Heading {block.level - 1}"), block.runs)
    elif isinstance(block, Paragraph):
        _write(doc.add_paragraph(), block.runs)
    elif isinstance(block, Bullets):
        _list(doc, block)
    else:
        _table(doc, block)


def _list(doc: Doc, block: Bullets) -> None:
    """Write a list; numbers stand as text, so that each list begins at 1 in every word processor."""
    for number, item in enumerate(block.items, 1):
        line = doc.add_paragraph(style=None if block.numbered else "List Bullet")
        if block.numbered:
            line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Cm(0.75), Cm(-0.75)
            line.paragraph_format.tab_stops.add_tab_stop(Cm(0.75))
            line.add_run(f"{number}.\t")
        _write(line, item)


def _table(doc: Doc, block: Table) -> None:
    grid = doc.add_table(rows=1 + len(block.rows), cols=len(block.head))
    _dress(grid, column_widths(block, WIDTH))
    for line, row in zip(grid.rows, (block.head, *block.rows), strict=True):
        is_head = row is block.head
        for cell, runs, right in zip(line.cells, row, block.right, strict=True):
            _fill(cell, tuple(Run(run.text, True) for run in runs) if is_head else runs, shaded=is_head, right=right)
        kept = line._tr.get_or_add_trPr()
        kept.append(_made("w:cantSplit"))
        if is_head:
            kept.append(_made("w:tblHeader"))
    after = doc.add_paragraph().paragraph_format
    after.space_after, after.line_spacing = Pt(0), 0.6


def _dress(grid: DocxTable, widths: Sequence[float]) -> None:
    grid.style = "Table Grid"
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    grid.autofit = False
    edges = _made("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        edges.append(_made(f"w:{side}", val="single", sz="4", space="0", color=Tone.WIRE.value[1:]))
    grid._tbl.tblPr.append(edges)
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)


def _fill(cell: _Cell, runs: Inline, *, shaded: bool = False, right: bool = False) -> None:
    line = cell.paragraphs[0]
    line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(2)
    if right:
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _write(line, runs)
    if shaded:
        cell._tc.get_or_add_tcPr().append(_made("w:shd", val="clear", color="auto", fill=Tone.FILL.value[1:]))


def _write(into: DocxParagraph, runs: Inline) -> None:
    for run in runs:
        into.add_run(run.text).bold = run.bold or None


def _rule(line: DocxParagraph, side: str) -> None:
    edges = _made("w:pBdr")
    edges.append(_made(f"w:{side}", val="single", sz="4", space="4", color=Tone.WIRE.value[1:]))
    line._p.get_or_add_pPr().append(edges)


def _made(name: str, **said: str) -> BaseOxmlElement:
    found = OxmlElement(name)
    for key, value in said.items():
        found.set(qn(f"w:{key}"), value)
    return found


def _colour(tone: Tone) -> RGBColor:
    return RGBColor.from_string(tone.value[1:].upper())
