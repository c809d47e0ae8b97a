"""The tree of the org chart as HTML: an ARIA tree, the same for the drawn chart and the list. In Python for speed.

A node's card carries a link and buttons that work without script; the script takes them out of the tab order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from omnichannel.templatetags.marks import icon
from omnichannel.workspaces.clock import Clock
from roles.chart.drawn import Drawn, More
from roles.chart.nodes import THINGS, Forest, Kind, Line, Node, PersonCard, UnitCard
from roles.chart.pinyin import typed_forms
from roles.views.chart_choices import Choices, Field
from roles.views.chart_words import counts_of, facts_of, planned_words, spoken, tone_of
from roles.views.draft_words import DraftTag


@dataclass(frozen=True, slots=True)
class Pen:
    """What drawing a node needs to know of the page: `focus` is the node that stands out."""

    forest: Forest
    choices: Choices
    clock: Clock
    slug: str
    focus: str = ""
    may_move: bool = False
    tags: Mapping[str, DraftTag] = field(default_factory=dict)


def tree_html(rows: Iterable[Drawn | More], pen: Pen) -> SafeString:
    """Draw rows of the tree, and what is open below them."""
    words = _Words(pen)
    return mark_safe("".join(words.row(row) for row in rows))  # noqa: S308 - every part is escaped where it is written


class _Words:
    """Draws with words and addresses looked up once instead of once per node."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.clock_mark = str(icon("clock", size=14))
        self.star = str(icon("star", size=14, style="micro"))
        self.more = escape(_("Open the card"))
        self.fold = escape(_("Unfold or fold"))
        self.leading = escape(_("Leading unit"))
        # an id that no URL part changes stands for the real one
        self.urls = {
            Kind.UNIT: reverse("roles:unit", args=[pen.slug, "ID"]),
            Kind.PERSON: reverse("roles:person", args=[pen.slug, "ID"]),
        }
        self.card_url = reverse("roles:node", args=[pen.slug])

    def row(self, row: Drawn | More) -> str:
        return self._more(row) if isinstance(row, More) else self._node(row)

    def _node(self, drawn: Drawn) -> str:
        node, pen = drawn.node, self.pen
        tone = tone_of(node, pen.choices.colour)
        here = node.key == pen.focus
        classes = ["node", f"node--{THINGS[node.kind].value}"]
        classes += [f"tone-{tone.number}"] if tone else []
        classes += ["node--ghost"] if node.is_ghost else []
        expanded = f' aria-expanded="{"true" if drawn.is_open else "false"}"' if drawn.has_below else ""
        below = ""
        if drawn.is_open:
            below = f'<ul role="group" class="node__below">{"".join(self.row(row) for row in drawn.below)}</ul>'
        return (
            f'<li role="treeitem" class="{" ".join(classes)}"{" id=here" if here else ""} data-key="{escape(node.key)}"'
            f' aria-level="{drawn.level}" aria-setsize="{drawn.size}" aria-posinset="{drawn.position}"{expanded}'
            f' aria-selected="{"true" if here else "false"}" tabindex="-1"'
            f' aria-label="{escape(self._spoken(node, tone.label if tone else ""))}"'
            f"{_typed(node)}{_unit(node)}{self._lines(node)}>"
            f'<div class="node__card"{self._draggable(node)}>{self._card(drawn, tone.letter if tone else "")}</div>'
            f"{below}</li>"
        )

    def _spoken(self, node: Node, tone: str) -> str:
        words = spoken(node, as_of=self.pen.clock.as_of)
        if tag := self.pen.tags.get(node.key):
            words = f"{tag.title}: {words}"
        return words if not tone or tone in words else f"{words} ({tone})"

    def _draggable(self, node: Node) -> str:
        return ' draggable="true"' if self.pen.may_move and not node.is_ghost else ""

    def _card(self, drawn: Drawn, letter: str) -> str:
        node = drawn.node
        facts = facts_of(node, self.pen.choices.fields, as_of=self.pen.clock.as_of)
        said = "".join(f'<span class="node__fact node__fact--{field}">{escape(text)}</span>' for field, text in facts)
        mark = f'<span class="node__letter" aria-hidden="true">{escape(letter)}</span>' if letter else ""
        score = ""
        if Field.SCORE in self.pen.choices.fields and node.kind is not Kind.SEAT and not node.is_ghost:
            score = f'<span class="node__score" data-score="{escape(node.key)}"></span>'
        name = f'<a class="node__name" href="{escape(self._url(node))}">{escape(node.name)}</a>'
        return (
            f'<span class="node__head">{mark}{name}{self._marks(node)}</span>'
            f'<span class="node__facts">{said}{score}</span>'
            f'<a class="node__more" href="{escape(self._card_url(node))}" title="{self.more}">⋯</a>'
            f"{self._fold(drawn)}"
        )

    def _marks(self, node: Node) -> str:
        marks = ""
        if isinstance(node.card, UnitCard) and node.card.is_leading:
            marks += f'<span class="node__mark node__mark--lead" title="{self.leading}">{self.star}</span>'
        if tag := self.pen.tags.get(node.key):
            marks += (
                f'<span class="node__tag node__tag--{tag.kind}" title="{escape(tag.title)}" aria-hidden="true">'
                f"{escape(tag.label)}</span>"
            )
        if node.planned:
            words = escape(planned_words(node.planned))
            marks += (
                f'<span class="node__mark node__mark--planned" title="{words}">{self.clock_mark}'
                f'<span class="node__day">{node.planned.day}</span></span>'
            )
        return marks

    def _fold(self, drawn: Drawn) -> str:
        counts = counts_of(drawn.node)
        text = f"{counts[0]:,}\u202f/\u202f{counts[1]:,}" if counts else ""
        if not drawn.has_below:
            return f'<span class="node__counts">{text}</span>' if counts and counts[1] else ""
        name = "shut" if drawn.is_open else "open"
        return (
            f'<button class="node__fold" form="chart-state" name="{name}" value="{escape(drawn.node.key)}"'
            f' title="{self.fold}"><span class="node__counts">{text}</span></button>'
        )

    def _more(self, more: More) -> str:
        n = more.end - more.start
        text = (
            ngettext("The %(n)s before", "The %(n)s before", n)
            if more.is_before
            else ngettext("Next %(n)s of %(total)s", "Next %(n)s of %(total)s", n)
        ) % {"n": n, "total": more.total}
        value = escape(f"{more.parent}|{more.section.value}|{more.start}")
        return (
            f'<li role="treeitem" class="node node--more" tabindex="-1" aria-level="{more.level}" aria-selected="false"'
            f' data-more="{value}"{" data-before" if more.is_before else ""} aria-label="{escape(text)}">'
            f'<button class="node__next" form="chart-state" name="from" value="{value}">{escape(text)}</button></li>'
        )

    def _url(self, node: Node) -> str:
        base = self.urls.get(node.kind)
        if base is None or node.is_ghost:
            return self._card_url(node)
        return base.replace("/ID/", f"/{quote(node.external_id)}/") + self.pen.clock.query

    def _card_url(self, node: Node) -> str:
        return f"{self.card_url}?node={quote(node.key)}{self.pen.clock.more}"

    def _lines(self, node: Node) -> str:
        lines = self.pen.forest.lines.get(node.key, ())
        return f' data-lines="{escape(" ".join(_line(line) for line in lines))}"' if lines else ""


def _typed(node: Node) -> str:
    """Write the first initials of a Chinese name, so that typing them moves to the node."""
    forms = typed_forms(node.name)[1:].split("\n", 2)
    return f' data-typed="{escape(forms[1])}"' if len(forms) > 1 else ""


def _unit(node: Node) -> str:
    """Write where a person works: who is given another manager stays there."""
    return f' data-unit="{escape(node.card.unit)}"' if isinstance(node.card, PersonCard) else ""


def _line(line: Line) -> str:
    """Write a line as kind, from and to, for the script that draws it; keys are quoted, so blanks part the lines."""
    return f"{line.kind.value}|{quote(line.start, safe=':')}|{quote(line.end, safe=':')}"
