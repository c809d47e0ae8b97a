"""Helpers of the tests of alerts: sales with their target, an evaluation on a day of December 2024, the one alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kpis.engine.specs import COMPANY, Scope
from kpis.models import Alert
from kpis.services.alerts.evaluating import Outcome, evaluate_alerts
from omnichannel.core.periods import Period
from tests.kpis.retailer import NOVEMBER, figure, put_targets, put_values

NOW = datetime(2024, 12, 3, 9, tzinfo=UTC)


def sales(amount: int | str, *, period: Period = NOVEMBER, target: int = 1000, scope: Scope = COMPANY) -> None:
    """Store sales of a month with their target; nothing else has a value."""
    put_targets(period, {("sales_net", scope): target})
    put_values(period, [figure("sales_net", scope, amount)])


def evaluate(*, days: int = 0) -> Outcome:
    return evaluate_alerts(now=NOW + timedelta(days=days))


def the_alert() -> Alert:
    return Alert.objects.get()
