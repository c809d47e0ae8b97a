"""Pages of orders that two departments touched: the pairs, the orders of one, and these as files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.incentives.specs import CENT
from kpis.incentives.touches import Pair, PairOrder
from kpis.library import library_extras
from kpis.queries.pay.conflicts import PAGE, ConflictOrders, ConflictReport, conflict_orders, conflict_report
from kpis.queries.pay.credit_ask import CreditAsk
from kpis.views.pay.credit import rule_words
from kpis.views.pay.credit_frame import asked_credit, frame, query_of_ask
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import unit_tree

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_IN_MATRIX = 12
LEVELS = 5
SORTS = ("orders", "value")


@require_GET
def pay_conflicts(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show every pair of sides that met on orders of the month, as a matrix and as a list."""
    ask = _month(request)
    context = frame(request, ask, current="kpis:pay_conflicts")
    if ask is not None:
        report = conflict_report(ask)
        context |= {
            "report": report,
            "lines": [_line(pair, report, ask) for pair in _sorted(report, request.GET.get("sort", ""))],
            "matrix": _matrix(report, ask),
            "csv_query": query_of_ask(ask),
        }
    return render(request, "kpis/pay/conflicts.html", context)


@require_GET
def pay_conflicts_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Send the pairs of the month as CSV."""
    ask = _month(request)
    if ask is None:
        raise Http404
    report = conflict_report(ask)
    head = ("side", "name", "other_side", "other_name", "orders", "value", "credit", "other_credit", "unpaid",
        "other_unpaid", "owner_rules")  # fmt: skip
    rows = [_pair_row(pair, _names(report, pair.sides)) for pair in report.pairs]
    return csv_answer(csv_text([head, *rows]), filename=f"pairs-{ask.by.value}-{ask.last}.csv")


def _pair_row(pair: Pair, names: Sequence[str]) -> Sequence[object]:
    money = [each.quantize(CENT) for each in (pair.value, *pair.credited)]
    rules = " ".join(f"{rule}:{count}" for rule, count in pair.rules.items())
    return (pair.sides[0], names[0], pair.sides[1], names[1], pair.orders, *money, *pair.unpaid, rules)


def _month(request: WorkspaceRequest) -> CreditAsk | None:
    ask = asked_credit(request)
    if ask is not None and not ask.is_month:
        raise Http404("since")
    return ask


def _sorted(report: ConflictReport, sort: str) -> list[Pair]:
    key, pairs = sort.removeprefix("-"), list(report.pairs)
    if key in SORTS:
        pairs.sort(key=lambda pair: pair.orders if key == "orders" else pair.value, reverse=sort.startswith("-"))
    return pairs


def _line(pair: Pair, report: ConflictReport, ask: CreditAsk) -> dict[str, Any]:
    one, other = pair.sides
    return {
        "pair": pair,
        "names": _names(report, pair.sides),
        "url": query_of_ask(ask, one=one, other=other),
        "rules": [(rule_words(rule), count) for rule, count in pair.rules.items()],
        "rest": pair.value - sum(pair.credited) if ask.model != "shared" else None,
    }


def _names(told: ConflictReport | ConflictOrders, sides: Sequence[str]) -> list[str]:
    return [told.names[side].in_language(get_language()) for side in sides]


def _matrix(report: ConflictReport, ask: CreditAsk) -> dict[str, Any] | None:
    """Return the sides that meet most against each other: a cell is the value of the orders of both."""
    if len(report.pairs) < 2:
        return None
    worth: dict[str, Decimal] = {}
    for pair in report.pairs:
        for side in pair.sides:
            worth[side] = worth.get(side, Decimal(0)) + pair.value
    sides = sorted(worth, key=lambda side: (-worth[side], side))[:MOST_IN_MATRIX]
    values = {pair.sides: pair for pair in report.pairs}
    largest = max(max(pair.value for pair in report.pairs), Decimal(1))
    names = _names(report, sides)
    return {
        "names": names,
        "left_out": len(worth) - len(sides),
        "rows": [
            {"name": name, "cells": [_cell(values.get(_pair(one, two)), largest, report, ask) for two in sides]}
            for name, one in zip(names, sides, strict=True)
        ],
    }


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _cell(pair: Pair | None, largest: Decimal, report: ConflictReport, ask: CreditAsk) -> dict[str, Any]:
    if pair is None:
        return {"level": "none", "label": _("Met on no order"), "value": "", "url": ""}
    level = max(1, min(LEVELS, int(pair.value / largest * LEVELS) if pair.value > 0 else 1))
    one, other = _names(report, pair.sides)
    told = ngettext("%(one)s and %(other)s: %(count)s order", "%(one)s and %(other)s: %(count)s orders", pair.orders)
    told %= {"one": one, "other": other, "count": pair.orders}
    return {
        "level": level,
        "label": told,
        "value": pair.value,
        "url": query_of_ask(ask, one=pair.sides[0], other=pair.sides[1]),
    }


@require_GET
def pay_conflict_orders(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the orders that two sides touched, the most money first."""
    ask, sides = _asked_pair(request)
    after = _whole(request.GET.get("cursor", "0"))
    found = conflict_orders(ask, sides, offset=after, limit=PAGE)
    if found.pair is None:
        raise Http404("the two met on no order")
    total = found.pair.orders
    context = frame(request, ask, current="kpis:pay_conflicts") | {
        "pair": found.pair,
        "names": _names(found, found.pair.sides),
        "orders": _orders(found.orders, ask),
        "rules": [(rule_words(rule), count) for rule, count in found.pair.rules.items()],
        "pair_query": query_of_ask(ask, one=found.pair.sides[0], other=found.pair.sides[1]),
        "pager": _pager(ask, found.pair, after, total),
    }
    return render(request, "kpis/pay/conflict_orders.html", context)


