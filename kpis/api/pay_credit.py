"""The ledger of credit over REST: attribution by model, one order, orders of two sides, shared groups."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.api.pay_credit_shapes import (
    ConflictsShape,
    CreditShape,
    OrderCreditShape,
    PairOrdersShape,
    SharedTotalShape,
)
from kpis.engine.attribution import MODELS
from kpis.incentives.touches import By
from kpis.queries.pay.conflicts import conflict_orders, conflict_report
from kpis.queries.pay.credit import CreditReport, credit_report
from kpis.queries.pay.credit_ask import CHANNELS, CreditAsk, read_ask
from kpis.queries.pay.order_credit import OrderCredit, order_credit
from kpis.queries.pay.shared_groups import SharedTotal, shared_totals
from omnichannel.core.http import number_within, refuse_unknown_words
from omnichannel.workspaces.authentication import WorkspaceAPIMixin

MOST_A_PAGE, PAGE_SIZE = 1000, 100
MOST_SKIPPED = 10**8
PERIOD = OpenApiParameter("period", str, description="A month, `2026-07`; the newest with data when left out.")
SINCE = OpenApiParameter(
    "since", str, description="The first month of a range of at most twelve that ends in `period`."
)
BY = OpenApiParameter("by", str, enum=[each.value for each in By], description="The sides; `department` when left out.")
MODEL = OpenApiParameter("model", str, enum=list(MODELS), description="The workspace's own when left out.")
UNIT = OpenApiParameter("unit", str, description="Only orders of this unit and what is below it.")
CHANNEL = OpenApiParameter("channel", str, enum=list(CHANNELS), description="Only orders paid in this channel.")
CURSOR = OpenApiParameter("cursor", str, description="Where a page begins, from `next` of the page before.")
SIZE = OpenApiParameter("page_size", int, description="Orders of a page, at most 1,000; 100 when left out.")
ONE = OpenApiParameter("one", str, required=True, description="A side, as `GET pay-conflicts/` names it.")
OTHER = OpenApiParameter("other", str, required=True, description="The other side.")
ORDER = OpenApiParameter("order_id", str, OpenApiParameter.PATH, description="The order's id.")
FILTERS = (PERIOD, BY, MODEL, UNIT, CHANNEL)


def asked(request: Request, *parameters: OpenApiParameter) -> CreditAsk:
    """Read what is asked; 422 names what cannot be read, 404 while there is no data."""
    refuse_unknown_words(request, parameters)
    try:
        ask = read_ask({name: str(said) for name, said in request.query_params.items()})
    except ValueError as error:
        raise ValidationError({str(error): ["This cannot be asked for."]}) from error
    if ask is None:
        raise Http404
    return ask


def asked_month(request: Request, *parameters: OpenApiParameter) -> CreditAsk:
    """Read what is asked of one month."""
    ask = asked(request, *parameters)
    if not ask.is_month:
        raise ValidationError({"since": ["One month is asked for here."]})
    return ask


class PayCreditView(WorkspaceAPIMixin, APIView):
    """Attribution."""

    @extend_schema(operation_id="pay_credit", parameters=[SLUG, SINCE, *FILTERS], responses=CreditShape, tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return what every side is credited by every model, beside the company's total."""
        return Response(CreditShape(_report_node(credit_report(asked(request, *FILTERS)))).data)


def _report_node(report: CreditReport) -> dict[str, Any]:
    ask = report.ask
    return {
        "since": str(ask.first),
        "period": str(ask.last),
        "by": ask.by.value,
        "model": ask.model,
        "own_model": report.own_model,
        "window_days": report.window,
        "missing": report.missing,
        "totals": report.totals,
        "sums": report.sums,
        "sides": [
            {
                "side": line.side,
                "names": line.names.as_json(),
                "orders": line.orders,
                "unpaid": line.unpaid,
                "credits": line.credits,
            }
            for line in report.lines
        ],
    }


