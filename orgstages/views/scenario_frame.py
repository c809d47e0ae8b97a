"""What every page of a scenario shows around its content: where it stands, its tabs, and what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from omnichannel.core.periods import parse_day
from omnichannel.workspaces.choices import SEES_PAY
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may
from orgstages.queries.scenario_diffs import Seeing
from roles.choices import ScenarioStatus
from roles.errors import UnknownScenario
from roles.queries.scenarios import ScenarioRow, scenario, shared_scenario
from roles.services.scenarios import conflicts

OVER = (ScenarioStatus.APPLIED, ScenarioStatus.DISCARDED)
TONES = {
    ScenarioStatus.DRAFT: "",
    ScenarioStatus.SUBMITTED: "warn",
    ScenarioStatus.APPROVED: "good",
    ScenarioStatus.REJECTED: "bad",
    ScenarioStatus.APPLIED: "accent",
    ScenarioStatus.DISCARDED: "",
}
TABS = (
    ("changes", gettext_lazy("Changes")),
    ("before", gettext_lazy("Before")),
    ("after", gettext_lazy("After")),
    ("price", gettext_lazy("Price")),
    ("conflicts", gettext_lazy("Conflicts and outcome")),
)
ROUTES = {
    "changes": "orgstages:scenario",
    "before": "orgstages:scenario_before",
    "after": "orgstages:scenario_after",
    "price": "orgstages:scenario_price",
    "conflicts": "orgstages:scenario_conflicts",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A scenario as a page shows it. `token` is set where it is read through its link."""

    row: ScenarioRow
    tabs: tuple[Mapping[str, object], ...]
    tone: str
    conflicts: int
    may_edit: bool
    may_decide: bool
    may_comment: bool
    may_share: bool
    chart_url: str
    token: str = ""

    @property
    def is_over(self) -> bool:
        """True for one that is applied or put away."""
        return self.row.status in OVER


def found(pk: int) -> ScenarioRow:
    """Return a scenario, or answer 404."""
    try:
        return scenario(pk)
    except UnknownScenario as error:
        raise Http404 from error


def found_shared(token: str) -> ScenarioRow:
    """Return the scenario of a link, or answer 404."""
    try:
        return shared_scenario(token)
    except UnknownScenario as error:
        raise Http404 from error


def frame(request: WorkspaceRequest, row: ScenarioRow, tab: str, *, token: str = "") -> Frame:
    """Return the frame of a page about a scenario."""
    access = request.access
    count = 0 if row.status in OVER else len(conflicts(row.id))
    is_hr = not token and may(access, "orgstages:scenario_act", "POST")
    return Frame(
        row=row,
        tabs=tuple(_tabs(request, row, tab, conflicts=count, token=token)),
        tone=TONES[row.status],
        conflicts=count,
        may_edit=is_hr,
        may_decide=not token and may(access, "orgstages:scenario_decide", "POST") and row.author_id != access.user_id,
        may_comment=not token and may(access, "orgstages:scenario_comment", "POST"),
        may_share=is_hr and row.status is not ScenarioStatus.DISCARDED,
        chart_url=f"{reverse('roles:organisation', args=[access.workspace.slug])}?scenario={row.id}",
        token=token,
    )


def _tabs(
    request: WorkspaceRequest, row: ScenarioRow, tab: str, *, conflicts: int, token: str
) -> list[Mapping[str, object]]:
    slug = request.access.workspace.slug
    items: list[Mapping[str, object]] = []
    counts = {"changes": row.changes, "conflicts": conflicts}
    for key, label in TABS:
        if (key == "conflicts" and token) or (key != "changes" and row.status in OVER):
            continue
        if token:
            url = reverse("orgstages:scenario_shared", args=[slug, token]) + ("" if key == "changes" else f"?tab={key}")
        else:
            url = reverse(ROUTES[key], args=[slug, row.id])
        items.append({"label": label, "url": url, "current": key == tab, "count": counts.get(key)})
    return items


def seeing(access: Access) -> Seeing:
    """Return what the reader may see: people by name and pay are for those who administer them."""
    return Seeing(access.role in SEES_PAY, access.role in SEES_PAY)


def asked_day(request: HttpRequest, default: date) -> date:
    """Return the day asked for with `?on=`; what is no date counts as the default."""
    try:
        return parse_day(request.GET.get("on", ""))
    except ValueError:
        return default


def today(request: WorkspaceRequest) -> date:
    """Return the date where the customer is."""
    return today_in(request.access.workspace)


def busy(request: WorkspaceRequest, page: Frame, template: str) -> HttpResponse:
    """Say that the organisation is being written, with a way to try again."""
    context = {"page": page, "row": page.row, "busy": _("The organisation is being changed right now.")}
    answer = render(request, template, context, status=503)
    answer["Retry-After"] = "3"
    return answer
