"""What a request may see and which period it asks for: shared by every page of figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import get_language

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.queries.values import stored_periods
from omnichannel.core.numerals import UNITS
from omnichannel.core.periods import Grain, Period, month_of, parse_day, parse_period
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may


@dataclass(frozen=True, slots=True)
class Reach:
    """The reader's own scope, and the unit that bounds what is listed (None: the whole company)."""

    scope: Scope
    within: str | None = None
    person: str | None = None


def reach(access: Access) -> Reach:
    """Return how far the reader may look: themselves, their unit, or everything."""
    if access.own_person is not None:
        return Reach(Scope(ScopeKind.EMPLOYEE, access.own_person), person=access.own_person)
    if access.own_unit is not None:
        return Reach(Scope(ScopeKind.UNIT, access.own_unit), within=access.own_unit)
    return Reach(COMPANY)


@dataclass(frozen=True, slots=True)
class Asked:
    """The period asked for (or the newest that is computed), and all that are computed, newest first."""

    period: Period | None
    stored: tuple[Period, ...]

    @property
    def is_stored(self) -> bool:
        """False when nothing is computed for the period."""
        return self.period in self.stored


def asked_period(request: HttpRequest) -> Asked:
    """Read `?period=`; without it the newest computed month, which is None while there is none.

    A day of another month (`?as_of=`, from the clocks of the bar) asks for the month it lies in.
    """
    stored = tuple(stored_periods())
    text = request.GET.get("period", "")
    if (day := _as_of(request)) is not None:
        text = str(month_of(day))
    if not text:
        return Asked(stored[0] if stored else None, stored)
    try:
        period = parse_period(text)
    except ValueError as error:
        raise Http404(str(error)) from error
    if period.grain is not Grain.MONTH:
        raise Http404("figures are kept by month")
    return Asked(period, stored)


def _as_of(request: HttpRequest) -> date | None:
    try:
        return parse_day(request.GET.get("as_of", ""))
    except ValueError:
        return None


def picker(request: WorkspaceRequest, asked: Asked) -> dict[str, Any]:
    """Return what the period picker shows: the choices and the steps to either side, as links."""
    if asked.period is None:
        return {}
    earlier, later = asked.period.previous(), asked.period.previous(-1)
    return {
        "current": str(asked.period),
        "previous_url": _url(request, earlier) if earlier in asked.stored else "",
        "next_url": _url(request, later) if later in asked.stored else "",
        "options": [
            {"label": str(each), "url": _url(request, each), "current": each == asked.period} for each in asked.stored
        ],
    }


def frame(request: WorkspaceRequest, asked: Asked) -> dict[str, Any]:
    """Return what every page of figures needs: the picker, the period, and whether the reader may compute."""
    return {
        "picker": picker(request, asked),
        "period": asked.period,
        "is_stored": asked.is_stored,
        "may_compute": may(request.access, "kpis:compute", "POST"),
    }


def _url(request: WorkspaceRequest, period: Period) -> str:
    query = request.GET.copy()
    query["period"] = str(period)
    query.pop("page", None)
    query.pop("as_of", None)  # a day of another month would win over the period
    return f"?{query.urlencode()}"


def unit_word(unit: str) -> str:
    """Return how a unit of the catalogue is written beside a chart's axis."""
    style = UNITS.get(unit)
    if style is None:
        return unit
    return style.prefix or (style.zh if (get_language() or "").startswith("zh") else style.en)


def month_labels(months: Sequence[Period]) -> list[str]:
    """Return the months as the charts write them."""
    return [str(month) for month in months]
