"""The Celery application. A message is only a wake-up call: the job row is the job."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnichannel.settings")

app = Celery("omnichannel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["kpis", "roles", "omnichannel.webhooks"])
