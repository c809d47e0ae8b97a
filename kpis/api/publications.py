"""Published scorecards for REST clients: what was told, byte for byte."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import PERSONAL_ROUTE, SLUG
from kpis.models import Publication, PublishedCard
from kpis.queries.bounds import rows_within
from kpis.queries.publications import published_cards, standings
from omnichannel.core.periods import Period, parse_period
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.permissions import may

ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The publication's id.")
CARD = OpenApiParameter("card_pk", int, OpenApiParameter.PATH, description="The published card's id.")


class CauseSerializer(serializers.Serializer[dict[str, Any]]):
    """Why cards differ from what was published before: the kind of change, the KPIs, the uploads behind it."""

    kind = serializers.CharField()
    kpis = serializers.ListField(child=serializers.CharField())
    uploads = serializers.ListField(child=serializers.DictField())


class PublicationSerializer(serializers.ModelSerializer[Publication]):
    """One publication. `digest` is over the digests of its cards; `causes` compares with what was published before."""

    unit = serializers.CharField(source="unit_id", help_text="Empty for the whole company.")
    cards = serializers.IntegerField(source="cards_count")
    changed = serializers.IntegerField(source="changed_count")
    causes = CauseSerializer(many=True)

    class Meta:
        model = Publication
        fields = (
            "id", "period", "number", "unit", "note", "cards", "changed", "causes", "upload_seq", "library_version",
            "digest", "published_at",
        )  # fmt: skip


class PublishedCardSerializer(serializers.ModelSerializer[PublishedCard]):
    """A card of a publication. `is_current`: the present card says the same; `document` is at its own address."""

    role = serializers.CharField(source="role_key")
    is_current = serializers.BooleanField(source="same")

    class Meta:
        model = PublishedCard
        fields = ("id", "role", "scope_kind", "scope_id", "name", "score", "band", "digest", "is_current")


class PublicationsView(WorkspaceAPIMixin, APIView):
    """What was published."""

    @extend_schema(
        parameters=[SLUG, OpenApiParameter("period", str, description="Only this period, such as `2024-11`.")],
        responses=PublicationSerializer(many=True),
        tags=["kpis"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the publications that hold a card the caller may see, newest first."""
        seen = _bounds(request, None)
        found = standings(seen, period=request.query_params.get("period", ""))
        return Response(PublicationSerializer([one.publication for one in found], many=True).data)


class PublicationView(WorkspaceAPIMixin, generics.ListAPIView[PublishedCard]):
    """The cards of a publication."""

    serializer_class = PublishedCardSerializer
    filter_backends: tuple[()] = ()

    def get_queryset(self) -> QuerySet[PublishedCard]:
        """Return the cards the caller may see."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return PublishedCard._default_manager.none()
        found = get_object_or_404(Publication.objects, pk=self.kwargs["pk"])
        return published_cards(found, _bounds(self.request, parse_period(found.period)))

    @extend_schema(operation_id="published_cards_list", parameters=[SLUG, ID], tags=["kpis"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the cards of a publication, page by page."""
        return self.list(request, *args, **kwargs)


class PublishedCardView(WorkspaceAPIMixin, APIView):
    """One card as it was published."""

    @extend_schema(
        parameters=[SLUG, ID, CARD],
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, description="The document, byte for byte.")},
        tags=["kpis"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the document. Its SHA-256 is the card's digest."""
        rows = PublishedCard.objects.select_related("publication")
        card = get_object_or_404(rows, pk=kwargs["card_pk"], publication_id=kwargs["pk"])
        seen = _bounds(request, parse_period(card.publication.period))
        get_object_or_404(PublishedCard.objects.filter(seen), pk=card.pk)
        return HttpResponse(card.document.encode(), content_type="application/json")


def _bounds(request: Request, period: Period | None) -> Any:
    access = access_of(request)
    return rows_within(
        on=period.last_day if period else today_in(access.workspace),
        unit=access.own_unit,
        person=access.own_person,
        with_people=may(access, PERSONAL_ROUTE),
    )
