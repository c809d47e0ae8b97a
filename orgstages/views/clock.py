"""Which day a page shows: `?as_of=`, else today where the customer is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.dateparse import parse_date

from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.dates import today_in


@dataclass(frozen=True, slots=True)
class Clock:
    """The day shown and the day it is; the shared template parts of the clock read it."""

    as_of: date
    today: date

    @property
    def is_now(self) -> bool:
        """True when the page shows today."""
        return self.as_of == self.today

    @property
    def is_planned(self) -> bool:
        """True for a day to come."""
        return self.as_of > self.today

    @property
    def query(self) -> str:
        """Return what links carry so that the day stays: empty for today."""
        return "" if self.is_now else f"?as_of={self.as_of}"


def clock_of(request: WorkspaceRequest, asked: str | None = None) -> Clock:
    """Read the day from the URL or from what a form sent; what is no date counts as today."""
    today = today_in(request.access.workspace)
    try:
        day = parse_date(request.GET.get("as_of", "") if asked is None else asked)
    except ValueError:  # well written, but no such day
        day = None
    return Clock(day or today, today)
