"""The whole org chart as one document: read, tried, put."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.collecting import uncollected
from omnichannel.core.http import is_dry_run, problem
from omnichannel.core.parsing import StrictJSONParser
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from roles.api import shapes
from roles.api.fields import DayField
from roles.api.plans import ChartPlanSerializer, plan_of
from roles.api.reading import MOST_FAULTS, Fault, Row, fault, members, reader_of, refuse, said_day
from roles.api.requests import (
    AS_OF,
    DRY_RUN,
    EFFECTIVE_ON,
    KNOWN_AT,
    SOURCE,
    clocks_of,
    effective_day,
    source_of,
    units_since,
)
from roles.api.resources import RESOURCES
from roles.api.versions import shown
from roles.choices import OrgSource, Thing
from roles.models import as_known
from roles.queries.whole import chart_rows
from roles.services.source_ids import translate
from roles.services.upserts import INPUTS
from roles.services.whole import ChartDocument, ChartResult, put_org_chart

MOST_MEGABYTES = 64
CHUNK = 1 << 16
PARTS = {resource.thing: resource for resource in RESOURCES}
CONFIRM = OpenApiParameter(
    "confirm",
    OpenApiTypes.STR,
    description=(
        "The exact words of the refusal, such as `2,431 leavers`, when more than 10 % of the people leave or of the "
        "units close."
    ),
)
OWNER = OpenApiParameter(
    "source",
    SOURCE,
    description=(
        "The source this document speaks for, such as `wecom`, in its own ids: only what it alone owns ends when the "
        "document no longer has it. Left out, the document speaks for everything that no source owns."
    ),
)


class TooLarge(APIException):
    """A document beyond the limit."""

    status_code = 413
    default_code = "too_large"

    def __init__(self) -> None:
        super().__init__(_("A document has at most %(most)s MiB, unpacked.") % {"most": MOST_MEGABYTES})


class DocumentParser(StrictJSONParser):
    """JSON as it is or packed with gzip, up to the limit."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Unpack and parse."""
        request = (parser_context or {}).get("request")
        packed = request is not None and request.headers.get("Content-Encoding", "").lower() == "gzip"
        return super().parse(io.BytesIO(_read(stream, packed=packed)), media_type, parser_context)


def _read(stream: Any, *, packed: bool) -> bytes:
    source = gzip.GzipFile(fileobj=stream) if packed else stream
    read: list[bytes] = []
    size = 0
    try:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > MOST_MEGABYTES << 20:
                raise TooLarge
            read.append(chunk)
    except (OSError, EOFError, zlib.error):
        raise ParseError(_("The body is not packed with gzip, as Content-Encoding says.")) from None
    return b"".join(read)


class ChartShape(shapes.ClosedShape):
    """A whole org chart. A part that is left out is not touched; one that is given is all there is of it."""

    units = shapes.UnitRow(many=True, required=False, help_text="All units.")
    seats = shapes.SeatRow(many=True, required=False, help_text="All seats.")
    people = shapes.PersonRow(many=True, required=False, help_text="All people.")
    assignments = shapes.AssignmentRow(many=True, required=False, help_text="Who holds which role.")
    lines = shapes.LineRow(many=True, required=False, help_text="All secondary lines.")
    effective_on = DayField(required=False, help_text="The day from which it holds, unless the query says it.")


EXAMPLE = {part.value: [resource.example_row] for part, resource in PARTS.items()}


