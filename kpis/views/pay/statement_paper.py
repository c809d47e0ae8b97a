"""A statement as a report for paper, in the reader's language."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.queries.pay.receipt import LineView, Receipt
from kpis.queries.pay.receipt_words import money
from roles.paper.marks import Tone
from roles.paper.report_blocks import Block, Cell, PaperTile, Paragraph, Report, Table, Tiles

DASH = "–"


def paper_of(found: Receipt, *, company: str, reader: str) -> Report:
    """Put a receipt into blocks."""
    printed = _("printed by %(who)s on %(when)s") % {
        "who": reader,
        "when": timezone.localtime().strftime("%Y-%m-%d %H:%M"),
    }
    plan = found.plan.names
    blocks: list[Block] = [_tiles(found), _lines(found)]
    if found.corrections:
        blocks.append(_corrections(found))
    missing = " ".join(f"{line.name}: {line.missing}" for line in found.incomplete)
    if missing:
        blocks.append(Paragraph(missing, _("What is missing")))
    if found.steps:
        blocks.append(Paragraph(" ".join(found.steps), _("The next step")))
    return Report(
        title=f"{company} · {_('Pay of %(month)s') % {'month': found.run.period}}",
        stamp=" · ".join((found.person, found.role, found.unit, plan.in_language(get_language()), found.state)),
        printed=printed,
        numbered=_("page {page} of {of}"),
        blocks=tuple(blocks),
    )


def _tiles(found: Receipt) -> Tiles:
    tiles = [
        PaperTile(_("To be paid"), money(found.payable), found.state),
        PaperTile(_("Earned this month"), money(found.statement.amount), _change(found)),
        PaperTile(_("Corrections of earlier months"), money(found.corrected)),
    ]
    return Tiles("", "", tuple(tiles), columns=3)


def _change(found: Receipt) -> str:
    if found.change is None:
        return ""
    return _("%(change)s against the month before") % {"change": money(found.change, signed=True)}


def _lines(found: Receipt) -> Table:
    rows = [_line(line) for line in found.lines]
    rows += [_bound(words, money(delta, signed=True)) for words, delta in found.bounds]
    rows.append((Cell(_("Earned this month"), bold=True), Cell(""), Cell(""), _money(found.statement.amount)))
    head = (
        Cell(_("Line of pay")),
        Cell(_("What was counted")),
        Cell(_("Clause of the plan")),
        Cell(_("Amount"), right=True),
    )
    return Table(_("Lines"), "", (0.18, 0.27, 0.39, 0.16), head, tuple(rows))


def _line(line: LineView) -> tuple[Cell, ...]:
    worked = [*line.workings, *(f"{words} {money(delta, signed=True)}" for words, delta in line.bounds)]
    if line.rounding:
        worked.append(_("rounded by %(amount)s") % {"amount": money(line.rounding, signed=True)})
    counted = line.missing or "; ".join(worked) or line.quantity or DASH
    amount = Cell(DASH, right=True) if line.line.amount is None else _money(line.line.amount)
    return Cell(line.name), Cell(counted, tone=Tone.WARN if line.missing else Tone.INK), Cell(line.clause), amount


def _bound(words: str, amount: str) -> tuple[Cell, ...]:
    return Cell(words), Cell(""), Cell(""), Cell(amount, right=True)


def _corrections(found: Receipt) -> Table:
    rows = tuple(
        (
            Cell(each.statement.run.period),
            Cell(each.name),
            Cell(" · ".join(filter(None, (each.adjustment.get_reason_display(), each.adjustment.note)))),
            _money(each.adjustment.amount),
        )
        for each in found.corrections
    )
    head = (Cell(_("Month")), Cell(_("Line of pay")), Cell(_("Why")), Cell(_("Amount"), right=True))
    return Table(_("Corrections of earlier months"), "", (0.12, 0.24, 0.48, 0.16), head, rows)


def _money(amount: Decimal) -> Cell:
    return Cell(money(amount), right=True, bold=True)
