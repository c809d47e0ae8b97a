"""The daily sweep: each service named in the settings cleans up in one workspace after the other."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.utils.module_loading import import_string

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)


class Sweeper:
    """Goes through all workspaces once a day, one in each round, so that the dispatcher's work never waits long."""

    def __init__(self) -> None:
        self._waiting: list[int] = []
        self._next: datetime | None = None

    def round(self, *, now: datetime) -> int:
        """Sweep the next workspace if its turn has come; return how many things were removed."""
        if self._next is None or now >= self._next:
            self._waiting = list(Workspace.objects.order_by("-pk").values_list("pk", flat=True))
            self._next = now + EVERY
        return sweep_workspace(self._waiting.pop(), now=now) if self._waiting else 0


def sweep_workspace(workspace_id: int, *, now: datetime) -> int:
    """Let every sweep of the settings clean up in a workspace. One that fails does not keep the others from it."""
    removed = 0
    for name in settings.DAILY_SWEEPS:
        try:
            with workspace_scope(workspace_id):
                removed += import_string(name)(now=now)
        except DatabaseError:
            raise
        except Exception:
            log.exception("sweep %s of workspace %s failed", name, workspace_id)
    if removed:
        log.info("workspace %s: %s unused files removed", workspace_id, removed)
    return removed
