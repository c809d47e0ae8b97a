"""`check_org`: what the stored organisation has lost; it reads only."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.queries.lost_days import LostDays, lost_days


class Command(BaseCommand):
    """Name the days that versions before 0.7.0 could lose between two changes of the same person."""

    help = "Name days on which people work nowhere although they are here and were said to work somewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workspace; all of them when left out."""
        parser.add_argument("workspace", nargs="?", default="", help="slug of the workspace; all when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what is found; CommandError, and with it exit code 1, when days were lost between two employments."""
        asked = Workspace.objects.filter(slug=options["workspace"]) if options["workspace"] else Workspace.objects.all()
        lost = 0
        for workspace in asked.order_by("slug"):
            with workspace_scope(workspace.pk):
                found = lost_days()
            lost += sum(one.is_between for one in found)
            self.stdout.write(f"{workspace.slug}: {len(found)} stretches of days without a place")
            for one in found:
                self.stdout.write(f"  {_line(one)}")
        if options["workspace"] and not asked:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        if lost:
            raise CommandError(
                f"{lost} of them lie between two employments: say again where the person worked on those days "
                "(PUT the person with effective_on= the first of them, or move them on the chart of that day)."
            )


def _line(one: LostDays) -> str:
    where = "between two employments" if one.is_between else "before or after all others"
    return f"{one.person}: {one.start} to {one.end or 'open'}, {where}; last said to work in {one.unit}"
