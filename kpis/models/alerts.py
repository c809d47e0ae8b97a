"""Alerts: the workspace's own rules, what was raised and what became of it, and who was told."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kpis.alert_choices import (
    OPEN,
    AlertEventKind,
    AlertState,
    AlertSubject,
    LevelName,
    MailChoice,
    MailState,
)
from omnichannel.workspaces.scoping import WorkspaceModel


class AlertRule(WorkspaceModel):
    """One revision of a rule of the catalogue as the workspace wants it; the newest counts, older ones are the log.

    No threshold: the level is not used. `scopes` are `company` and levels of units, `subjects` ids of KPIs, tables or
    roles (none: all the rule fits), `notify` level -> recipients.
    """

    rule = models.CharField(max_length=40)
    is_on = models.BooleanField(default=True)
    yellow = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    orange = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    red = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    scopes = models.JSONField(default=list)
    subjects = models.JSONField(default=list)
    notify = models.JSONField(default=dict)
    note = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=["workspace", "rule", "-id"], name="alert_rule_newest")]

    def __str__(self) -> str:
        return f"{self.rule} #{self.pk}"


class Alert(WorkspaceModel):
    """A rule that was crossed for one subject at one scope. `level` is the worst it reached, `now_level` that of now.

    `episode` is the period of the figure, or the day since when data are stale or a role is vacant. `measured` is what
    was held against the thresholds, `value` the KPI's figure, `against` its target, mean or earlier value.
    """

    rule = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=6, choices=AlertSubject.choices)
    subject_id = models.CharField(max_length=60)
    scope_kind = models.CharField(max_length=8)
    scope_id = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=12, choices=AlertState.choices, default=AlertState.RAISED)
    level = models.CharField(max_length=6, choices=LevelName.choices)
    now_level = models.CharField(max_length=6, choices=LevelName.choices, blank=True)
    episode = models.CharField(max_length=10)
    measured = models.DecimalField(max_digits=28, decimal_places=2)
    value = models.DecimalField(max_digits=28, decimal_places=6, null=True)
    against = models.DecimalField(max_digits=28, decimal_places=6, null=True)
    threshold = models.DecimalField(max_digits=12, decimal_places=2)
    driver = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    level_at = models.DateTimeField()
    due_at = models.DateTimeField()
    evaluated_at = models.DateTimeField()
    over_since = models.DateTimeField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    cause = models.TextField(blank=True)
    action = models.TextField(blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    before = models.TextField(blank=True)
    during = models.TextField(blank=True)
    after = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["workspace", "rule", "subject_id", "scope_id", "-id"], name="alert_newest"),
            models.Index(fields=["workspace", "state", "level"], name="alert_standing"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "rule", "subject_kind", "subject_id", "scope_kind", "scope_id"],
                condition=Q(state__in=OPEN),
                name="one_open_alert",
            ),
            models.CheckConstraint(condition=Q(state__in=AlertState.values), name="alert_state_known"),
            models.CheckConstraint(condition=Q(level__in=LevelName.values), name="alert_level_known"),
            models.CheckConstraint(condition=Q(subject_kind__in=AlertSubject.values), name="alert_subject_known"),
            models.CheckConstraint(
                condition=Q(scope_kind="company", scope_id="") | (Q(scope_kind="unit") & ~Q(scope_id="")),
                name="alert_scope_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, closed_at=None) | (~Q(state__in=OPEN) & Q(closed_at__isnull=False)),
                name="alert_closed_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[AlertState.CLOSED, AlertState.REVIEWED]) | (~Q(cause="") & ~Q(action="")),
                name="alert_closed_with_cause_and_action",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_id} {self.scope_id} {self.level}"

    @property
    def is_open(self) -> bool:
        """True until somebody closes it."""
        return self.state in OPEN


class AlertEvent(WorkspaceModel):
    """One thing that happened to an alert; rows are added, never changed."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=AlertEventKind.choices)
    level = models.CharField(max_length=6, choices=LevelName.choices, blank=True)
    episode = models.CharField(max_length=10, blank=True)
    measured = models.DecimalField(max_digits=28, decimal_places=2, null=True)
    text = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=AlertEventKind.values), name="alert_event_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.alert_id}"


class AlertMail(WorkspaceModel):
    """A message of the outbox: written with the alerts it tells of, taken by one sender, never sent twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["workspace", "id"], condition=Q(state=MailState.WAITING), name="alert_mail_waiting")
        ]
        constraints: ClassVar = [
            # What is raised while a message waits joins it: one digest per person.
            models.UniqueConstraint(
                fields=["workspace", "user"], condition=Q(state=MailState.WAITING), name="one_waiting_alert_mail"
            ),
            models.CheckConstraint(condition=Q(state__in=MailState.values), name="alert_mail_state_known"),
        ]

    def __str__(self) -> str:
        return f"mail to {self.user_id} {self.state}"


class AlertNotice(WorkspaceModel):
    """One person told of one event, by the message it went into."""

    event = models.ForeignKey(AlertEvent, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    mail = models.ForeignKey(AlertMail, on_delete=models.CASCADE, related_name="notices")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "event", "user"], name="told_once_of_an_event"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.user_id}"


class AlertPreference(WorkspaceModel):
    """From which level on a member wants messages, and in which language."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    least = models.CharField(max_length=6, choices=MailChoice.choices, default=MailChoice.YELLOW)
    language = models.CharField(max_length=10)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_alert_preference"),
            models.CheckConstraint(condition=Q(least__in=MailChoice.values), name="alert_preference_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.least}"
