"""Many things at once: up to 1,000 rows of one kind, with a result for each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import flag_of, is_dry_run
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from roles.api.answers import MOST_ROWS, BatchResultSerializer, answer_batch, overload_warnings
from roles.api.fields import RankField, Refused
from roles.api.reading import Fault, Row, fault, members, reader_of, refuse, said_day
from roles.api.requests import (
    DRY_RUN,
    EFFECTIVE_ON,
    SOURCE_IDS,
    effective_day,
    source_of,
    units_since,
)
from roles.api.resources import Resource, batch_of
from roles.services.batches import Call, Done, write_batch
from roles.services.source_ids import translate
from roles.services.upserts import INPUTS

PARTIAL = OpenApiParameter(
    "partial", bool, description="Write the rows without a fault and answer 200; otherwise one fault refuses them all."
)


class BatchView(WorkspaceAPIMixin, APIView):
    """A batch of one kind of thing."""

    resource: Resource

    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Upsert up to 1,000 rows."""
        thing = self.resource.thing
        rows, known, said = self._read(request)
        on, source = effective_day(request, said), source_of(request)
        called = translate(thing, rows, source=source) if source else {}
        call = Call(on, access_of(request).user_id, units_since(request, on), is_dry_run(request), source, called)
        partial = flag_of(request, "partial")
        inputs = [INPUTS[thing](**row) for row in rows]
        done = write_batch(thing, inputs, call=call, expected=known, partial=partial)
        warnings = overload_warnings(thing, self._kept(rows, done), pointer="/rows/{}")
        return answer_batch(done, dry_run=call.dry_run, partial=partial, warnings=warnings)

    def _kept(self, rows: list[Row], done: Done) -> list[Row]:
        """Return the rows in their places; what was refused says nothing of a share."""
        refused = {issue.index for issue in done.result.issues}
        return [{**row, "share": Decimal(0)} if index in refused else row for index, row in enumerate(rows)]

    def _read(self, request: Request) -> tuple[list[Row], dict[int, int], Any]:
        """Return the rows, the revisions their sender knows, and the effective day of the body."""
        faults: list[Fault] = []
        allowed = {"rows": True} | ({"effective_on": False} if self.resource.is_dated else {})
        body = members(request.data, allowed=allowed, faults=faults)
        raw = body.get("rows", [])
        if type(raw) is not list or not 1 <= len(raw) <= MOST_ROWS:
            message = _("A list of 1 to %(most)s rows is expected.") % {"most": MOST_ROWS}
            faults.append(fault("/rows", "not_a_batch", message))
            raw = []
        said = said_day(body, faults=faults)
        reader, known = reader_of(self.resource.row), {}
        rows = []
        for index, one in enumerate(raw):
            if type(one) is dict and "revision" in one:
                one = dict(one)
                try:
                    known[index] = RankField().read(one.pop("revision"))
                except Refused as error:
                    faults.append(fault(f"/rows/{index}/revision", error.code, str(error)))
            rows.append(reader.read(one, pointer=f"/rows/{index}", faults=faults))
        refuse(faults)
        return rows, known, said


def batch_view(resource: Resource) -> type[BatchView]:
    """Return the batch of one kind of thing, described."""
    described = extend_schema(
        operation_id=f"{resource.many}_batch",
        summary=f"Write many {resource.many}",
        description=(
            f"Upserts up to 1,000 {resource.many} in any order, all or none; with `partial=true` those without "
            "a fault. A row may carry the `revision` its sender knows and is refused when there is a later one. "
            f"The address stands beside `/{resource.many}/`, where an id may be any text, `batch` as well."
        ),
        parameters=[*([EFFECTIVE_ON] if resource.is_dated else []), DRY_RUN, PARTIAL, SOURCE_IDS, IDEMPOTENCY_KEY],
        request=batch_of(resource),
        responses=BatchResultSerializer,
        examples=[OpenApiExample(f"One {resource.one}", value={"rows": [resource.example_row]}, request_only=True)],
        tags=[resource.many],
    )
    return extend_schema_view(post=described)(
        type(f"{resource.many.title()}Batch", (BatchView,), {"resource": resource})
    )
