"""roles as a Django app; registers the check of its catalogue and what its jobs are about."""

from __future__ import annotations

from django.apps import AppConfig


class RolesConfig(AppConfig):
    """See the package's docstring."""

    name = "roles"

    def ready(self) -> None:
        """Register the system check, how jobs are named, who knows a workspace's roles, and how ranges are read."""
        from omnichannel.core.ranges import read_ranges_once
        from roles import checks  # noqa: F401 - registers by import
        from roles.catalogue import register_roles
        from roles.queries.directories import register_job_subjects
        from roles.queries.library import catalogue_here

        read_ranges_once()
        register_job_subjects()
        register_roles(catalogue_here)
