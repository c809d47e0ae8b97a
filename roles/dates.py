"""What day it is where the customer is."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone

from omnichannel.workspaces.models import Workspace


def today_in(workspace: Workspace) -> date:
    """Return the date in the workspace's zone."""
    return timezone.localdate(timezone=ZoneInfo(workspace.timezone))
