"""Reads of the risk register: the list with its filters, one risk with its history in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, When
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kpis.alert_choices import LevelName, RiskKind, RiskState
from kpis.models import Alert, Risk, RiskAlert, RiskChange
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.queries.members import members_of
from omnichannel.workspaces.scoping import current_workspace_id
from roles.queries.org_chart import UnitTree

URGENCY = Case(
    *(When(level=level, then=rank) for rank, level in enumerate(LevelName.values)), output_field=IntegerField()
)


@dataclass(frozen=True, slots=True)
class RiskFilter:
    """Which risks are asked for: those not closed unless another state is named."""

    state: str = "active"
    kind: str = ""
    level: str = ""
    due: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> RiskFilter:
        """Read a query; what is no choice counts as not asked."""
        state, kind, level = query.get("state", ""), query.get("kind", ""), query.get("level", "")
        return cls(
            state=state if state in (*RiskState.values, "all") else "active",
            kind=kind if kind in RiskKind.values else "",
            level=level if level in LevelName.values else "",
            due=query.get("due") == "1",
        )

    def apply(self, rows: QuerySet[Risk], *, today: date) -> QuerySet[Risk]:
        """Return the risks asked for, the most urgent and those to be reviewed soonest first."""
        if self.state == "active":
            rows = rows.exclude(state=RiskState.CLOSED)
        elif self.state != "all":
            rows = rows.filter(state=self.state)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.level:
            rows = rows.filter(level=self.level)
        if self.due:
            rows = rows.filter(review_on__lte=today).exclude(state=RiskState.CLOSED)
        return rows.order_by("-urgency", "review_on", "pk")


def risks_within(tree: UnitTree, *, unit: str | None) -> QuerySet[Risk]:
    """Return the risks a reader may see; `unit` bounds a line manager to their subtree."""
    rows = Risk.objects.annotate(urgency=URGENCY, alerts=Count("links")).select_related("owner")
    return rows if unit is None else rows.filter(unit_id__in=tree.subtree(unit))


def due_for_review(rows: QuerySet[Risk], *, today: date) -> int:
    """Count the risks whose review date has come."""
    return rows.filter(review_on__lte=today).exclude(state=RiskState.CLOSED).count()


def counts_by_kind(rows: QuerySet[Risk]) -> Mapping[str, int]:
    """Count the risks that are not closed by kind, the four kinds in their order."""
    told = rows.order_by().aggregate(
        **{kind: Count("pk", filter=Q(kind=kind) & ~Q(state=RiskState.CLOSED)) for kind in RiskKind.values}
    )
    return {kind: told[kind] for kind in RiskKind.values}


def linked_alerts(risk: Risk) -> list[Alert]:
    """Return the alerts linked to a risk, newest first."""
    return [link.alert for link in RiskAlert.objects.filter(risk=risk).select_related("alert").order_by("-alert_id")]


def risks_of(alert: Alert) -> list[Risk]:
    """Return the risks that an alert is linked to."""
    return [link.risk for link in RiskAlert.objects.filter(alert=alert).select_related("risk")]


@dataclass(frozen=True, slots=True)
class Saving:
    """One saving of a risk: who, when, and label, before, after of what changed."""

    change: RiskChange
    lines: tuple[tuple[str, str, str], ...]


def risk_history(risk: Risk, *, tree: UnitTree) -> list[Saving]:
    """Return how a risk came to be what it is, newest first, in the reader's words."""
    changes = list(RiskChange.objects.filter(risk=risk).select_related("by")[:50])
    people = {str(row.user_id): str(row.user) for row in members_of(_workspace())}
    return [Saving(change, tuple(_lines(change.changes, people=people, tree=tree))) for change in changes]


def _workspace() -> Workspace:
    return Workspace.objects.get(pk=current_workspace_id())


def labels() -> Mapping[str, str]:
    """Return the words of a risk's fields."""
    return {
        "title": _("Title"),
        "kind": _("Kind of risk"),
        "level": pgettext("alert", "Level"),
        "state": _("State"),
        "unit_id": _("Unit"),
        "owner_id": pgettext("risk", "Owner"),
        "description": _("What may happen"),
        "mitigation": _("What is done about it"),
        "review_on": _("Review on"),
        "alerts": _("Alerts"),
    }


def _lines(
    changes: Mapping[str, Sequence[Any]], *, people: Mapping[str, str], tree: UnitTree
) -> list[tuple[str, str, str]]:
    words = labels()
    return [
        (words[name], _shown(name, before, people=people, tree=tree), _shown(name, after, people=people, tree=tree))
        for name, (before, after) in changes.items()
        if name in words
    ]


def _shown(name: str, value: Any, *, people: Mapping[str, str], tree: UnitTree) -> str:
    if value in (None, "", []):
        return ""
    choices = {"kind": RiskKind, "level": LevelName, "state": RiskState}
    if name in choices:
        return str(choices[name](value).label)
    if name == "owner_id":
        return people.get(str(value), f"#{value}")
    if name == "unit_id":
        return tree.nodes[value].name if value in tree else str(value)
    if name == "alerts":
        return ", ".join(f"#{each}" for each in value)
    return str(value)
