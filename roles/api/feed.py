"""The delta feed: everything once, then what has changed, from where the reader stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import number_within, problem
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import today_in
from roles.api.resources import RESOURCES, UNITS
from roles.api.versions import shown
from roles.choices import Thing
from roles.queries.feed import Page, Position, feed, newest_revision

SALT = "roles.feed"
KEPT = timedelta(days=90)
USUAL, MOST = 200, 1000
SHOWN = {resource.thing: list(resource.document().fields) for resource in RESOURCES}
SINCE = OpenApiParameter(
    "since",
    OpenApiTypes.STR,
    description="The `next` of your last reading. Left out, the reading begins with everything there is.",
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    description=f"At most so many things; {USUAL} when left out.",
)


class ChangeSerializer(serializers.Serializer[Any]):
    """A thing that has been touched, as it is now."""

    thing = serializers.ChoiceField(choices=[thing.value for thing in Thing], help_text="What it is.")
    external_id = serializers.CharField(help_text="Its id.")
    revision = serializers.IntegerField(help_text="The last revision that touched it; 0 for none.")
    removed = serializers.BooleanField(help_text="A tombstone: it is not there today, so let it go.")
    document = serializers.DictField(allow_null=True, help_text="As `GET` of one shows it today; null when removed.")


class ChangesSerializer(serializers.Serializer[Any]):
    """A part of the feed."""

    changes = ChangeSerializer(many=True, help_text="In the order in which they were last touched.")
    next = serializers.CharField(help_text="Send it as `since` next time, now or later. It is good for 90 days.")
    has_more = serializers.BooleanField(help_text="Whether more is there already.")


class ChangesView(WorkspaceAPIMixin, APIView):
    """What has changed since."""

    @extend_schema(
        operation_id="changes_list",
        summary="Read what has changed",
        description=(
            "Everything once, page by page, then only what has been touched since, each as it is today or as a "
            "tombstone. Planned changes come when their day does. Keep the last state of each thing and you have what "
            "a full read gives. 410 `full_sync_required`: let go of everything and begin without `since`."
        ),
        parameters=[SINCE, LIMIT],
        responses={200: ChangesSerializer},
        examples=[
            OpenApiExample(
                "A store and a leaver",
                value={
                    "changes": [
                        {
                            "thing": "units",
                            "external_id": UNITS.example_id,
                            "revision": 17,
                            "removed": False,
                            "document": {"external_id": UNITS.example_id, **UNITS.example},
                        },
                        {
                            "thing": "people",
                            "external_id": "E1001",
                            "revision": 18,
                            "removed": True,
                            "document": None,
                        },
                    ],
                    "next": "eyJ3IjoxLCJuIjoxOH0:1w:abc",
                    "has_more": False,
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
        tags=["changes"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the next part."""
        workspace = access_of(request).workspace
        since = request.query_params.get("since")
        limit = number_within(request.query_params.get("limit", str(USUAL)), most=MOST, name="limit")
        position = None
        if since is not None:
            position = _position(since, workspace_id=workspace.pk)
            if position is None or position.number > newest_revision():
                detail = _("This token leads nowhere any more. Begin without one and read everything again.")
                return problem(410, code="full_sync_required", detail=detail)
        return Response(_shown(feed(position, as_of=today_in(workspace), most=limit), workspace_id=workspace.pk))


def _shown(page: Page, *, workspace_id: int) -> dict[str, Any]:
    return {
        "changes": [
            {
                "thing": one.thing.value,
                "external_id": one.external_id,
                "revision": one.revision,
                "removed": one.document is None,
                "document": one.document and shown(one.document, SHOWN.get(one.thing, one.document)),
            }
            for one in page.told
        ],
        "next": _token(page.next, workspace_id=workspace_id),
        "has_more": page.has_more,
    }


def _token(position: Position, *, workspace_id: int) -> str:
    said = [workspace_id, position.number, position.thing, position.external_id, position.is_full]
    return signing.dumps(said, salt=SALT, compress=True)


def _position(token: str, *, workspace_id: int) -> Position | None:
    """Return where the token leads; None for one that is not ours, too old, or of another workspace."""
    try:
        theirs, number, thing, external_id, is_full = signing.loads(token, salt=SALT, max_age=KEPT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Position(number, thing, external_id, is_full) if theirs == workspace_id else None
