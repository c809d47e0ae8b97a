"""The second clock of pages of figures: `?known_at=` shows them as they were known then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from omnichannel.core.moments import moment_of
from omnichannel.core.periods import Period
from omnichannel.workspaces.middleware import WorkspaceRequest


@dataclass(frozen=True, slots=True)
class CardClocks:
    """The day whose organisation the figures go by, and the day by which they were known; None is now."""

    as_of: date
    known_at: date | None = None

    @property
    def is_now(self) -> bool:
        """True unless the page shows what was known at another time; then it carries the coloured band."""
        return self.known_at is None


def known_moment(request: WorkspaceRequest) -> datetime | None:
    """Read the moment asked for: a day means up to its end where the customer is. None for now, and for no date."""
    return moment_of(request.GET.get("known_at", ""), zone=request.access.workspace.timezone)


def card_clocks(period: Period, known_at: datetime | None, *, zone: str) -> CardClocks:
    """Return the clocks as the bar and the band show them."""
    if known_at is None:
        return CardClocks(period.last_day)
    return CardClocks(period.last_day, (known_at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date())
