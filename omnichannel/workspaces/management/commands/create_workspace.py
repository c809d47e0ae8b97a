"""`create_workspace`: the first workspace of an installation and the link for its owner."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from omnichannel.accounts.models import User
from omnichannel.workspaces.services.members import create_workspace


class Command(BaseCommand):
    """Create a workspace with an owner, who sets a password through the reset page."""

    help = "Create a workspace and its owner (who sets a password by 'forgot password')."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what a workspace needs."""
        parser.add_argument("slug")
        parser.add_argument("name")
        parser.add_argument("owner_email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create both, or say what is wrong with the slug."""
        email = options["owner_email"].lower()
        owner = User.objects.filter(email=email).first() or User.objects.create_user(email)
        try:
            workspace = create_workspace(slug=options["slug"], name=options["name"], owner=owner)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(f"Created {workspace.slug}; {email} sets a password at /accounts/password/reset/.")
