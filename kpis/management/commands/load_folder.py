"""`load-folder WORKSPACE DIR`: every file of a folder through the same door as the browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from kpis.services.folder import FileLoad, NobodyWorks, compute_after, load_folder, wait_for_jobs
from omnichannel.jobs.choices import JobState
from omnichannel.services.stack import workers
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from omnichannel.workspaces.services.members import create_workspace

POLL_SECONDS = 0.1


class Command(BaseCommand):
    """Load a folder and compute what it touched."""

    help = "Load every canonical CSV or workbook of a folder (file name = table), then compute the figures."

    stealth_options = ("before_computing",)  # a callable of another command, once all files are in

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workspace, the folder and what to do about a new workspace or faulty rows."""
        parser.add_argument("workspace", help="slug of the workspace")
        parser.add_argument("folder", type=Path)
        parser.add_argument("--create", action="store_true", help="create the workspace when there is none")
        parser.add_argument("--good-rows", action="store_true", help="load the good rows of a file with errors")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, compute, and fail with the file and its problems when anything was not as it should be."""
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder")
        with translation.override("en"):
            workspace = self._workspace(options["workspace"], create=options["create"])
            try:
                with workspace_scope(workspace.pk), workers():
                    self._load(folder, good_rows=options["good_rows"], before_computing=options.get("before_computing"))
            except NobodyWorks:
                raise CommandError("no worker takes the jobs; they wait and can be seen under Tasks") from None

    def _workspace(self, slug: str, *, create: bool) -> Workspace:
        found = Workspace.objects.filter(slug=slug).first()
        if found is None and not create:
            raise CommandError(f"there is no workspace {slug!r}; --create makes it")
        try:
            return found or create_workspace(slug=slug, name=slug)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error

    def _load(self, folder: Path, *, good_rows: bool, before_computing: Callable[[], None] | None) -> None:
        start = time.monotonic()
        loads = []
        try:
            for load in load_folder(folder, good_rows=good_rows, actor_id=None, pause=_pause):
                loads.append(load)
                self.stdout.write(_line(load))
        except ValueError as error:
            raise CommandError(str(error)) from error
        faulty = [load for load in loads if not load.loaded]
        if faulty:
            raise CommandError("\n".join(_fault(load) for load in faulty))
        rows = sum(load.rows for load in loads)
        self.stdout.write(f"{len(loads)} files, {rows:,} rows loaded in {time.monotonic() - start:.1f} s")
        if before_computing is not None:
            before_computing()
        self._compute(loads)

    def _compute(self, loads: list[FileLoad]) -> None:
        jobs = compute_after(loads, actor_id=None)
        if not jobs:
            self.stdout.write("nothing has changed, so no figure has")
            return
        periods = sorted(period for job in jobs for period in job.params["periods"])
        self.stdout.write(f"computing {len(periods)} months, {periods[0]} to {periods[-1]}")
        for job in wait_for_jobs(jobs, pause=_pause, told=self._tell):
            if job.state != JobState.SUCCEEDED:
                raise CommandError(f"the computation {job.state}: {job.reason} {job.detail}")

    def _tell(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{done}/{total} months ", ending="\n" if done == total else "")
            self.stdout.flush()


def _pause() -> None:
    time.sleep(POLL_SECONDS)


def _line(load: FileLoad) -> str:
    if not load.loaded:
        return f"{load.filename} -> {load.table or '?'}: NOT LOADED"
    effect = load.effect
    told = f"{effect['new']:,} new, {effect['changed']:,} changed, {effect['same']:,} as before"
    return f"{load.filename} -> {load.table}: {load.rows:,} rows ({told})"


def _fault(load: FileLoad) -> str:
    return "\n  ".join((f"{load.filename} was not loaded:", *load.problems))
