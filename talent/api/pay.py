"""Pay bands and the posts outside them over REST, for those who see pay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.fields import StrictCharField
from omnichannel.core.http import InvalidBody, is_dry_run, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_day
from talent.errors.pay import PayRefused
from talent.people.pay import Level, PayBand, Place
from talent.people.pay_files import COLUMNS
from talent.queries.pay_bands import pay_bands
from talent.queries.pay_check import PostCheck, PostKind, pay_check
from talent.services.pay_bands import write_bands

POST_KINDS = [kind.value for kind in PostKind]
LEVELS = [level.value for level in Level]
AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day; today when left out.")
DRY_RUN = OpenApiParameter(
    "dry_run", OpenApiTypes.BOOL, description="Tell what would happen and write nothing; same as `Prefer: dry-run`."
)
ROLE = OpenApiParameter("role", str, description="Only this role.")
LEVEL = OpenApiParameter("level", str, enum=LEVELS, description="Only this level.")
CITY = OpenApiParameter("city", str, description="Only bands of this city; the general ones are left out.")
PLACE = OpenApiParameter(
    "place", str, enum=[place.value for place in Place], description="Only posts that stand so; all when left out."
)
KIND = OpenApiParameter("kind", str, enum=POST_KINDS, description="Only seats or only people.")
BAND = {
    "role": "user-ops",
    "level": "manager",
    "city": "上海",
    "low": "15000.00",
    "middle": "20000.00",
    "high": "25000.00",
    "since": "2026-01-01",
    "source": "pay committee 2025-12",
    "note": "",
}


class PayBandShape(serializers.Serializer[Any]):
    """What a role is paid on a level in a city from a day on, CNY a month for full time."""

    role = serializers.CharField()
    level = serializers.ChoiceField(LEVELS)
    city = serializers.CharField(allow_blank=True, help_text="Empty: everywhere without a band of its own.")
    low = serializers.DecimalField(max_digits=18, decimal_places=2)
    middle = serializers.DecimalField(max_digits=18, decimal_places=2)
    high = serializers.DecimalField(max_digits=18, decimal_places=2)
    since = serializers.DateField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # DRF takes declared fields off the class
    note = serializers.CharField(allow_blank=True)


class PayBandRow(serializers.Serializer[Any]):
    """A band to keep. Without low, middle and high the band ends on its day. Role and level by id or name."""

    role = StrictCharField()
    level = StrictCharField()
    city = StrictCharField(max_length=60, required=False, allow_blank=True)
    low = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    middle = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    high = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    since = serializers.DateField()
    source = StrictCharField(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]
    note = StrictCharField(max_length=300, required=False, allow_blank=True)


class PayBandsBody(serializers.Serializer[Any]):
    """Up to 2,000 bands."""

    bands = PayBandRow(many=True)


class PayBandsWritten(serializers.Serializer[Any]):
    """How many rows were kept and how many said what holds already."""

    written = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    dry_run = serializers.BooleanField()


class PostShape(serializers.Serializer[Any]):
    """A seat or a person against the band."""

    kind = serializers.ChoiceField(POST_KINDS)
    external_id = serializers.CharField(source="id")
    name = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    unit_external_id = serializers.CharField(source="unit")
    city = serializers.CharField(allow_blank=True)
    role = serializers.CharField()
    role_rule = serializers.CharField(
        source="rule", allow_blank=True, help_text="How the title led to the role; empty where the role is entered."
    )
    level = serializers.ChoiceField(LEVELS, allow_null=True, help_text="null: no title; the span of all levels counts.")
    fte = serializers.CharField()
    monthly = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="CNY a month for one FTE.")
    low = serializers.SerializerMethodField()
    high = serializers.SerializerMethodField()
    place = serializers.ChoiceField([place.value for place in Place])
    distance = serializers.DecimalField(
        max_digits=18, decimal_places=2, allow_null=True, help_text="Negative below the band, positive above."
    )

    def get_low(self, post: PostCheck) -> str | None:
        """Return where the band begins."""
        return str(post.bounds.low) if post.bounds else None

    def get_high(self, post: PostCheck) -> str | None:
        """Return where the band ends."""
        return str(post.bounds.high) if post.bounds else None


class PayBandsView(WorkspaceAPIMixin, APIView):
    """The bands of a day."""

    @extend_schema(
        operation_id="pay_bands_list",
        parameters=[AS_OF, ROLE, LEVEL, CITY],
        responses=PayBandShape(many=True),
        examples=[OpenApiExample("One band", value=BAND, response_only=True)],
        summary="List the pay bands",
        tags=["pay"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """The bands that hold on the day, by role, level and city."""
        refuse_unknown_words(request, [LEVEL])
        asked = request.query_params
        found = [
            one
            for one in pay_bands(as_of=asked_day(request, "as_of", workspace=access_of(request).workspace)).bands
            if all(asked.get(name, value) == value for name, value in _filters(one))
        ]
        return Response(PayBandShape(found, many=True).data)

    @extend_schema(
        operation_id="pay_bands_write",
        parameters=[DRY_RUN, IDEMPOTENCY_KEY],
        request=PayBandsBody,
        responses=PayBandsWritten,
        examples=[OpenApiExample("One band", value={"bands": [BAND]}, request_only=True)],
        summary="Set pay bands",
        tags=["pay"],
    )
    @idempotent
    def put(self, request: Request, slug: str) -> Response:
        """Keep bands, all or none; a row that says what holds already is not kept again."""
        dry_run = is_dry_run(request)
        try:
            done = write_bands(_rows(request.data), actor_id=access_of(request).user_id, dry_run=dry_run)
        except PayRefused as error:
            raise InvalidBody(
                [
                    {
                        "pointer": f"/bands/{fault.row - 1}/{fault.field}" if fault.row else "/bands",
                        "code": fault.code,
                        "message": fault.message,
                    }
                    for fault in error.faults
                ]
            ) from error
        return Response({"written": done.written, "unchanged": done.unchanged, "dry_run": dry_run})


class PayCheckView(WorkspaceAPIMixin, APIView):
    """Posts against their bands."""

    @extend_schema(
        operation_id="pay_check_list",
        parameters=[AS_OF, PLACE, KIND, ROLE],
        responses=PostShape(many=True),
        summary="Compare seats and people with the pay bands",
        tags=["pay"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Every seat with a budget and everybody of the firm's own staff whose monthly cost is known, by FTE."""
        refuse_unknown_words(request, [PLACE, KIND])
        asked = request.query_params
        found = pay_check(as_of=asked_day(request, "as_of", workspace=access_of(request).workspace))
        posts = [
            post
            for post in found.posts
            if asked.get("place", post.place.value) == post.place.value
            and asked.get("kind", post.kind.value) == post.kind.value
            and asked.get("role", post.role) == post.role
        ]
        return Response(PostShape(posts, many=True).data)


