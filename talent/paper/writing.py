"""Blocks as Markdown that reads back to the same blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from talent.paper.blocks import Block, Bullets, Heading, Inline, Paper, Paragraph, Table

MARKS = re.compile(r"([\\`*_\[\]<>|~&#])")
# At the beginning of a line these would make a list or a rule.
BEGINNING = re.compile(r"^([-+=]|\d{1,9}(?=[.)]))")


def write_blocks(blocks: Iterable[Block]) -> str:
    """Write the blocks of a section."""
    return "\n\n".join(_block(block) for block in blocks)


def write_paper(paper: Paper) -> str:
    """Write a whole document: title, the facts as a table, numbered sections."""
    parts = [f"# {_marked(paper.title)}"]
    if paper.facts:
        pairs = [f"| {_marked(label)} | {_marked(value)} |" for label, value in paper.facts]
        parts.append("\n".join([pairs[0], "| --- | --- |", *pairs[1:]]))
    for number, section in enumerate(paper.sections, 1):
        parts.append(f"## {number}. {_marked(section.heading)}")
        if section.blocks:
            parts.append(write_blocks(section.blocks))
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_inline(block.runs)}"
    if isinstance(block, Paragraph):
        return _begun(_inline(block.runs))
    if isinstance(block, Bullets):
        signs = [f"{number}." if block.numbered else "-" for number in range(1, len(block.items) + 1)]
        return "\n".join(f"{sign} {_begun(_inline(item))}" for sign, item in zip(signs, block.items, strict=True))
    return _table(block)


def _table(table: Table) -> str:
    rule = "| " + " | ".join("---:" if each else "---" for each in table.right) + " |"
    return "\n".join([_row(table.head), rule, *(_row(row) for row in table.rows)])


def _row(cells: Sequence[Inline]) -> str:
    return "| " + " | ".join(_inline(cell) for cell in cells) + " |"


def _inline(runs: Inline) -> str:
    return "".join(f"**{_marked(run.text)}**" if run.bold else _marked(run.text) for run in runs)


def _marked(text: str) -> str:
    return MARKS.sub(r"\\\1", text)


def _begun(text: str) -> str:
    return BEGINNING.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", text)
