"""Where the open workspace is, as far as its clock goes."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import current_workspace_id


def current_zone() -> ZoneInfo:
    """Return the zone of the open workspace."""
    return ZoneInfo(Workspace.objects.values_list("timezone", flat=True).get(pk=current_workspace_id()))


def local_day(moment: datetime) -> date:
    """Return the date of a moment where the open workspace is."""
    return moment.astimezone(current_zone()).date()
