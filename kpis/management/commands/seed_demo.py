"""`seed_demo`: generate the demo retailer, load it through the data door, and make the people who sign in."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils.module_loading import import_string

from kpis.demo import REORGANISED_ON, SCALES, Manifest, generate, people_for_sign_in
from kpis.queries.values import has_computed
from omnichannel.accounts.models import User
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.models import Membership, Workspace
from omnichannel.workspaces.scoping import workspace_scope
from omnichannel.workspaces.services.members import create_workspace
from roles.catalogue import StageKey, SubtypeKey
from roles.services.stages import adopt_stage

PASSWORD = "omnichannel-demo"  # noqa: S105 - of invented people on the reader's own machine
DOMAIN = "demo.example"
NAME = "云裳集团 Yunshang"
SEED = 20261101
FOUNDED = date(2020, 1, 1)
# What the retailer itself says its units are at; the diagnosis compares.
STAGES = (
    ("G", StageKey.STRONG_DEPARTMENT, SubtypeKey.MARKET_LED, FOUNDED),
    ("BU1", StageKey.STRONG_DEPARTMENT, SubtypeKey.MARKET_LED, FOUNDED),
    ("BU1", StageKey.FIRST_LEVEL, SubtypeKey.USER_GROWTH_DRIVEN, REORGANISED_ON),
    ("BU2", StageKey.PROJECT, SubtypeKey.PROJECT_TEAM, FOUNDED),
)


class Command(BaseCommand):
    """Fill one workspace with the demo retailer."""

    help = "Load the demo retailer into a workspace (needs the services; workers are borrowed or started)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take scale, workspace and whether to leave a loaded one alone."""
        parser.add_argument("--scale", choices=sorted(SCALES), default="small")
        parser.add_argument("--workspace", default="demo", help="slug of the workspace (made if it is not there)")
        parser.add_argument("--if-missing", action="store_true", help="do nothing where the demo is already loaded")

    def handle(self, *args: Any, **options: Any) -> None:
        """Generate, load, compute, print the sign-ins."""
        slug = options["workspace"]
        workspace = Workspace.objects.filter(slug=slug).first()
        loaded = False
        if workspace is not None and options["if_missing"]:
            with workspace_scope(workspace.pk):
                loaded = has_computed()
        if not loaded:
            workspace = workspace or create_workspace(slug=slug, name=NAME)
            with tempfile.TemporaryDirectory(prefix="demo-") as folder:
                manifest = generate(SCALES[options["scale"]], seed=SEED, out=Path(folder))
                self.stdout.write(f"Generated {sum(manifest.rows().values()):,} rows in {len(manifest.tables)} tables.")
                make_sign_ins(workspace, manifest=manifest)
                call_command("load_folder", slug, folder, before_computing=adopt_demo_stages, stdout=self.stdout)
            with workspace_scope(workspace.pk):
                for path in settings.DEMO_SEEDS:
                    import_string(path)()
        self.stdout.write(f"Sign in at /w/{slug}/ with password {PASSWORD}:")
        for role in MemberRole.values:
            self.stdout.write(f"  {role:14} {address(role, slug)}")
        self.stdout.write("The demo retailer is ready.")


def address(role: str, slug: str) -> str:
    """Return a persona's address; other demo workspaces have people of their own."""
    return f"{role}@{DOMAIN}" if slug == "demo" else f"{role}@{slug}.{DOMAIN}"


@transaction.atomic
def make_sign_ins(workspace: Workspace, *, manifest: Manifest) -> None:
    """Make one member per role, tied to the person and unit of the manifest."""
    personas = people_for_sign_in(manifest)._asdict()
    personas["owner"] = personas["hr_lead"]
    for role, persona in personas.items():
        email = address(role, workspace.slug)
        user = User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD)
        Membership.objects.update_or_create(
            workspace=workspace,
            user=user,
            defaults={
                "role": role,
                "unit_external_id": persona.unit_id,
                "person_external_id": persona.employee_id,
            },
        )


def adopt_demo_stages() -> None:
    """Write the stages the retailer has adopted, before the weights that follow them are asked for."""
    for unit, stage, subtype, on in STAGES:
        adopt_stage(unit, stage=stage, subtype=subtype, on=on, actor_id=None, note="")
