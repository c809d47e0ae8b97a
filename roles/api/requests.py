"""What a call of this API may say: its clocks, its source, the version it knows, and whether it is meant."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from omnichannel.core.moments import parse_moment
from omnichannel.core.periods import parse_day
from omnichannel.workspaces.authentication import access_of
from omnichannel.workspaces.choices import SEES_PAY, MemberRole
from omnichannel.workspaces.clock import asked_day, asked_moment, today_in
from roles.api.reading import fault
from roles.services.batches import Condition
from roles.services.source_ids import SOURCE_NAME

SEES_PEOPLE = {*SEES_PAY, MemberRole.LINE_MANAGER, MemberRole.GUIDE}
TAG = re.compile(r'"(\d{1,18})(?:-[0-9a-f]*)?"')
DAY = {"type": "string", "format": "date"}
SOURCE = {"type": "string", "pattern": f"^{SOURCE_NAME.pattern}$"}

AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day to show; today when left out.")
KNOWN_AT = OpenApiParameter(
    "known_at",
    {"anyOf": [DAY, {"type": "string", "format": "date-time"}]},
    description="Show what was known then: a day (up to its end) or a moment; now when left out.",
)
DRY_RUN = OpenApiParameter(
    "dry_run", OpenApiTypes.BOOL, description="Tell what would happen and write nothing; same as `Prefer: dry-run`."
)
EFFECTIVE_ON = OpenApiParameter(
    "effective_on",
    OpenApiTypes.DATE,
    description="The day from which a change holds; today when left out. Earlier days keep what they had.",
)
FIELDS = OpenApiParameter(
    "fields",
    OpenApiTypes.STR,
    description="Only these fields, with commas between; `external_id` is always there.",
    examples=[],
)
SOURCE_IDS = OpenApiParameter(
    "source",
    SOURCE,
    description=(
        "The ids of this call, in the address and in the body, are those of this source, such as `wecom`. What is new "
        "gets our id from its own, or `source-id` where another source's thing has that. Answers show our ids."
    ),
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=(
        "The ETag of what you read. Required to write what exists (428); 412 when it has been touched since. "
        "`*` writes whatever is there."
    ),
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="`*` writes only what does not exist yet."
)
KNOWN_TAG = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="An ETag you have; 304 while nothing differs.",
)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The day shown and the moment by which it was known; None is now."""

    as_of: date
    known_at: datetime | None


def clocks_of(request: Request) -> Clocks:
    """Read both clocks from the query."""
    workspace = access_of(request).workspace
    return Clocks(
        asked_day(request, "as_of", workspace=workspace), asked_moment(request, "known_at", workspace=workspace)
    )


def day_of(request: Request, name: str) -> date:
    """Read a date from the query; today where the customer is when it is left out."""
    return asked_day(request, name, workspace=access_of(request).workspace)


def effective_day(request: Request, said: date | None) -> date:
    """Return the day from which a change holds: of the query or of the body, which may not contradict each other."""
    asked = day_of(request, "effective_on")
    if said is None or said == asked:
        return asked
    if "effective_on" in request.query_params:
        message = _("The query says %(query)s and the body %(body)s. Say it once.") % {"query": asked, "body": said}
        raise ValidationError({"effective_on": [message]})
    return said


def units_since(request: Request, on: date) -> date | None:
    """Return from when on a new unit is there: from ever, but a planned one from its day on."""
    return on if on > today_in(access_of(request).workspace) else None


def moment_since(request: Request, name: str) -> datetime | None:
    """Read from when on: a moment, or a day, which begins at midnight where the customer is; None when left out."""
    text = request.query_params.get(name)
    if text is None:
        return None
    zone = access_of(request).workspace.timezone
    try:
        if len(text) > len("2026-11-30"):
            return parse_moment(text, zone=zone)
        return datetime.combine(parse_day(text), time.min, tzinfo=ZoneInfo(zone))
    except ValueError:
        message = _("This is no moment. Write 2026-11-30 or 2026-11-30T18:00:00+08:00.")
        raise ValidationError({name: [message]}) from None


def source_of(request: Request) -> str:
    """Return the source whose ids the call uses; empty for our own."""
    source = request.query_params.get("source")
    if source is None:
        return ""
    if not SOURCE_NAME.fullmatch(source):
        message = _("A source is named with small letters, digits, - and _, such as wecom.")
        raise ValidationError({"source": [message]})
    return source


def fields_of(request: Request, names: Collection[str]) -> list[str]:
    """Return the fields to show, in the order of the document."""
    asked = request.query_params.get("fields")
    if asked is None:
        return list(names)
    wanted = {name.strip() for name in asked.split(",")}
    if unknown := sorted(wanted - {*names}):
        message = _("There is no field %(name)s here.") % {"name": unknown[0][:64]}
        raise ValidationError({"fields": [message]})
    return [name for name in names if name in wanted | {"external_id"}]


def condition_of(request: Request) -> Condition:
    """Read what the caller knows of the thing it writes from If-Match and If-None-Match."""
    match, none = (request.headers.get(name, "").strip() for name in ("If-Match", "If-None-Match"))
    if none and none != "*":
        raise ValidationError({"If-None-Match": [_("A write takes * here.")]})
    if not match:
        return Condition(is_new=bool(none))
    if match == "*":
        return Condition(is_there=True, is_new=bool(none))
    tags = [TAG.fullmatch(part.strip()) for part in match.split(",")]
    # a tag that we never gave out matches nothing
    return Condition(frozenset(int(tag[1]) for tag in tags if tag), is_new=bool(none))


def told_twice(field: str, in_address: str, in_body: Any, faults: list[dict[str, str]]) -> None:
    """Note an id of the body that is not the one of the address."""
    if in_body != in_address:
        message = _("The address says %(address)s. Leave it out of the body, or say the same.")
        faults.append(fault(f"/{field}", "differs_from_address", message % {"address": in_address}))
