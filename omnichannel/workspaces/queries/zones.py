"""Where the open workspace is, as far as its clock goes."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import current_workspace_id, read_once


def current_zone() -> ZoneInfo:
    """Return the zone of the open workspace."""
    names = Workspace.objects.filter(pk=current_workspace_id()).values_list("timezone", flat=True)
    return ZoneInfo(read_once("zone", names.get))


def local_day(moment: datetime) -> date:
    """Return the date of a moment where the open workspace is."""
    return moment.astimezone(current_zone()).date()


def current_day() -> date:
    """Return the date it is where the open workspace is: what a page, a file or a job calls today."""
    return local_day(timezone.now())
