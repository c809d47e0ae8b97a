"""roles as a Django app; registers the check of its catalogue."""

from __future__ import annotations

from django.apps import AppConfig


class RolesConfig(AppConfig):
    """See the package's docstring."""

    name = "roles"

    def ready(self) -> None:
        """Register the system check."""
        from roles import checks  # noqa: F401 - registers by import
