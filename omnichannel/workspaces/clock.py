"""The two clocks of a page or a call: `as_of`, the day it shows, and `known_at`, by when that had been recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from omnichannel.core.moments import moment_of
from omnichannel.core.periods import parse_day
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.models import Workspace

DAY_FORM = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class Clock:
    """The day shown, the day it is, and the moment by which it was known; `known_at` None is now.

    `known_on` is that moment as it stands in the URL: a day, or a timestamp where the day alone would not do. With a
    `scenario` the page shows its draft, which `begins` on a day, and may be changed from then on if it `is_editable`.
    """

    as_of: date
    today: date
    known_at: datetime | None = None
    known_on: str = ""
    scenario: int | None = None
    begins: date | None = None
    is_editable: bool = True

    @property
    def is_now(self) -> bool:
        """True when the page shows today as it is known now; otherwise it carries the coloured band."""
        return self.as_of == self.today and self.known_at is None and self.scenario is None

    @property
    def is_planned(self) -> bool:
        """True for a day to come."""
        return self.as_of > self.today

    @property
    def is_past(self) -> bool:
        """True for a day that is over."""
        return self.as_of < self.today

    @property
    def is_open(self) -> bool:
        """True where a page may offer changes: today or a day to come, as it is known now; in a draft from its day."""
        if self.begins is not None:
            return self.is_editable and self.as_of >= self.begins
        return not self.is_past and self.known_at is None

    @property
    def usual(self) -> date:
        """Return the day that is shown when the URL names none."""
        return self.begins or self.today

    @property
    def query(self) -> str:
        """Return what links carry so that both clocks stay: empty for now."""
        return f"?{self.pairs}" if self.pairs else ""

    @property
    def more(self) -> str:
        """Return the same for a link that has a query already."""
        return f"&{self.pairs}" if self.pairs else ""

    @property
    def pairs(self) -> str:
        """Return the clocks as query pairs, without a mark before them."""
        asked = {} if self.as_of == self.usual else {"as_of": self.as_of.strftime(DAY_FORM)}
        asked |= {"known_at": self.known_on} if self.known_at else {}
        return urlencode(asked | ({"scenario": str(self.scenario)} if self.scenario is not None else {}))


def today_in(workspace: Workspace) -> date:
    """Return the date in the workspace's zone."""
    return timezone.localdate(timezone=ZoneInfo(workspace.timezone))


def clock_of(request: WorkspaceRequest, asked: str | None = None) -> Clock:
    """Read both clocks from the URL, or the day from what a form sent; what is no date, or lies ahead, counts as now.

    A day as `known_at` means up to its end where the customer is. In a draft the usual day is the one it begins on.
    """
    workspace, draft = request.access.workspace, request.draft
    today = today_in(workspace)
    try:
        day = parse_day(request.GET.get("as_of", "") if asked is None else asked)
    except ValueError:
        day = today if draft is None else draft.effective_on
    if draft is not None:
        return Clock(day, today, None, "", draft.scenario.pk, draft.effective_on, draft.is_editable)
    known_on = request.GET.get("known_at", "").strip() if asked is None else ""
    known_at = moment_of(known_on, zone=workspace.timezone)
    return Clock(day, today, known_at, known_on if known_at else "")


def asked_day(request: Request, name: str, *, workspace: Workspace) -> date:
    """Read a date from an API call's query; today when it is left out, ValidationError for what is no date."""
    text = request.query_params.get(name)
    if text is None:
        return today_in(workspace)
    try:
        return parse_day(text)
    except ValueError:
        raise ValidationError({name: [_("This is no date. Write 2026-11-30.")]}) from None


def asked_moment(request: Request, name: str, *, workspace: Workspace) -> datetime | None:
    """Read a day (its end) or a moment from an API call's query; None, which is now, when it is left out."""
    text = request.query_params.get(name)
    found = None if text is None else moment_of(text, zone=workspace.timezone)
    if text is not None and found is None:
        raise ValidationError({name: [_("This is no moment of the past. Write 2026-11-30.")]})
    return found