def _filters(one: PayBand) -> tuple[tuple[str, str], ...]:
    return ("role", one.role), ("level", one.level), ("city", one.city)


def _rows(body: Any) -> list[dict[str, str]]:
    """Read the rows as texts; what is no object, or has a field that is not known, is refused at its place."""
    raw = body.get("bands") if isinstance(body, dict) else None
    faults = []
    if not isinstance(raw, list) or (isinstance(body, dict) and set(body) - {"bands"}):
        raise InvalidBody([_fault("/bands", "not_a_list", _("A list of bands is expected."))])
    for place, row in enumerate(raw):
        if not isinstance(row, dict):
            faults.append(_fault(f"/bands/{place}", "not_an_object", _("An object is expected.")))
            continue
        for name, value in row.items():
            if name not in COLUMNS:
                message = _("There is no field %(name)s here.") % {"name": str(name)[:64]}
                faults.append(_fault(f"/bands/{place}/{str(name)[:64]}", "unknown_field", message))
            elif isinstance(value, bool) or not isinstance(value, str | int | float | None):
                faults.append(_fault(f"/bands/{place}/{name}", "not_a_text", _("A text is expected.")))
    if faults:
        raise InvalidBody(faults)
    return [{name: "" if value is None else _text(value) for name, value in row.items()} for row in raw]


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{Decimal(str(value)):f}"


def _fault(pointer: str, code: str, message: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code, "message": message}
