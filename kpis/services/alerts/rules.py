"""The workspace's own rules: try one on what is there now, save it as a revision that counts from now on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.alert_choices import Recipient
from kpis.alert_errors import RuleInvalid
from kpis.engine.alerting import Level, Step
from kpis.library.extras import library_extras
from kpis.models import AlertRule
from kpis.queries.alert_findings import Finding, findings
from kpis.queries.alert_rules import EffectiveRule, default_rule
from kpis.services.alerts.evaluating import Outcome, evaluate_alerts, newest_alerts, planned
from omnichannel.workspaces.queries.zones import local_day
from roles.choices import UnitLevel

MOST = Decimal(10) ** 9
NEW = (Step.RAISE, Step.WORSEN)


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What a rule would do now: `raised` are new or worse alerts, `crossed` all that lie beyond a threshold."""

    raised: tuple[Finding, ...]
    crossed: int
    looked_at: int
    unknown: int

    def of(self, level: Level) -> int:
        """Return how many would be raised at a level."""
        return sum(finding.level is level for finding in self.raised)


def wanted_rule(
    rule: str,
    *,
    is_on: bool,
    cuts: Mapping[Level, Decimal | None],
    scopes: Sequence[str],
    subjects: Sequence[str],
    notify: Mapping[Level, Sequence[str]],
) -> EffectiveRule:
    """Return the rule as a person wants it; RuleInvalid with everything that is wrong about it."""
    spec = library_extras().alert_rules[rule]
    known = {level: cut for level, cut in cuts.items() if cut is not None}
    issues = _cut_issues(known, below=spec.side == "below", is_on=is_on)
    if is_on and not scopes:
        issues.append(("scopes", _("Choose at least one place to look at.")))
    if spec.tables and is_on and not subjects:
        issues.append(("subjects", _("Choose at least one table.")))
    if any(scope not in {"company", *UnitLevel.values} for scope in scopes):
        issues.append(("scopes", _("There is no such place.")))
    if any(kind not in Recipient.values for kinds in notify.values() for kind in kinds):
        issues.append(("notify", _("There is no such recipient.")))
    if issues:
        raise RuleInvalid(issues)
    told = {level: tuple(notify.get(level, ())) for level in Level}
    return replace(
        default_rule(rule), is_on=is_on, cuts=known, scopes=tuple(scopes), subjects=tuple(subjects), notify=told
    )


def _cut_issues(cuts: Mapping[Level, Decimal], *, below: bool, is_on: bool) -> list[tuple[str, str]]:
    issues = [
        (level.value, _("A threshold is a number from 0 to 1,000,000,000 with at most two decimals."))
        for level, cut in cuts.items()
        if not cut.is_finite() or not 0 <= cut <= MOST or cut != round(cut, 2)
    ]
    if issues:
        return issues
    if is_on and not cuts:
        return [("red", _("Give at least one level a threshold, or switch the rule off."))]
    ordered = [cuts[level] for level in Level if level in cuts]
    if any((later >= first) if below else (later <= first) for first, later in pairwise(ordered)):
        falling = _("From yellow to red each threshold must be lower than the one before.")
        rising = _("From yellow to red each threshold must be higher than the one before.")
        return [("red", falling if below else rising)]
    return []


def preview_rule(rule: EffectiveRule, *, now: datetime) -> RulePreview:
    """Return what a rule would raise now. Nothing is written."""
    found = findings([rule], today=local_day(now))
    standing = newest_alerts([rule.id])
    raised = [finding for finding in found if planned(finding, standing) in NEW]
    return RulePreview(
        raised=tuple(sorted(raised, key=_urgency)),
        crossed=sum(finding.level is not None for finding in found),
        looked_at=len(found),
        unknown=sum(finding.measured is None for finding in found),
    )


def _urgency(finding: Finding) -> tuple[int, str, str]:
    return -(finding.level.rank if finding.level else 0), finding.scope.id, finding.subject


@transaction.atomic
def save_rule(rule: EffectiveRule, *, note: str, actor_id: int, now: datetime) -> Outcome:
    """Save a revision and evaluate the rule with it. What was raised or closed before stays as it was."""
    AlertRule.objects.create(
        rule=rule.id,
        is_on=rule.is_on,
        scopes=list(rule.scopes),
        subjects=list(rule.subjects),
        notify={level.value: list(kinds) for level, kinds in rule.notify.items()},
        note=note,
        created_by_id=actor_id,
        yellow=rule.cuts.get(Level.YELLOW),
        orange=rule.cuts.get(Level.ORANGE),
        red=rule.cuts.get(Level.RED),
    )
    return evaluate_alerts(now=now, only=rule.id)
