"""What the calls about scenarios have in common: the scenario, its ETag, the body, and what the caller may see."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from omnichannel.workspaces.authentication import access_of
from omnichannel.workspaces.choices import SEES_PAY
from orgstages.api.scenario_shapes import ScenarioSerializer
from orgstages.api.serializers import Shape
from orgstages.errors import ScenarioVersionRequired, StaleScenario
from orgstages.queries.scenario_diffs import Seeing
from orgstages.queries.scenario_documents import scenario_document
from roles.queries.scenarios import ScenarioRow, scenario

SCENARIO_ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The scenario's number.")
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag of what you read. Required (428); 412 when the scenario has been changed since.",
)


def seeing_of(request: Request) -> Seeing:
    """Return what the caller may see: people by name and pay are for those who administer them."""
    sees = access_of(request).role in SEES_PAY
    return Seeing(sees, sees)


def etag_of(row: ScenarioRow) -> str:
    """Return the tag of a scenario as it is: another one after every edit, choice and decision."""
    said = (row.name, row.note, row.status, row.effective_on, row.changed_at, row.submitted_at, row.decided_at)
    return f'"{row.id}-{hashlib.sha256(repr(said).encode()).hexdigest()[:16]}"'


def answered(pk: int, *, status: int = 200) -> Response:
    """Answer a scenario as it is now, with its ETag."""
    row = scenario(pk)
    return Response(ScenarioSerializer(scenario_document(row)).data, status=status, headers={"ETag": etag_of(row)})


def known(request: Request, pk: int) -> ScenarioRow:
    """Return the scenario that the caller has read, or refuse: what is decided is what was read."""
    row, said = scenario(pk), request.headers.get("If-Match", "").strip()
    if not said:
        raise ScenarioVersionRequired
    if etag_of(row) not in [part.strip() for part in said.split(",")]:
        raise StaleScenario
    return row


def body_of(request: Request, shape: type[Shape]) -> Mapping[str, Any]:
    """Return a body that keeps to its shape; every fault is named at its field, unknown fields among them."""
    if not isinstance(request.data, Mapping):
        raise ValidationError([_("An object is expected.")])
    read = shape(data=request.data)
    unknown = {
        name: [_("There is no field %(name)s here.") % {"name": str(name)[:64]}]
        for name in request.data
        if name not in read.fields
    }
    if not read.is_valid() or unknown:
        raise ValidationError({**read.errors, **unknown})
    found: Mapping[str, Any] = read.validated_data
    return found
