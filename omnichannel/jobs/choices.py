"""Closed lists of the jobs app."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    """Life of a job. Queued and running are active; the others are final."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class JobStep(models.TextChoices):
    """What a running job is doing, shown with its progress."""

    WAITING = "waiting", _("Waiting for a worker")
    READING = "reading", _("Reading")
    CHECKING = "checking", _("Checking")
    WRITING = "writing", _("Writing")
    COMPUTING = "computing", _("Computing")
    GRADING = "grading", _("Grading")
    DONE = "done", _("Done")


class JobOrigin(models.TextChoices):
    """Where the work was asked for."""

    WEB = "web", _("Browser")
    API = "api", _("API")
    COMMAND = "command", _("Command line")
    SYSTEM = "system", _("System")


class JobKind(models.TextChoices):
    """What the job does; settings.JOB_TASKS names the task of each."""

    CHECK_UPLOAD = "check_upload", _("Check an upload")
    LOAD_UPLOAD = "load_upload", _("Load an upload")
    REVERT_UPLOAD = "revert_upload", _("Revert an upload")
    REAPPLY_UPLOAD = "reapply_upload", _("Apply an upload again")
    PREVIEW_FIGURES = "preview_figures", _("Show which figures would change")
    PREVIEW_DEFINITION = "preview_definition", _("Show what a definition would change")
    COMPUTE_VALUES = "compute_values", _("Compute KPIs and scorecards")
    PUBLISH_CARDS = "publish_cards", _("Publish scorecards")
    ANALYSE = "analyse", _("Analyse customers and merchandise")
    MEASURE_HEALTH = "measure_health", _("Measure the health of the data")
    WATCH_ALERTS = "watch_alerts", _("Look for alerts")
    SEND_ALERTS = "send_alerts", _("Send alerts by email")
    SEND_WEBHOOKS = "send_webhooks", _("Send webhooks")
    SYNC_DIRECTORY = "sync_directory", _("Read a directory")
    CALCULATE_PAY = "calculate_pay", _("Calculate pay")
    SIMULATE_PAY = "simulate_pay", _("Try pay plans on past months")


ACTIVE = (JobState.QUEUED, JobState.RUNNING)
