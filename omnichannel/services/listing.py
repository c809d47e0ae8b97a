"""`./run` alone: every sub-command with what it does, ours first."""

from __future__ import annotations

import os

import django
from django.core.management import get_commands, load_command_class

SCRIPTED = {
    "test": "Run the whole suite on real services and a real browser (--no-browser leaves those tests out).",
    "check": "Lint, format, types, import contracts, templates, migrations and Django's own checks.",
}
OURS = ("omnichannel", "roles", "kpis", "orgstages", "talent")


def main() -> None:
    """Print the commands. Needs no service."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnichannel.settings")
    django.setup()
    ours, others = dict(SCRIPTED), []
    for name, app in get_commands().items():
        if isinstance(app, str) and app.split(".")[0] in OURS:
            ours[name.replace("_", "-")] = load_command_class(app, name).help
        elif name not in SCRIPTED:
            others.append(name)
    print("./run COMMAND [--help]\n")
    for name in sorted(ours):
        print(f"  {name:18}{ours[name]}")
    print("\nDjango's and libraries' own, with the services up as well:\n")
    print("  " + "  ".join(sorted(others)))


if __name__ == "__main__":
    main()
