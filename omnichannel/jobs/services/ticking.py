"""What comes round by itself: services that the dispatcher calls every few seconds in each workspace."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope

log = logging.getLogger(__name__)


class Ticker:
    """Knows when each service is due next. They are to be quick where nothing is: the dispatcher waits for them."""

    def __init__(self) -> None:
        self._next: dict[str, datetime] = {}

    def round(self, *, now: datetime) -> None:
        """Call what is due. One that fails in a workspace keeps neither the others nor another workspace from it."""
        due = [name for name in settings.REGULAR_TASKS if now >= self._next.get(name, now)]
        for name in due:
            self._next[name] = now + timedelta(seconds=settings.REGULAR_TASKS[name])
        if due:
            for workspace_id in Workspace.objects.order_by("pk").values_list("pk", flat=True):
                tick(workspace_id, due, now=now)


def tick(workspace_id: int, names: list[str], *, now: datetime) -> None:
    """Call the services in a workspace."""
    for name in names:
        try:
            with workspace_scope(workspace_id):
                import_string(name)(now=now)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the dispatcher waits for it
        except Exception:
            log.exception("%s in workspace %s failed", name, workspace_id)
