"""roles as a Django app; registers the check of its catalogue and what its jobs are about."""

from __future__ import annotations

from django.apps import AppConfig


class RolesConfig(AppConfig):
    """See the package's docstring."""

    name = "roles"

    def ready(self) -> None:
        """Register the system check, and how jobs are named."""
        from roles import checks  # noqa: F401 - registers by import
        from roles.queries.directories import register_job_subjects

        register_job_subjects()
