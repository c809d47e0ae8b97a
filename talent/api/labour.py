"""Labour-market facts over REST: the library's to read, the workspace's own to write."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.fields import StrictCharField, StrictIntegerField
from omnichannel.core.http import InvalidBody
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from talent.errors.pay import PayRefused, UnknownPayChange
from talent.queries.labour import market_facts, own_fact
from talent.services.labour import FactInput, save_fact, withdraw_fact

KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="The fact's key.")
FACT = {
    "statement": "Store managers in Shanghai, mean pay",
    "figure": "14500",
    "unit": "CNY/month",
    "year": 2026,
    "source": "own survey of 40 retailers",
    "url": "",
}


class FactTexts(serializers.Serializer[Any]):
    """A text in both languages; one's own text stands in both."""

    zh = serializers.CharField()
    en = serializers.CharField()


class FactShape(serializers.Serializer[Any]):
    """A fact. It is shown and never computed with."""

    key = serializers.CharField()
    statement = FactTexts(source="names")
    figures = serializers.ListField(
        child=serializers.DecimalField(max_digits=18, decimal_places=4), help_text="Empty: only a rank is known."
    )
    unit = FactTexts(allow_null=True)
    year = serializers.CharField(allow_blank=True, help_text="Empty: the source did not state it.")
    source = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    url = serializers.CharField(allow_blank=True)
    is_own = serializers.BooleanField(help_text="Added by the workspace; the library's are read only.")


class FactBody(serializers.Serializer[Any]):
    """A fact of the workspace's own. Statement, figure, unit, year and source are all needed."""

    statement = StrictCharField(required=False, default="", allow_blank=True)
    figure = serializers.DecimalField(max_digits=18, decimal_places=4, required=False, allow_null=True, default=None)
    unit = StrictCharField(required=False, default="", allow_blank=True)
    year = StrictIntegerField(required=False, allow_null=True, default=None)
    source = StrictCharField(required=False, default="", allow_blank=True)  # type: ignore[assignment]  # as above
    url = serializers.URLField(required=False, default="", allow_blank=True, max_length=500)


class LabourFactsView(WorkspaceAPIMixin, APIView):
    """All facts."""

    @extend_schema(
        operation_id="labour_facts_list",
        responses=FactShape(many=True),
        summary="List labour-market facts",
        tags=["pay"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """The library's facts and then the workspace's own, the newest of these first."""
        return Response(FactShape(market_facts(), many=True).data)

    @extend_schema(
        operation_id="labour_facts_create",
        parameters=[IDEMPOTENCY_KEY],
        request=FactBody,
        responses={201: FactShape},
        examples=[OpenApiExample("A fact", value=FACT, request_only=True)],
        summary="Add a labour-market fact",
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Keep a fact; without a year or a source it is refused."""
        return _saved(request, "")


class LabourFactView(WorkspaceAPIMixin, APIView):
    """One fact of the workspace's own."""

    @extend_schema(
        operation_id="labour_facts_update",
        parameters=[KEY, IDEMPOTENCY_KEY],
        request=FactBody,
        responses=FactShape,
        examples=[OpenApiExample("A fact", value=FACT, request_only=True)],
        summary="Say a labour-market fact anew",
        tags=["pay"],
    )
    @idempotent
    def put(self, request: Request, slug: str, key: UUID) -> Response:
        """Keep a newer wording; the earlier ones stay in the history."""
        if own_fact(str(key)) is None:
            raise Http404
        return _saved(request, str(key))

    @extend_schema(
        operation_id="labour_facts_withdraw",
        parameters=[KEY],
        responses={204: None},
        summary="Withdraw a labour-market fact",
        tags=["pay"],
    )
    def delete(self, request: Request, slug: str, key: UUID) -> Response:
        """Take the fact off the list; its wordings stay in the history."""
        try:
            withdraw_fact(str(key), actor_id=access_of(request).user_id)
        except UnknownPayChange as error:
            raise Http404 from error
        return Response(status=204)


def _saved(request: Request, key: str) -> Response:
    body = FactBody(data=request.data)
    body.is_valid(raise_exception=True)
    try:
        row = save_fact(FactInput(**body.validated_data), key=key, actor_id=access_of(request).user_id)
    except PayRefused as error:
        raise InvalidBody(
            [{"pointer": f"/{one.field}", "code": one.code, "message": one.message} for one in error.faults]
        ) from error
    return Response(FactShape(own_fact(str(row.key))).data, status=200 if key else 201)
