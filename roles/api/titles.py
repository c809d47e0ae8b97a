"""Job titles over REST: which role each title in use means and why, and what the workspace says about titles."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import is_dry_run
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from roles.api.fields import TextField, WordField
from roles.api.reading import Fault, Row, fault, members, reader_of, refuse
from roles.api.requests import AS_OF, DRY_RUN, KNOWN_AT, clocks_of
from roles.api.shapes import ClosedShape
from roles.choices import TitleSay
from roles.errors import TitleRefused
from roles.models import as_known
from roles.queries.titles import TitleLine, titles_in_use
from roles.services.titles import say_title
from roles.titles import TitleRule

MOST = 500


class TitleShape(serializers.Serializer[Any]):
    """A title in use on the day."""

    title = serializers.CharField()
    seats = serializers.IntegerField()
    people = serializers.IntegerField()
    role = serializers.CharField(allow_blank=True, help_text="Empty: none.")
    rule = serializers.ChoiceField(
        [rule.value for rule in TitleRule],
        help_text=(
            "`own`: said here; `exact`: the same as a known title; `contains`: the longest known title inside; `none`."
        ),
    )
    rests_on = serializers.CharField(allow_blank=True, help_text="The known title that decided.")
    roles_of_seats = serializers.DictField(
        child=serializers.IntegerField(), help_text="The roles that seats of this title are entered with."
    )


class TitleRow(ClosedShape):
    """What one title means from now on."""

    title = TextField(most=120, least=1)
    says = WordField(TitleSay, required=False, default=TitleSay.ROLE.value)
    role = TextField(most=40, required=False, default="")
    note = TextField(most=300, required=False, default="")


class TitlesBody(serializers.Serializer[Any]):
    """Up to 500 titles."""

    titles = TitleRow(many=True)


class TitlesWritten(serializers.Serializer[Any]):
    """How many were kept."""

    titles = serializers.IntegerField()
    dry_run = serializers.BooleanField()


class TitlesView(WorkspaceAPIMixin, APIView):
    """Titles and the roles they mean."""

    @extend_schema(
        operation_id="role_titles_list",
        parameters=[AS_OF, KNOWN_AT],
        responses=TitleShape(many=True),
        summary="List the titles in use and their roles",
        tags=["roles"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """The titles of the day's seats within your bounds, those without a role first, each with its rule."""
        clocks = clocks_of(request)
        with as_known(clocks.known_at):
            found = titles_in_use(as_of=clocks.as_of, within=access_of(request).own_unit)
        return Response([_line(line) for line in found])

    @extend_schema(
        operation_id="role_titles_write",
        parameters=[DRY_RUN, IDEMPOTENCY_KEY],
        request=TitlesBody,
        responses=TitlesWritten,
        examples=[
            OpenApiExample(
                "Two titles",
                value={
                    "titles": [
                        {"title": "社群主理人", "role": "user-ops"},
                        {"title": "保安", "says": "none", "note": "no omnichannel work"},
                    ]
                },
                request_only=True,
            )
        ],
        summary="Say which roles titles mean",
        tags=["roles"],
    )
    @idempotent
    def put(self, request: Request, slug: str) -> Response:
        """Keep what up to 500 titles mean, all or none; `rules` leaves a title to the rules again."""
        rows, faults = _read(request)
        with transaction.atomic():
            for place, row in enumerate(rows):
                try:
                    says = TitleSay(row.pop("says"))
                    say_title(row.pop("title"), says=says, **row, actor_id=access_of(request).user_id)
                except TitleRefused as error:
                    faults.append(fault(f"/titles/{place}/{error.field}", error.code, str(error)))
            refuse(faults)
            if is_dry_run(request):
                transaction.set_rollback(True)
        return Response({"titles": len(rows), "dry_run": is_dry_run(request)})


def _read(request: Request) -> tuple[list[Row], list[Fault]]:
    faults: list[Fault] = []
    raw = members(request.data, allowed={"titles": True}, faults=faults).get("titles", [])
    if type(raw) is not list or not 1 <= len(raw) <= MOST:
        faults.append(fault("/titles", "not_a_list", _("A list of 1 to %(most)s rows is expected.") % {"most": MOST}))
        raw = []
    reader = reader_of(TitleRow)
    found = [reader.read(each, pointer=f"/titles/{place}", faults=faults) for place, each in enumerate(raw)]
    refuse(faults)
    return found, faults


def _line(line: TitleLine) -> dict[str, Any]:
    return {
        "title": line.title,
        "seats": line.seats,
        "people": line.people,
        "role": line.mapped.role,
        "rule": line.mapped.rule.value,
        "rests_on": line.mapped.by,
        "roles_of_seats": {role: count for role, _names, count in line.told},
    }
