"""The rules that raise alerts as they count now: the catalogue's, with what the workspace has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kpis.engine.alerting import Level, Measure, Thresholds
from kpis.library.extras import AlertRule as RuleSpec
from kpis.library.extras import library_extras
from kpis.models import AlertRule


@dataclass(frozen=True, slots=True)
class EffectiveRule:
    """A rule ready to be held against figures. `revision` is None while the catalogue's own counts."""

    spec: RuleSpec
    is_on: bool
    cuts: Mapping[Level, Decimal]
    scopes: tuple[str, ...]
    subjects: tuple[str, ...]
    notify: Mapping[Level, tuple[str, ...]]
    revision: int | None = None
    since: datetime | None = None

    @property
    def id(self) -> str:
        """The rule's id in the catalogue."""
        return self.spec.id

    @property
    def measure(self) -> Measure:
        """What it holds against the thresholds."""
        return Measure(self.spec.measure)

    @property
    def thresholds(self) -> Thresholds:
        """Where the levels begin."""
        return Thresholds(self.spec.side == "below", self.cuts)

    @property
    def is_custom(self) -> bool:
        """True once the workspace has saved it."""
        return self.revision is not None


def default_rule(rule: str) -> EffectiveRule:
    """Return the catalogue's own rule; KeyError for an unknown one."""
    extras = library_extras()
    spec = extras.alert_rules[rule]
    return EffectiveRule(
        spec=spec,
        is_on=True,
        cuts={level: spec.thresholds[level] for level in Level},
        scopes=spec.scopes,
        subjects=spec.tables or spec.kpis,
        notify={level: extras.alert_levels[level].notify for level in Level},
    )


def rules_now() -> dict[str, EffectiveRule]:
    """Return all rules as they count now, in the catalogue's order, in one query."""
    newest = AlertRule.objects.order_by("rule", "-id").distinct("rule")
    own = {row.rule: row for row in newest}
    return {
        rule: with_revision(own[rule]) if rule in own else default_rule(rule) for rule in library_extras().alert_rules
    }


def with_revision(row: AlertRule) -> EffectiveRule:
    """Return the rule as a revision has it."""
    cuts = {level: cut for level in Level if (cut := getattr(row, level.value)) is not None}
    return EffectiveRule(
        spec=library_extras().alert_rules[row.rule],
        is_on=row.is_on,
        cuts=cuts,
        scopes=tuple(row.scopes),
        subjects=tuple(row.subjects),
        notify={level: tuple(row.notify.get(level.value, ())) for level in Level},
        revision=row.pk,
        since=row.created_at,
    )


def rule_history(rule: str, *, limit: int = 20) -> list[AlertRule]:
    """Return a rule's revisions, newest first."""
    return list(AlertRule.objects.filter(rule=rule).select_related("created_by")[:limit])
