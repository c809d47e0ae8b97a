"""A list of customers as a file, and the words of its columns. Pseudonymous ids only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import xlsxwriter
from django.utils.translation import gettext as _

from kpis.analysis_choices import LISTED, AiplStageName, AnalysisName, RfmTierName
from kpis.engine.analyses.aipl import STAGES
from kpis.models import AnalysisResult
from kpis.queries.analyses.lists import SPECS, every_customer
from kpis.queries.analyses.place import Place
from kpis.queries.analyses.stored import results_of
from kpis.queries.definitions import library_at
from omnichannel.core.csvtext import safe_cell

BOM = "\ufeff"
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class ListAsked:
    """Which list is meant: the stored result, the view of it, the order, and the least size of a ranked base."""

    name: AnalysisName
    place: Place
    result: AnalysisResult
    view: str
    sort: str
    least: int


def asked_list(name: AnalysisName, place: Place, *, view: str, sort: str = "") -> ListAsked:
    """Find a list; LookupError for one that is not there. Without a view the first one is meant."""
    result = results_of(place.period, place.scope).get(name) if name in LISTED else None
    if result is None or not result.list_path:
        raise LookupError(name)
    spec = SPECS[name]
    chosen = view or next(iter(spec.views))
    if chosen not in spec.views or (sort and sort.removeprefix("-") not in (*spec.columns, "customer_id", "consent")):
        raise LookupError(view or sort)
    least = library_at(place.period.last_day).params.rfm_min_customers
    return ListAsked(name, place, result, chosen, sort, least)


@dataclass(frozen=True, slots=True)
class ListFile:
    """A file ready to be sent; a CSV comes line by line."""

    filename: str
    content_type: str
    content: Iterable[str] | bytes


def list_file(asked: ListAsked, kind: str) -> ListFile:
    """Return the whole list as a file. KeyError for a kind of file there is none of."""
    labels, keys = column_labels(), ("customer_id", *SPECS[asked.name].columns, "consent")
    head = [labels[key] for key in keys]
    rows = (
        [plain(key, cell) for key, cell in zip(keys, row, strict=True)]
        for row in every_customer(
            asked.result, scope=asked.place.scope, view=asked.view, sort=asked.sort, least=asked.least
        )
    )
    place = f"-{asked.place.scope.id}" if asked.place.scope.id else ""
    filename = f"{asked.name.value}-{asked.view}-{asked.place.period}{place}.{kind}"
    return ListFile(filename, FORMATS[kind], _csv(head, rows) if kind == "csv" else _xlsx(head, rows))


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield BOM + _line(head)
    for row in rows:
        yield _line(row)


def _line(row: Sequence[object]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return stream.getvalue()


def _xlsx(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        for column, title in enumerate(head):
            sheet.write_string(0, column, title, bold)
        sheet.freeze_panes(1, 1)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)  # an id that begins with = is no formula
                elif cell is not None:
                    sheet.write(number, column, cell)
    return stream.getvalue()


def is_number(key: str) -> bool:
    """Tell whether a column holds numbers."""
    return key in ("recency", "frequency", "money", "r", "f", "m", "silent_days", "away_days", "orders")


def column_labels() -> dict[str, str]:
    """Return the headings of a list."""
    return {
        "customer_id": _("Customer ID"),
        "consent": _("Marketing consent"),
        "recency": _("Days since the last order"),
        "frequency": _("Orders"),
        "money": _("Money"),
        "r": "R",
        "f": "F",
        "m": "M",
        "tier": _("Tier"),
        "l0": _("Stage now"),
        "l1": _("A month ago"),
        "l2": _("Three months ago"),
        "l3": _("A year ago"),
        "last_order": _("Last order"),
        "silent_days": _("Days silent"),
        "churns_on": _("Churn date"),
        "back_on": _("Back on"),
        "away_days": _("Days away"),
        "orders": _("Orders"),
    }


def view_label(view: str) -> str:
    """Return what a view of a list is called."""
    labels = {
        "at_risk": _("Valuable and at risk"),
        "up": _("Moved up in the month"),
        "down": _("Fell back in the month"),
        "churned": _("Churned in the month"),
        "soon": _("About to churn"),
        "recalled": _("Came back in the month"),
        "all": _("All"),
        **{value: str(label) for value, label in RfmTierName.choices},
        **{value: str(label) for value, label in AiplStageName.choices},
    }
    return labels[view]


def plain(key: str, cell: object) -> object:
    """Return a cell as a file holds it: words in the reader's language, numbers and dates as they are."""
    if key == "consent":
        return _("yes") if cell else _("no")
    if key == "tier":
        return str(RfmTierName(str(cell)).label)
    if key in ("l0", "l1", "l2", "l3"):
        return str(AiplStageName(STAGES[int(str(cell or 0))]).label)
    return cell
