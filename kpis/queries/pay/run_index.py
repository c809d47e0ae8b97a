"""The index of a month's statements as a report for paper: store by store, each person with what they are paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from kpis.models import PayRun
from kpis.queries.pay.receipt_words import money
from kpis.queries.pay.statements import Payment, payments
from omnichannel.core.periods import parse_period
from roles.paper.report_blocks import Cell, Paragraph, Report, Table
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import people_names

ZERO = Decimal(0)
WIDTHS = (0.34, 0.14, 0.14, 0.12, 0.12, 0.14)


def index_of(run: PayRun, *, company: str, reader: str) -> Report:
    """Put a run's payments into one table a store, by the stores' names, and people by theirs."""
    printed = _("printed by %(who)s on %(when)s") % {
        "who": reader,
        "when": timezone.localtime().strftime("%Y-%m-%d %H:%M"),
    }
    tree, paid = unit_tree(as_of=parse_period(run.period).last_day), list(payments(run))
    names = people_names({each.person for each in paid})
    total = sum((each.amount for each in paid), ZERO)
    said = _("%(count)s people, %(total)s in all. The number of a statement is the end of its address in the app.")
    return Report(
        title=f"{company} · {_('Pay of %(month)s') % {'month': run.period}}",
        stamp=" · ".join((run.get_state_display(), run.digest[:16])),
        printed=printed,
        numbered=_("page {page} of {of}"),
        blocks=(
            Paragraph(said % {"count": len(paid), "total": money(total)}),
            *_stores(run, paid, names, tree),
        ),
    )


def _stores(run: PayRun, paid: Sequence[Payment], names: dict[str, str], tree: UnitTree) -> list[Table]:
    places: dict[str, str] = {}
    numbers: dict[str, list[str]] = defaultdict(list)
    rows = run.statements.order_by("person_external_id", "plan_key")
    for person, unit, pk in rows.values_list("person_external_id", "unit_external_id", "pk"):
        places.setdefault(person, unit)
        numbers[person].append(str(pk))
    by_unit: dict[str, list[Payment]] = defaultdict(list)
    for each in paid:
        by_unit[places.get(each.person, "")].append(each)
    named = {unit: tree.nodes[unit].name if unit in tree else unit or _("No longer paid") for unit in by_unit}
    head = (
        Cell(_("Person")),
        Cell(_("Number")),
        Cell(_("Statement")),
        Cell(_("Earned"), right=True),
        Cell(_("Corrected"), right=True),
        Cell(_("To be paid"), right=True),
    )
    tables = []
    for unit in sorted(by_unit, key=lambda each: (named[each], each)):
        people = sorted(by_unit[unit], key=lambda each: (names.get(each.person, ""), each.person))
        summed = money(sum((each.amount for each in people), ZERO))
        cells = tuple(_row(each, names, numbers) for each in people)
        tables.append(Table(f"{named[unit]} {unit}".strip(), summed, WIDTHS, head, cells))
    return tables


def _row(each: Payment, names: dict[str, str], numbers: dict[str, list[str]]) -> tuple[Cell, ...]:
    return (
        Cell(names.get(each.person, "")),
        Cell(each.person),
        Cell(" ".join(numbers[each.person])),
        Cell(money(each.earned), right=True),
        Cell(money(each.corrected), right=True),
        Cell(money(each.amount), right=True, bold=True),
    )
