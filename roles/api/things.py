"""One thing of the organisation at its own address: read, put, patched, ended."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import flag_of, is_dry_run
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from roles.api.answers import WarningSerializer, overload_warnings, refusal_of
from roles.api.lists import bounded, shown_names
from roles.api.reading import Fault, reader_of, refuse
from roles.api.requests import (
    AS_OF,
    DRY_RUN,
    EFFECTIVE_ON,
    FIELDS,
    IF_MATCH,
    IF_NONE_MATCH,
    KNOWN_AT,
    KNOWN_TAG,
    SOURCE_IDS,
    clocks_of,
    condition_of,
    effective_day,
    fields_of,
    source_of,
    told_twice,
    units_since,
)
from roles.api.resources import Resource, body_of, patch_of
from roles.api.versions import etag_of, shown, versioned
from roles.choices import Thing
from roles.holdings import split_assignment_key
from roles.models import as_known
from roles.queries.documents import document, documents
from roles.queries.library import role_keys
from roles.queries.source_ids import known_ids
from roles.services.batches import Call, Done, change_one, end_one, write_one
from roles.services.source_ids import translate
from roles.services.sync import OutcomeKind
from roles.services.upserts import INPUTS

FORGET = OpenApiParameter(
    "forget", bool, description="Take it back as if it never was, instead of ending it on the effective day."
)


class OneResultSerializer(serializers.Serializer[Any]):
    """What the write of one thing did."""

    status = serializers.ChoiceField(choices=["created", "changed", "same"], help_text="What became of it.")
    id = serializers.CharField(help_text="Our id of the thing.")
    dry_run = serializers.BooleanField(help_text="True when nothing was written.")
    revision = serializers.IntegerField(allow_null=True, help_text="The revision; null when nothing differs.")
    warnings = WarningSerializer(
        many=True, help_text="Marks, not errors: a person with too many roles or too much time promised."
    )


class ThingView(WorkspaceAPIMixin, APIView):
    """One thing."""

    resource: Resource

    def get(self, request: Request, slug: str, external_id: str) -> Response:
        """Return the thing as it is on the day, with its ETag."""
        names = fields_of(request, shown_names(self.resource, request))
        thing = self.resource.thing
        key = self._known_key(request, external_id)
        with as_known(clocks_of(request).known_at):
            found = document(thing, key, rows=bounded(thing, request))
        if found is None:
            raise Http404
        return versioned(found, request, names=names)

    @idempotent
    def put(self, request: Request, slug: str, external_id: str) -> Response:
        """Create the thing or bring it to this state."""
        row, said = self._read(request, external_id, body_of(self.resource))
        call = self._call(request, row, said)
        done = write_one(
            self.resource.thing, INPUTS[self.resource.thing](**row), condition=condition_of(request), call=call
        )
        return self._answer(done, call, row)

    @idempotent
    def patch(self, request: Request, slug: str, external_id: str) -> Response:
        """Change only the given fields."""
        row, said = self._read(request, external_id, patch_of(self.resource))
        call = self._call(request, row, said)
        key = self._key(row)
        done = change_one(self.resource.thing, key, row, condition=condition_of(request), call=call)
        return self._answer(done, call, row)

    @idempotent
    def delete(self, request: Request, slug: str, external_id: str) -> Response:
        """End the thing on the effective day."""
        key = self._known_key(request, external_id)
        call = Call(effective_day(request, None), access_of(request).user_id, dry_run=is_dry_run(request))
        forget = flag_of(request, "forget")
        done = end_one(self.resource.thing, key, forget=forget, condition=condition_of(request), call=call)
        return self._answer(done, call)

    def _read(
        self, request: Request, external_id: str, shape: type[serializers.Serializer[Any]]
    ) -> tuple[dict[str, Any], date | None]:
        """Return the row, with its id from the address, and the effective day of the body."""
        faults: list[Fault] = []
        row = reader_of(shape).read(request.data, pointer="", faults=faults)
        refuse(faults)
        said = row.pop("effective_on", None)
        for name, value in self._address(external_id).items():
            if name in row:
                told_twice(name, value, row[name], faults)
            row[name] = value
        refuse(faults)
        return row, said

    def _address(self, external_id: str) -> dict[str, Any]:
        """Return the fields that make up the id, from the address; 404 for what is no id of such a thing."""
        if self.resource.thing is not Thing.ASSIGNMENTS:
            read = self.resource.row().fields["external_id"].run_validation
            try:
                return {"external_id": read(external_id)}
            except serializers.ValidationError:
                raise Http404 from None
        try:
            person, role, start = split_assignment_key(external_id)
            row = {"person_external_id": person, "role": role, "start_on": date.fromisoformat(start)}
        except ValueError:
            raise Http404 from None
        if role not in role_keys() or str(row["start_on"]) != start:
            raise Http404
        return row

    def _key(self, row: dict[str, Any]) -> str:
        return "/".join(str(row[name]) for name in self.resource.keys)

    def _call(self, request: Request, row: dict[str, Any], said: date | None) -> Call:
        on = effective_day(request, said)
        source = source_of(request)
        called = translate(self.resource.thing, [row], source=source) if source else {}
        since = units_since(request, on)
        return Call(on, access_of(request).user_id, since, is_dry_run(request), source, called)

    def _known_key(self, request: Request, external_id: str) -> str:
        """Return our id of what the address names; 404 for an id that its source does not have."""
        source, thing = source_of(request), self.resource.thing
        if not source:
            return external_id
        found = known_ids(source, thing).get(external_id)
        if found is None:
            raise Http404
        return found

    def _answer(self, done: Done, call: Call, row: dict[str, Any] | None = None) -> Response:
        if done.result.issues:
            return refusal_of(done.result.issues)
        outcome = done.result.outcomes[0]
        said = {
            "status": outcome.kind.value,
            "id": outcome.external_id,
            "dry_run": call.dry_run,
            "revision": done.revision,
            "warnings": overload_warnings(self.resource.thing, [row]) if row is not None else [],
        }
        is_new = outcome.kind is OutcomeKind.CREATED and not call.dry_run
        found = documents(self.resource.thing, [outcome.external_id], as_of=call.effective_on)
        response = Response(said, status=201 if is_new else 200)
        if outcome.external_id in found and not call.dry_run:
            now = found[outcome.external_id]
            body = shown(now, self.resource.document().fields)
            response["ETag"] = etag_of(body, revision=now["revision"])
        return response


def thing_view(resource: Resource) -> type[ThingView]:
    """Return the view of one thing, described."""
    one = resource.one
    dated = [EFFECTIVE_ON] if resource.is_dated else []
    writes = [*dated, DRY_RUN, SOURCE_IDS, IF_MATCH, IDEMPOTENCY_KEY]
    results = {200: OneResultSerializer, 201: OneResultSerializer}
    address = OpenApiParameter("external_id", str, OpenApiParameter.PATH, description=f"The id of the {one}.")
    example = {name: value for name, value in resource.example.items() if name not in resource.keys}
    schema = {
        "get": extend_schema(
            operation_id=f"{resource.many}_read",
            summary=f"Read one {one}",
            description=f"The {one} as it is on the day, with its ETag; 404 when it is not there on that day.",
            parameters=[address, AS_OF, KNOWN_AT, FIELDS, SOURCE_IDS, KNOWN_TAG],
            responses={200: resource.document, 304: None},
            examples=[OpenApiExample(f"A {one}", value=_shown(resource), response_only=True, status_codes=["200"])],
            tags=[resource.many],
        ),
        "put": extend_schema(
            operation_id=f"{resource.many}_put",
            summary=f"Create or replace one {one}",
            description=(
                f"Creates the {one} or brings it to this state; fields left out take their defaults. "
                "What exists is written only with `If-Match`."
            ),
            parameters=[address, *writes, IF_NONE_MATCH],
            request=body_of(resource),
            responses=results,
            examples=[OpenApiExample(f"A {one}", value=example, request_only=True)],
            tags=[resource.many],
        ),
        "patch": extend_schema(
            operation_id=f"{resource.many}_patch",
            summary=f"Change fields of one {one}",
            description=f"Changes only the given fields of the {one} as it is on the effective day.",
            parameters=[address, *writes],
            request=patch_of(resource),
            responses={200: OneResultSerializer},
            examples=[OpenApiExample("One field", value=dict(list(example.items())[:1]), request_only=True)],
            tags=[resource.many],
        ),
        "delete": extend_schema(
            operation_id=f"{resource.many}_end",
            summary=f"End one {one}",
            description=(
                f"Ends the {one} on the effective day and keeps its past; refused (422) while something still needs "
                "it, naming all of that."
            ),
            parameters=[address, EFFECTIVE_ON, FORGET, DRY_RUN, SOURCE_IDS, IF_MATCH, IDEMPOTENCY_KEY],
            responses={200: OneResultSerializer},
            tags=[resource.many],
        ),
    }
    return extend_schema_view(**schema)(type(f"{one.title()}View", (ThingView,), {"resource": resource}))


def _shown(resource: Resource) -> dict[str, Any]:
    """Return an example of a document."""
    shown = dict.fromkeys(resource.document().fields) | dict(resource.example_row)
    shown |= {"external_id": resource.example_id, "source_ids": {"wecom": [resource.example_id]}, "revision": 17}
    return {name: value for name, value in shown.items() if value is not None or name in {"since", "until"}}
