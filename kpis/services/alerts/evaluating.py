"""Holding the rules against what is stored: raise once, worsen in place, tell the right people, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from kpis.alert_choices import AlertEventKind, AlertState, AlertSubject
from kpis.engine.alerting import Level, Standing, Step, step_of
from kpis.library.extras import library_extras
from kpis.models import Alert, AlertEvent
from kpis.queries.alert_drivers import name_driver
from kpis.queries.alert_findings import Finding, findings
from kpis.queries.alert_rules import EffectiveRule, rules_now
from kpis.queries.definitions import library_at
from kpis.services.alerts.hooks import announce_alerts
from kpis.services.alerts.mailing import request_mail, tell
from kpis.services.alerts.recipients import Directory, directory
from omnichannel.core.periods import parse_period
from omnichannel.jobs.choices import JobKind, JobOrigin, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.workspaces.queries.zones import local_day
from omnichannel.workspaces.scoping import current_workspace_id, lock_in_workspace
from roles.queries.org_chart import UnitTree, unit_tree

ALERT_LOCK = 0x0A1E  # first key of the advisory lock of everything raised
Standings = Mapping[tuple[str, ...], Alert]
LATEST = [
    "state", "level", "now_level", "episode", "measured", "value", "against", "threshold", "driver", "level_at",
    "due_at", "evaluated_at", "over_since",
]  # fmt: skip


@transaction.atomic
def request_watch() -> Job:
    """Queue an evaluation in the caller's transaction. One that waits already will do; see `request_measurement`."""
    waiting = Job.objects.select_for_update().filter(kind=JobKind.WATCH_ALERTS, state=JobState.QUEUED).first()
    if waiting is not None:
        return waiting
    params = {"turn": Job.objects.filter(kind=JobKind.WATCH_ALERTS).aggregate(last=Max("pk"))["last"] or 0}
    job = create_job(JobKind.WATCH_ALERTS, params=params, origin=JobOrigin.SYSTEM)
    wake(job)
    return job


@dataclass(slots=True)
class Outcome:
    """What an evaluation did, by step."""

    counts: dict[Step, int] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        """Count a step."""
        self.counts[step] = self.counts.get(step, 0) + 1

    def of(self, *steps: Step) -> int:
        """Return how often these steps were taken."""
        return sum(self.counts.get(step, 0) for step in steps)

    def as_result(self) -> dict[str, Any]:
        """Return what the job's page tells."""
        return {f"alerts_{step.value}": count for step, count in self.counts.items() if step is not Step.NOTHING}


@transaction.atomic
def evaluate_alerts(*, now: datetime, only: str = "") -> Outcome:
    """Evaluate all rules (or one) in the caller's transaction; who must hear of it is in the outbox when it returns."""
    lock_in_workspace(ALERT_LOCK)
    rules = [rule for rule in rules_now().values() if only in ("", rule.id)]
    today = local_day(now)
    found = findings(rules, today=today)
    standing = newest_alerts(rule.id for rule in rules)
    outcome, told = Outcome(), Changes(now, unit_tree(as_of=today))
    for finding in found:
        step = planned(finding, standing)
        outcome.add(step)
        told.take(step, finding, standing.get(finding.key))
    told.store()
    return outcome


def newest_alerts(rules: Iterable[str]) -> dict[tuple[str, ...], Alert]:
    """Return the newest alert of every rule, subject and scope, open or not."""
    key = ("rule", "subject_kind", "subject_id", "scope_kind", "scope_id")
    rows = Alert.objects.filter(rule__in=list(rules)).order_by(*key, "-id").distinct(*key)
    return {tuple(str(getattr(row, name)) for name in key): row for row in rows}


def planned(finding: Finding, standing: Standings) -> Step:
    """Return what a finding would do to the alerts that are there."""
    alert = standing.get(finding.key)
    before = None if alert is None else Standing(alert.is_open, Level(alert.level), alert.episode)
    return step_of(before, finding.level, episode=finding.episode, is_known=finding.measured is not None)


