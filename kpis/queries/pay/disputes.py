"""Disputes as they are read: whose, where they stand, who may answer, what is late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from kpis.choices import DisputeReason, DisputeState
from kpis.models import DisputeTerm, PayDispute
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.models import Membership
from omnichannel.workspaces.scoping import current_workspace_id

DEFAULT_DAYS = 7
ANSWER = (MemberRole.OWNER, MemberRole.HR_LEAD)
RUNNING = (DisputeState.OPEN, DisputeState.IN_REVIEW)


@dataclass(frozen=True, slots=True)
class DisputeFilter:
    """Which disputes a list shows; empty means all. What is no known value is left out."""

    state: str = ""
    reason: str = ""
    mine: bool = False
    q: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> DisputeFilter:
        """Read the filter from a URL; `state=running` and `state=overdue` are groups."""
        state, reason = query.get("state", ""), query.get("reason", "")
        return cls(
            state if state in {*DisputeState.values, "running", "overdue"} else "",
            reason if reason in DisputeReason.values else "",
            query.get("whose", "") == "mine",
            query.get("q", "").replace("\x00", "").strip()[:64],
        )

    @property
    def whose(self) -> str:
        """Return the choice between all and one's own as it stands in the URL."""
        return "mine" if self.mine else ""

    def apply(self, rows: QuerySet[PayDispute], *, user_id: int, today: date) -> QuerySet[PayDispute]:
        """Return the disputes it lets through."""
        wanted = Q()
        if self.state == "running":
            wanted &= Q(state__in=RUNNING)
        elif self.state == "overdue":
            wanted &= Q(state__in=RUNNING, due_on__lt=today)
        elif self.state:
            wanted &= Q(state=self.state)
        if self.reason:
            wanted &= Q(reason=self.reason)
        if self.mine:
            wanted &= Q(owner_id=user_id)
        if self.q:
            fields = ("person_external_id", "text", "line__component", "line__statement__run__period")
            wanted &= reduce(or_, (Q(**{f"{field}__icontains": self.q}) for field in fields))
        return rows.filter(wanted)


def disputes_seen(*, person: str | None) -> QuerySet[PayDispute]:
    """Return the disputes a reader may see, all or their own: running before ended ones, the nearest due first."""
    rows = PayDispute.objects.select_related(
        "line__statement__run", "line__statement__plan", "owner", "raised_by", "adjustment__run"
    )
    ended = Case(When(state__in=RUNNING, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = rows.annotate(ended=ended).order_by("ended", "due_on", "-id")
    return rows if person is None else rows.filter(person_external_id=person)


def term_days() -> int:
    """Return in how many days a dispute raised now is to be answered."""
    return DisputeTerm.objects.values_list("days", flat=True).first() or DEFAULT_DAYS


def answerers(dispute: PayDispute) -> dict[int, str]:
    """Return who may answer a dispute, by user: owners and HR leads, except who raised it and whose pay it is."""
    rows = Membership.objects.filter(workspace_id=current_workspace_id(), role__in=ANSWER, user__is_active=True)
    rows = rows.exclude(person_external_id=dispute.person_external_id)
    found = {row.user_id: str(row.user) for row in rows.select_related("user").order_by("role", "user__email")}
    return {user: name for user, name in found.items() if user != dispute.raised_by_id}
