"""Markdown as people type it, read into the closed grammar; what the grammar does not know stays as its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from talent.paper.blocks import (
    HIGHEST,
    LOWEST,
    UNPRINTABLE,
    Block,
    Bullets,
    Heading,
    Inline,
    Paper,
    Paragraph,
    Run,
    Section,
    Table,
    inline,
    normal,
    text_of,
)

NESTING = 20


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": NESTING}).enable("table")


def read_blocks(text: str) -> tuple[Block, ...]:
    """Read the text of a section. Nested lists become one list; quotes, links and code keep their text only."""
    return normal(_blocks(_parser().parse(UNPRINTABLE.sub("", text))))


def read_paper(text: str) -> Paper:
    """Read a whole document as write_paper writes it."""
    tokens = _parser().parse(UNPRINTABLE.sub("", text))
    title, facts = "", []
    parts: list[tuple[str, list[Token]]] = [("", [])]
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            title = text_of(_inline(tokens[place + 1]))
        elif token.type == "heading_open" and token.tag == "h2":
            parts.append((text_of(_inline(tokens[place + 1])), []))
        parts[-1][1].append(token)
    for block in _blocks(parts[0][1]):
        if isinstance(block, Table):
            facts = [(text_of(row[0]), text_of(row[1])) for row in (block.head, *block.rows)]
    sections = tuple(Section(_unnumbered(name), normal(_blocks(part[3:]))) for name, part in parts[1:])
    return Paper(title, tuple(facts), sections)


def _unnumbered(heading: str) -> str:
    number, _dot, rest = heading.partition(". ")
    return rest if rest and number.isdigit() else heading


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    place, level = 0, HIGHEST
    lists: list[bool] = []
    items: list[Inline] = []
    while place < len(tokens):
        token = tokens[place]
        if token.type == "table_open":
            end = next(at for at in range(place, len(tokens)) if tokens[at].type == "table_close")
            yield _table(tokens[place:end])
            place = end
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token.type.startswith("ordered"))
            items = items if len(lists) > 1 else []
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            kind = lists.pop()
            if not lists:
                yield Bullets(tuple(items), kind)
        elif token.type == "heading_open":
            level = LOWEST if token.tag in ("h4", "h5", "h6") else HIGHEST
        elif token.type == "inline" and lists:
            items.append(_inline(token))
        elif token.type == "inline":
            is_heading = tokens[place - 1].type == "heading_open"
            yield Heading(_inline(token), level) if is_heading else Paragraph(_inline(token))
        elif token.type in ("fence", "code_block"):
            runs = inline([Run(token.content)])
            if lists:
                items.append(runs)
            else:
                yield Paragraph(runs)
        place += 1


def _table(tokens: Sequence[Token]) -> Table:
    rows: list[list[Inline]] = []
    right: list[bool] = []
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(_inline(tokens[place + 1]))
            if token.type == "th_open":
                right.append("right" in str(token.attrGet("style") or ""))
    return Table(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]), tuple(right))


def _inline(token: Token) -> Inline:
    runs, bold = [], 0
    for child in token.children or ():
        if child.type == "strong_open":
            bold += 1
        elif child.type == "strong_close":
            bold -= 1
        elif child.type in ("softbreak", "hardbreak"):
            runs.append(Run(" "))
        elif child.content:
            runs.append(Run(child.content, bold > 0))
    return inline(runs)