class Changes:
    """Collects what an evaluation does and writes it at once: new alerts, changed ones, their events, the messages."""

    def __init__(self, now: datetime, tree: UnitTree) -> None:
        self.now, self.tree = now, tree
        self.raised: list[Alert] = []
        self.changed: list[Alert] = []
        self.events: list[AlertEvent] = []
        self.urgent: list[tuple[Alert, AlertEvent, EffectiveRule]] = []
        self._directory: Directory | None = None
        self._trees: dict[str, UnitTree] = {}

    @property
    def people(self) -> Directory:
        """Who is who today; read when first needed."""
        if self._directory is None:
            self._directory = directory(on=self.tree.as_of, tree=self.tree)
        return self._directory

    def take(self, step: Step, finding: Finding, alert: Alert | None) -> None:
        """Do one step to the alert of a finding."""
        if step is Step.RAISE:
            self._raise(finding)
        elif alert is not None and step is Step.EASE:
            self._ease(finding, alert)
        elif alert is not None and step in (Step.WORSEN, Step.RENEW):
            self._again(finding, alert, worse=step is Step.WORSEN)

    def store(self) -> None:
        """Write everything in the caller's transaction."""
        Alert.objects.bulk_create(self.raised)
        Alert.objects.bulk_update(self.changed, LATEST)
        AlertEvent.objects.bulk_create(self.events)
        announce_alerts(self.urgent, now=self.now)
        if self.urgent and tell(self.urgent, people=self.people):
            request_mail()

    def _raise(self, finding: Finding) -> None:
        alert = Alert(
            workspace_id=current_workspace_id(),
            rule=finding.rule.id,
            subject_kind=finding.subject_kind,
            subject_id=finding.subject,
            scope_kind=finding.scope.kind.value,
            scope_id=finding.scope.id,
            raised_at=self.now,
        )
        self._take_level(alert, finding)
        owners = self.people.owners(alert)
        alert.owner_id = owners[0].user_id if owners else None
        self.raised.append(alert)
        self._tell(alert, AlertEventKind.RAISED, finding)

    def _again(self, finding: Finding, alert: Alert, *, worse: bool) -> None:
        """Keep an open alert up to date; what is worse than ever is told again and restarts the time to answer."""
        before = alert.now_level
        if worse:
            self._take_level(alert, finding)
            alert.state, alert.over_since = AlertState.RAISED, None
            self._tell(alert, AlertEventKind.WORSENED, finding)
        else:
            if alert.episode != finding.episode:
                alert.driver = self._driver(finding)
            self._take_figure(alert, finding)
            alert.over_since = None
            if alert.now_level != before:
                self._note(alert, AlertEventKind.CHANGED if before else AlertEventKind.BACK, finding)
        self.changed.append(alert)

    def _ease(self, finding: Finding, alert: Alert) -> None:
        if alert.over_since is None:
            alert.over_since = self.now
            self._take_figure(alert, finding)
            self._note(alert, AlertEventKind.OVER, finding)
            self.changed.append(alert)

    def _take_level(self, alert: Alert, finding: Finding) -> None:
        level = finding.level or Level(alert.level)
        alert.level, alert.level_at = level.value, self.now
        alert.due_at = self.now + timedelta(hours=library_extras().alert_levels[level].respond_within_hours)
        self._take_figure(alert, finding)
        alert.driver = self._driver(finding)

    def _take_figure(self, alert: Alert, finding: Finding) -> None:
        if finding.measured is None:
            return
        alert.now_level = finding.level.value if finding.level else ""
        alert.episode, alert.measured = finding.episode, finding.measured
        alert.value, alert.against = finding.value, finding.against
        level, cuts = finding.level or Level(alert.level), finding.rule.cuts
        alert.threshold = cuts.get(level, next(iter(cuts.values())))
        alert.evaluated_at = self.now

    def _driver(self, finding: Finding) -> dict[str, Any]:
        if finding.subject_kind is not AlertSubject.KPI:
            return {}
        period = parse_period(finding.episode)
        if finding.episode not in self._trees:
            self._trees[finding.episode] = unit_tree(as_of=period.last_day)
        kpi = library_at(period.last_day).kpis[finding.subject]
        return dict(name_driver(kpi, finding.scope, period=period, tree=self._trees[finding.episode]))

    def _tell(self, alert: Alert, kind: AlertEventKind, finding: Finding) -> None:
        self.urgent.append((alert, self._note(alert, kind, finding), finding.rule))

    def _note(self, alert: Alert, kind: AlertEventKind, finding: Finding) -> AlertEvent:
        event = AlertEvent(
            workspace_id=current_workspace_id(),
            alert=alert,
            kind=kind,
            level=alert.now_level,
            episode=finding.episode,
            measured=finding.measured,
            at=self.now,
        )
        self.events.append(event)
        return event


def now_evaluated() -> dict[str, Any]:
    """Evaluate as a job does; return what its page tells."""
    return evaluate_alerts(now=timezone.now()).as_result()
