"""Webhooks as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Telling other systems what has happened."""

    name = "omnichannel.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        """Let the task pages say to which endpoint a job sends."""
        from omnichannel.jobs.choices import JobKind
        from omnichannel.jobs.queries.subjects import register_subjects
        from omnichannel.webhooks.queries.endpoints import job_subjects

        register_subjects(JobKind.SEND_WEBHOOKS, job_subjects)
