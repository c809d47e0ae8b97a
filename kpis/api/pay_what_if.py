"""What more of a base would bring, over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.queries.pay.statements import statements_seen
from kpis.queries.pay.what_if import bases_ahead
from omnichannel.core.http import problem
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

STATEMENT = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The statement's id.")
BASE = OpenApiParameter("base", str, description="A base of the plan, such as `valid_contacts`.")
MORE = OpenApiParameter("more", str, description="How much more of it: whole for things counted, else two decimals.")


class GainShape(serializers.Serializer[Any]):
    """So many more of a base, what they add to the statement, and what it then pays; CNY."""

    more = serializers.CharField()
    gain = serializers.CharField()
    total = serializers.CharField()


class BaseAheadShape(serializers.Serializer[Any]):
    """A base of the plan. `quantity` null: not measured; `next`: the nearest step of a ladder on it."""

    base = serializers.CharField(source="base.id")
    quantity = serializers.CharField(allow_null=True)
    target = serializers.CharField(allow_null=True)
    steps = GainShape(many=True)
    next = GainShape(allow_null=True)
    asked = GainShape(allow_null=True)
    asked_next = GainShape(allow_null=True)


class WhatIfShape(serializers.Serializer[Any]):
    """What a statement pays, and what more would bring."""

    statement = serializers.IntegerField(source="statement.pk")
    amount = serializers.CharField()
    bases = BaseAheadShape(many=True)


class PayWhatIfView(WorkspaceAPIMixin, APIView):
    """What more would bring."""

    @extend_schema(
        operation_id="pay_what_if", parameters=[SLUG, STATEMENT, BASE, MORE], responses=WhatIfShape, tags=["pay"]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Work a statement out with more of a base; nothing is written. People see their own closed months only."""
        statement = get_object_or_404(statements_seen(person=access_of(request).own_person), pk=kwargs["pk"])
        base, more = (request.query_params.get(name, "")[:40] for name in ("base", "more"))
        found = bases_ahead(statement, base=base, more=more)
        if found.fault:
            pointer = "/more" if any(one.base.id == base for one in found.bases) else "/base"
            issues = [{"pointer": pointer, "code": "invalid", "message": found.fault}]
            return problem(422, code="invalid", detail=found.fault, issues=issues)
        return Response(WhatIfShape(found).data)
