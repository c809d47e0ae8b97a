"""The risk register: write a risk down, change it with a trace, link the alerts in which it showed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from kpis.models import Alert, Risk, RiskAlert, RiskChange

FIELDS = ("title", "kind", "level", "state", "unit_id", "owner_id", "description", "mitigation", "review_on")
ALERTS = "alerts"


@dataclass(frozen=True, slots=True)
class RiskInput:
    """A risk as a person writes it; `alerts` are the linked alerts."""

    title: str
    kind: str
    level: str
    state: str
    unit_id: str
    owner_id: int | None
    description: str
    mitigation: str
    review_on: date
    alerts: frozenset[int] = frozenset()


@transaction.atomic
def create_risk(asked: RiskInput, *, actor_id: int) -> Risk:
    """Write a risk down."""
    risk = _as_asked(Risk(created_by_id=actor_id), asked)
    risk.save()
    _link(risk, asked.alerts)
    RiskChange.objects.create(risk=risk, changes={}, by_id=actor_id)
    return risk


@transaction.atomic
def change_risk(risk_id: int, asked: RiskInput, *, actor_id: int) -> Mapping[str, list[Any]]:
    """Change a risk; return field -> [before, after] of what really changed. Nothing is noted when nothing did."""
    risk = Risk.objects.select_for_update(of=("self",)).get(pk=risk_id)
    linked = frozenset(RiskAlert.objects.filter(risk=risk).values_list("alert_id", flat=True))
    changes = {
        name: [_plain(getattr(risk, name)), _plain(getattr(asked, name))]
        for name in FIELDS
        if getattr(risk, name) != getattr(asked, name)
    }
    if linked != asked.alerts:
        changes[ALERTS] = [sorted(linked), sorted(asked.alerts)]
    if not changes:
        return {}
    _as_asked(risk, asked).save()
    RiskAlert.objects.filter(risk=risk).exclude(alert__in=asked.alerts).delete()
    _link(risk, asked.alerts - linked)
    RiskChange.objects.create(risk=risk, changes=changes, by_id=actor_id)
    return changes


def _as_asked(risk: Risk, asked: RiskInput) -> Risk:
    for name in FIELDS:
        setattr(risk, name, getattr(asked, name))
    return risk


def _link(risk: Risk, alerts: Iterable[int]) -> None:
    for alert in Alert.objects.filter(pk__in=list(alerts)).order_by("pk"):
        RiskAlert.objects.create(risk=risk, alert=alert)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, date) else value
