"""Closed lists of the guides' tasks."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TaskStepKind(models.TextChoices):
    """What happened to a task."""

    GIVEN = "given", pgettext_lazy("task", "Given")
    CHANGED = "changed", pgettext_lazy("task", "Changed")
    WITHDRAWN = "withdrawn", pgettext_lazy("task", "Withdrawn")
    RESTORED = "restored", pgettext_lazy("task", "Given again")
    DONE = "done", pgettext_lazy("task", "Done")
    UNDONE = "undone", pgettext_lazy("task", "Not done after all")


class TaskStanding(models.TextChoices):
    """How a person stands with a task; done on the due day is in time."""

    DONE = "done", _("Done in time")
    DONE_LATE = "done_late", _("Done late")
    LATE = "late", _("Late")
    OPEN = "open", pgettext_lazy("task", "Open")