class PayCreditOrderView(WorkspaceAPIMixin, APIView):
    """One order."""

    @extend_schema(
        operation_id="pay_credit_order",
        parameters=[SLUG, ORDER],
        responses=OrderCreditShape,
        tags=["pay"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return an order's touches, its credits by every model, and whose it is for pay."""
        order = order_credit(kwargs["order_id"])
        if order is None:
            raise Http404
        return Response(OrderCreditShape(_order_node(order)).data)


def _order_node(order: OrderCredit) -> dict[str, Any]:
    touches = [
        {
            "seq": line.seq,
            "at": line.at.isoformat(),
            "role": line.role.as_json(),
            "side": line.side,
            "channel": line.channel,
            "employee": line.employee,
            "campaign": line.campaign,
            "seconds_before": line.age,
            "earns": line.earns.value,
            "credits": line.credits,
        }
        for line in order.touches
    ]
    owners = [{"rule": e.rule.value, "person": e.person, "store": e.store, "amount": e.amount} for e in order.owners]
    return {
        "order_id": order.order_id,
        "paid_at": order.paid_at.isoformat(),
        "channel": order.channel,
        "unit": order.unit,
        "status": order.status,
        "amount": order.amount,
        "own_model": order.own_model,
        "touches": touches,
        "sums": order.sums,
        "owners": owners,
    }


class PayConflictsView(WorkspaceAPIMixin, APIView):
    """Orders of two sides."""

    @extend_schema(operation_id="pay_conflicts", parameters=[SLUG, *FILTERS], responses=ConflictsShape, tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return every pair of sides that touched the same orders: how many, their value, who is credited."""
        ask = asked_month(request, *FILTERS)
        report = conflict_report(ask)
        node = {
            "period": str(ask.last),
            "by": ask.by.value,
            "model": ask.model,
            "missing": report.missing,
            "orders": report.orders,
            "value": report.value,
            "pairs": [
                {
                    "sides": pair.sides,
                    "names": [report.names[side].as_json() for side in pair.sides],
                    "orders": pair.orders,
                    "value": pair.value,
                    "credited": pair.credited,
                    "unpaid": pair.unpaid,
                    "rules": pair.rules,
                }
                for pair in report.pairs
            ],
        }
        return Response(ConflictsShape(node).data)


class PayConflictOrdersView(WorkspaceAPIMixin, APIView):
    """The orders of one pair."""

    @extend_schema(
        operation_id="pay_conflict_orders",
        parameters=[SLUG, ONE, OTHER, *FILTERS, CURSOR, SIZE],
        responses=PairOrdersShape,
        tags=["pay"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the orders that two sides touched, page by page. 404 where they met on none."""
        ask = asked_month(request, *FILTERS)
        said = request.query_params
        size = number_within(said.get("page_size", str(PAGE_SIZE)), most=MOST_A_PAGE, name="page_size")
        offset = number_within(said["cursor"], most=MOST_SKIPPED, name="cursor") if "cursor" in said else 0
        found = conflict_orders(ask, (said.get("one", ""), said.get("other", "")), offset=offset, limit=size)
        if found.pair is None:
            raise Http404
        following = said.copy()
        following["cursor"] = str(offset + size)
        more = offset + size < found.pair.orders
        url = request.build_absolute_uri(f"{request.path}?{following.urlencode()}")
        return Response(PairOrdersShape({"next": url if more else None, "results": found.orders}).data)


class PaySharedView(WorkspaceAPIMixin, APIView):
    """Shared groups."""

    @extend_schema(
        operation_id="pay_shared",
        parameters=[SLUG, PERIOD, UNIT],
        responses=SharedTotalShape(many=True),
        tags=["pay"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return what is counted once and seen by several: the total, its sources, every view."""
        ask = asked_month(request)
        found: tuple[SharedTotal, ...] = shared_totals(ask.last, ask.unit)
        return Response(SharedTotalShape(found, many=True).data)
