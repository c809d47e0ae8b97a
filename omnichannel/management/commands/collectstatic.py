"""`collectstatic`: as Django's, by one process at a time."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands.collectstatic import Command as CollectStatic


class Command(CollectStatic):
    """Gather static files with nobody else at it: of two processes that write one folder each loses files."""

    def handle(self, **options: Any) -> str | None:
        """Wait for whoever gathers into the same folder, then gather."""
        folder = Path(settings.STATIC_ROOT)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return super().handle(**options)
