"""The organisation stage of each unit, read only: stages are adopted by people, after a diagnosis."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from roles.api.lists import ById, bounded
from roles.api.requests import AS_OF, KNOWN_AT, KNOWN_TAG, clocks_of
from roles.api.shapes import StageDocument
from roles.api.versions import versioned
from roles.choices import Thing
from roles.models import as_known
from roles.queries.documents import stage_documents

EXAMPLE = {
    "external_id": "S0101",
    "stage": "strong-department",
    "subtype": "market-led",
    "decided_in": "R01",
    "since": "2026-03-01",
    "note": "diagnosis of February",
    "revision": 17,
}


class StagesView(WorkspaceAPIMixin, ListAPIView[Any]):
    """The stages of all units on a day."""

    serializer_class = StageDocument
    pagination_class = ById
    filter_backends = ()

    @extend_schema(
        operation_id="stages_list",
        parameters=[AS_OF, KNOWN_AT],
        responses=StageDocument(many=True),
        summary="List the stages of units",
        tags=["stages"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The stage that each unit works in, its own or that of the unit above from which it inherits, by unit id."""
        clocks = clocks_of(request)
        with as_known(clocks.known_at):
            page = self.paginate_queryset(bounded(Thing.UNITS, request)) or []
            keys = [row["external_id"] for row in page]
            found = stage_documents(keys, as_of=clocks.as_of)
        return self.get_paginated_response([found[key] for key in keys])


class StageView(WorkspaceAPIMixin, APIView):
    """The stage of one unit."""

    @extend_schema(
        operation_id="stages_read",
        parameters=[
            OpenApiParameter("external_id", str, OpenApiParameter.PATH, description="The id of the unit."),
            AS_OF,
            KNOWN_AT,
            KNOWN_TAG,
        ],
        responses={200: StageDocument, 304: None},
        examples=[OpenApiExample("Inherited", value=EXAMPLE, response_only=True, status_codes=["200"])],
        summary="Read the stage of one unit",
        tags=["stages"],
    )
    def get(self, request: Request, slug: str, external_id: str) -> Response:
        """The stage that the unit works in on the day, and where that was decided."""
        clocks = clocks_of(request)
        with as_known(clocks.known_at):
            found = stage_documents([external_id], as_of=clocks.as_of, within=access_of(request).own_unit)
        if external_id not in found:
            raise Http404
        return versioned(found[external_id], request, names=found[external_id])
