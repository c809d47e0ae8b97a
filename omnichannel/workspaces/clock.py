"""Which day a page or a call shows: `as_of`, else today where the customer is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from omnichannel.core.periods import parse_day
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Clock:
    """The day shown and the day it is."""

    as_of: date
    today: date

    @property
    def is_now(self) -> bool:
        """True when the page shows today; otherwise it carries the coloured band."""
        return self.as_of == self.today

    @property
    def is_planned(self) -> bool:
        """True for a day to come."""
        return self.as_of > self.today

    @property
    def query(self) -> str:
        """Return what links carry so that the day stays: empty for today."""
        return "" if self.is_now else f"?as_of={self.as_of}"


def today_in(workspace: Workspace) -> date:
    """Return the date in the workspace's zone."""
    return timezone.localdate(timezone=ZoneInfo(workspace.timezone))


def clock_of(request: WorkspaceRequest, asked: str | None = None) -> Clock:
    """Read the day from the URL or from what a form sent; what is no date counts as today."""
    today = today_in(request.access.workspace)
    try:
        day = parse_day(request.GET.get("as_of", "") if asked is None else asked)
    except ValueError:
        day = today
    return Clock(day, today)


def asked_day(request: Request, name: str, *, workspace: Workspace) -> date:
    """Read a date from an API call's query; today when it is left out, ValidationError for what is no date."""
    text = request.query_params.get(name, "")
    if not text:
        return today_in(workspace)
    try:
        return parse_day(text)
    except ValueError:
        raise ValidationError({name: [_("This is no date. Write 2026-11-30.")]}) from None
