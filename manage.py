#!/usr/bin/env python
"""Every management command, with the services it needs brought up first."""

from __future__ import annotations

import os
import sys

WITHOUT_SERVICES = {"help", "compilemessages", "makemessages", "catalogue", "bench", "--help", "-h", "--version"}


def main() -> None:
    """Run one command; hyphens and underscores in its name are the same."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnichannel.settings")
    argv = list(sys.argv)
    if len(argv) > 1 and not argv[1].startswith("-"):
        argv[1] = argv[1].replace("-", "_")
    from django.core.management import execute_from_command_line

    from omnichannel.services.messages import compile_messages
    from omnichannel.services.processes import ServiceError
    from omnichannel.services.session import services

    compile_messages()
    if len(argv) < 2 or argv[1] in WITHOUT_SERVICES or argv[-1] in {"--help", "-h"}:
        execute_from_command_line(argv)
        return
    try:
        with services():
            execute_from_command_line(argv)
    except ServiceError as error:
        sys.exit(f"The services did not start: {error}")


if __name__ == "__main__":
    main()