class OrgChartView(WorkspaceAPIMixin, APIView):
    """The whole org chart."""

    parser_classes = (DocumentParser,)

    @extend_schema(
        operation_id="org_chart_read",
        summary="Read the whole org chart",
        description=(
            "All units, seats, people, assignments and secondary lines of a day, as one document. Put back as it is, "
            "it changes nothing. With `source`, only what that source has an id for, under its own ids."
        ),
        parameters=[AS_OF, KNOWN_AT, OpenApiParameter("source", SOURCE, description="Only what this source owns.")],
        responses=ChartShape,
        tags=["org-chart"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the document of the day."""
        clocks = clocks_of(request)
        with as_known(clocks.known_at):
            found = chart_rows(as_of=clocks.as_of, source=source_of(request))
        names = {thing: list(resource.row().fields) for thing, resource in PARTS.items()}
        return Response({thing.value: [shown(row, names[thing]) for row in found[thing]] for thing in PARTS})

    @extend_schema(
        operation_id="org_chart_put",
        summary="Bring the org chart to a document",
        description=(
            "Creates, changes, moves and ends whatever differs, as one revision or not at all; the same document again "
            "changes nothing. A dry run lists all of it with names, and what follows: head counts, roles nobody holds "
            f"any more, seats left open. The body may be packed (`Content-Encoding: gzip`), up to {MOST_MEGABYTES} MiB "
            "unpacked."
        ),
        parameters=[EFFECTIVE_ON, DRY_RUN, CONFIRM, OWNER, IDEMPOTENCY_KEY],
        request=ChartShape,
        responses={200: ChartPlanSerializer},
        examples=[OpenApiExample("A small firm", value=EXAMPLE, request_only=True)],
        tags=["org-chart"],
    )
    @idempotent
    @uncollected()
    def put(self, request: Request, slug: str) -> Response:
        """Bring the organisation to the document."""
        rows, said = _rows_of(request.data)
        on, source, dry_run = effective_day(request, said), source_of(request), is_dry_run(request)
        called = {thing: translate(thing, part, source=source) for thing, part in rows.items()} if source else {}
        result = put_org_chart(
            ChartDocument(
                **{thing.value: [INPUTS[thing](**row) for row in part] for thing, part in rows.items()},
                source_ids={thing: {theirs: ours for ours, theirs in ids.items()} for thing, ids in called.items()},
            ),
            source=OrgSource.API,
            effective_on=on,
            actor_id=access_of(request).user_id,
            owner=source,
            units_since=units_since(request, on),
            dry_run=dry_run,
            confirm_leavers=request.query_params.get("confirm"),
        )
        return _answer(result, dry_run=dry_run)


def _rows_of(data: Any) -> tuple[dict[Thing, list[Row]], date | None]:
    """Return the rows of each part of the document, and the day it says it holds from."""
    faults: list[Fault] = []
    allowed: Mapping[str, bool] = {"effective_on": False, **{thing.value: False for thing in PARTS}}
    body = members(data, allowed=allowed, faults=faults)
    said = said_day(body, faults=faults)
    found: dict[Thing, list[Row]] = {}
    if not any(thing.value in body for thing in PARTS):
        message = _("The document speaks of nothing. Give at least one of: %(parts)s.")
        faults.append(fault("", "required", message % {"parts": ", ".join(thing.value for thing in PARTS)}))
    for thing, resource in PARTS.items():
        raw = body.get(thing.value)
        if thing.value not in body:
            continue
        if type(raw) is not list:
            faults.append(fault(f"/{thing.value}", "not_a_list", _("A list is expected.")))
            continue
        read = reader_of(resource.row).read
        found[thing] = [read(one, pointer=f"/{thing.value}/{index}", faults=faults) for index, one in enumerate(raw)]
    refuse(faults)
    return found, said


def _answer(result: ChartResult, *, dry_run: bool) -> Response:
    if result.issues:
        return problem(
            422,
            code="document_refused",
            detail=_("Nothing was written. Correct the places listed and send the document again."),
            issues=[
                {**fault(issue.pointer, issue.code, issue.message), "external_id": issue.external_id}
                for issue in result.issues[:MOST_FAULTS]
            ],
        )
    plan = plan_of(result, dry_run=dry_run)
    if result.confirm and not dry_run:
        detail = _("This many would leave or close: %(words)s. Send the document again with confirm=%(words)s.")
        refusal = problem(409, code="leavers_unconfirmed", detail=detail % {"words": result.confirm})
        refusal.data |= plan
        return refusal
    return Response(plan)
