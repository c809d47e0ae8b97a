"""What every call of this API may say: the day it asks about, the day a change holds from, and `dry run`."""

from __future__ import annotations

from datetime import date

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from omnichannel.core.http import CursorPages
from omnichannel.workspaces.clock import asked_day
from omnichannel.workspaces.permissions import Access

AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day to show; today when left out.")
DRY_RUN = OpenApiParameter(
    "dry_run", OpenApiTypes.BOOL, description="Tell what would happen and write nothing; same as `Prefer: dry-run`."
)
EFFECTIVE_ON = OpenApiParameter(
    "effective_on",
    OpenApiTypes.DATE,
    description="The day from which a change holds; today when left out. Earlier days keep what they had.",
)


class ById(CursorPages):
    """Pages in the order of the customer's own ids."""

    ordering = "external_id"


def access_of(request: Request) -> Access:
    """Return what admission has decided for this request."""
    access: Access = request.access  # type: ignore[attr-defined]
    return access


def day_of(request: Request, name: str) -> date:
    """Read a date from the query; today where the customer is when it is left out."""
    return asked_day(request, name, workspace=access_of(request).workspace)


def is_dry_run(request: Request) -> bool:
    """Tell whether the caller wants to see the outcome only."""
    asked = request.query_params.get("dry_run", "").lower() in {"true", "1", "yes"}
    return asked or "dry-run" in request.headers.get("Prefer", "").lower()