def _asked_pair(request: WorkspaceRequest) -> tuple[CreditAsk, tuple[str, str]]:
    ask, one, other = _month(request), request.GET.get("one", ""), request.GET.get("other", "")
    if ask is None or one == other or len(one) > 80 or len(other) > 80:
        raise Http404
    return ask, (one, other)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Http404(text)
    return int(text)


def _orders(orders: Sequence[PairOrder], ask: CreditAsk) -> list[dict[str, Any]]:
    labels, tree, language = library_extras().enum_labels, unit_tree(as_of=ask.last.last_day), get_language()
    return [
        {
            "order": order,
            "channel": labels[order.channel].in_language(language) if order.channel in labels else order.channel,
            "unit": tree.nodes[order.unit].name if order.unit in tree else order.unit,
            "rule": rule_words(order.rule),
        }
        for order in orders
    ]


def _pager(ask: CreditAsk, pair: Pair, after: int, total: int) -> dict[str, object]:
    def at(cursor: int) -> str:
        return query_of_ask(ask, one=pair.sides[0], other=pair.sides[1], cursor=str(cursor))

    return {
        "start": min(after + 1, total),
        "end": min(after + PAGE, total),
        "total": total,
        "previous_url": at(max(0, after - PAGE)) if after else "",
        "next_url": at(after + PAGE) if after + PAGE < total else "",
    }


@require_GET
def pay_conflict_file(request: WorkspaceRequest, slug: str, kind: str) -> HttpResponse:
    """Send all orders of a pair as CSV or XLSX."""
    ask, sides = _asked_pair(request)
    found = conflict_orders(ask, sides)
    if found.pair is None or kind not in ("csv", "xlsx"):
        raise Http404
    rows = order_rows(found)
    name = f"orders-of-two-{ask.last}"
    if kind == "csv":
        return csv_answer(csv_text(rows), filename=f"{name}.csv")
    answer = HttpResponse(_workbook(rows), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return answer


def order_rows(found: ConflictOrders) -> list[Sequence[object]]:
    """Return the orders of a pair as lines of a file."""
    one, other = found.pair.sides if found.pair else ("", "")
    rows: list[Sequence[object]] = [
        ("order_id", "paid_at", "channel", "unit_id", "net_amount", f"credit {one}", f"credit {other}", "owner_rule")
    ]
    rows += [
        (each.order_id, each.paid_at, each.channel, each.unit, each.amount, *each.credited, each.rule)
        for each in found.orders
    ]
    return rows


def _workbook(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    sheet.write_number(number, column, float(cell))
                else:
                    sheet.write_string(number, column, str(cell), None if number else bold)
        sheet.freeze_panes(1, 1)
    return out.getvalue()
