"""Pages of attribution: what each side is credited by every model, and one order with its touches."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.engine.attribution import MODELS
from kpis.figures import Chart, Series, stacked_bars
from kpis.incentives.credit import OwnerRule
from kpis.library import library_extras, load_library
from kpis.queries.pay.credit import CreditReport, SideLine, credit_report, model_names
from kpis.queries.pay.credit_ask import CreditAsk
from kpis.queries.pay.order_credit import Earns, OrderCredit, TouchLine, has_order, order_credit
from kpis.views.pay.credit_frame import asked_credit, frame, query_of_ask
from kpis.views.provenance import row_url
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may

SORTS = ("name", "orders", "unpaid", *MODELS)
CHARTED = 7


@require_GET
def pay_credit(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the credit of every side by every model, beside the company's total. `?order=` leads to one order."""
    wanted = request.GET.get("order", "").strip()
    if wanted and has_order(wanted):
        return redirect("kpis:pay_credit_order", slug, wanted)
    ask = asked_credit(request)
    report = None if ask is None else credit_report(ask)
    context = frame(request, ask, current="kpis:pay_credit") | {"unknown_order": wanted[:120]}
    if ask is not None and report is not None:
        names = [(model, names.in_language(get_language())) for model, (names, _rule) in model_names().items()]
        lines = _sorted(report, request.GET.get("sort", ""))
        context |= {
            "report": report,
            "columns": names,
            "lines": [_row(each, ask, report) for each in lines],
            "sums": [(label, report.sums.get(model)) for model, label in names],
            "chart": _chart(report.lines) if report.lines else None,
            "csv_query": query_of_ask(ask),
        }
    return render(request, "kpis/pay/credit.html", context)


@require_GET
def pay_credit_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the same table as CSV."""
    ask = asked_credit(request)
    if ask is None:
        raise Http404
    report, language = credit_report(ask), get_language()
    rows: list[tuple[object, ...]] = [("side", "name", "orders", "orders_without_credit", *MODELS)]
    for line in _sorted(report, request.GET.get("sort", "")):
        credits = [line.credits[model] for model in MODELS]
        rows.append((line.side, line.names.in_language(language), line.orders, line.unpaid, *credits))
    return csv_answer(csv_text(rows), filename=f"credit-{ask.by}-{ask.first}-{ask.last}.csv")


def _sorted(report: CreditReport, sort: str) -> list[SideLine]:
    key, lines = sort.removeprefix("-"), list(report.lines)
    if key not in SORTS:
        return lines
    language = get_language()
    keys = {
        "name": lambda line: line.names.in_language(language),
        "orders": lambda line: line.orders,
        "unpaid": lambda line: line.unpaid,
    }
    lines.sort(key=keys.get(key, lambda line: line.credits[key]), reverse=sort.startswith("-"))
    return lines


def _row(line: SideLine, ask: CreditAsk, report: CreditReport) -> dict[str, Any]:
    whole = report.sums.get(ask.model)
    if ask.model == "shared" and report.totals is not None:
        whole = report.totals.touched_value
    return {
        "line": line,
        "cells": [
            (model, names.in_language(get_language()), line.credits[model])
            for model, (names, _rule) in model_names().items()
        ],
        "share": line.credits[ask.model] / whole * 100 if whole else None,
    }


def _chart(lines: Sequence[SideLine]) -> Chart:
    """Stack the sides by model, the largest alone and the rest together."""
    language = get_language()
    points = [names.in_language(language) for names, _rule in model_names().values()]
    series = [
        Series(each.names.in_language(language), [each.credits[model] for model in MODELS]) for each in lines[:CHARTED]
    ]
    if len(lines) > CHARTED:
        rest = [sum((each.credits[model] for each in lines[CHARTED:]), Decimal(0)) for model in MODELS]
        series[-1:] = [Series(_("All others"), [one + other for one, other in _pairs(series[-1], rest)])]
    return stacked_bars(points, series, axis=_("Model"), unit="¥")


def _pairs(last: Series, rest: Sequence[Decimal]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(one or 0), other) for one, other in zip(last.values, rest, strict=True)]


@require_GET
def pay_credit_order(request: WorkspaceRequest, slug: str, order_id: str) -> HttpResponse:
    """Show one order: its touches in time, its credits by every model, and whose it is for pay."""
    order = order_credit(order_id)
    if order is None:
        raise Http404(order_id)
    language, tables = get_language(), load_library().tables
    sees_rows = may(request.access, "kpis:row")
    labels = library_extras().enum_labels
    columns = [
        (model, names.in_language(language), model == order.own_model)
        for model, (names, _rule) in model_names().items()
    ]
    context = frame(request, None, current="kpis:pay_credit") | {
        "order": order,
        "channel": labels[order.channel].in_language(language) if order.channel in labels else order.channel,
        "status": labels[order.status].in_language(language) if order.status in labels else order.status,
        "columns": columns,
        "touches": [
            {
                "line": line,
                "channel": labels[line.channel].in_language(language) if line.channel in labels else "",
                "cells": [(label, line.credits.get(model)) for model, label, _own in columns],
                "why": earns_words(line.earns, order),
                "url": row_url(slug, tables["order_touches"], {"order_id": order.order_id, "seq": str(line.seq)})
                if sees_rows
                else "",
            }
            for line in order.touches
        ],
        "events": [_event(line, order) for line in order.touches],
        "sums": [(label, order.sums[model]) for model, label, _own in columns],
        "owners": [
            {
                "credit": credit,
                "rule": rule_words(credit.rule.value),
                "who": order.owner_names.get(credit.person, credit.person) if credit.person else order.unit_name,
            }
            for credit in order.owners
        ],
        "rules": [rule_words(rule.value) for rule in OwnerRule],
        "order_url": row_url(slug, tables["orders"], {"order_id": order.order_id}) if sees_rows else "",
    }
    return render(request, "kpis/pay/credit_order.html", context)


def rule_words(rule: str) -> str:
    """Return an owner rule in words; empty where none applies."""
    words = {
        OwnerRule.TILL_SELLER.value: _("Seller at the till"),
        OwnerRule.CUSTOMER_OWNER.value: _("Own customer"),
        OwnerRule.LINK_SELLER.value: _("Own link"),
        OwnerRule.STORE_HOME.value: _("Store pool"),
    }
    return words.get(rule, "")


def earns_words(earns: Earns, order: OrderCredit) -> str:
    """Say why a touch earns nothing; empty where it can."""
    words = {
        Earns.AFTER: _("After the payment: earns nothing"),
        Earns.TOO_OLD: _("More than %(days)s days before the payment: earns nothing") % {"days": order.window},
        Earns.CANCELLED: _("The order is cancelled: nobody earns"),
    }
    return words.get(earns, "")


def _event(line: TouchLine, order: OrderCredit) -> dict[str, str]:
    days, hours = divmod(abs(line.age) // 3600, 24)
    told = {"days": days, "hours": hours}
    when = (
        _("%(days)s d %(hours)s h before the payment")
        if line.age >= 0
        else _("%(days)s d %(hours)s h after the payment")
    )
    language = get_language()
    return {
        "when": f"{line.at:%Y-%m-%d %H:%M} · {when % told}",
        "title": line.role.in_language(language),
        "text": earns_words(line.earns, order),
        "who": line.employee_name or line.side_names.in_language(language),
        "tone": "" if line.earns is Earns.YES else "warn",
    }
