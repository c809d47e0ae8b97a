"""What webhooks are told of alerts: those raised or worse than before, by ids and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kpis.models import Alert, AlertEvent
from kpis.queries.alert_rules import EffectiveRule
from omnichannel.webhooks.choices import Topic
from omnichannel.webhooks.services.announcing import News, announce


def announce_alerts(urgent: Sequence[tuple[Alert, AlertEvent, EffectiveRule]], *, now: datetime) -> int:
    """Announce alerts in the transaction that raised them; return how many deliveries."""
    return announce([_news(alert, event) for alert, event, _rule in urgent], now=now)


def _news(alert: Alert, event: AlertEvent) -> News:
    data = {
        "id": alert.pk,
        "rule": alert.rule,
        "what": event.kind,
        "level": alert.level,
        "subject": {"kind": alert.subject_kind, "id": alert.subject_id},
        "scope": {"kind": alert.scope_kind, "id": alert.scope_id or None},
        "episode": alert.episode,
        "measured": str(alert.measured),
        "threshold": str(alert.threshold),
    }
    return News(Topic.ALERT, f"alert:{alert.pk}:{event.pk}", data)
