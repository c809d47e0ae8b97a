"""Workspaces as a Django app; registers the checks that refuse an unlisted route or a bypassing role."""

from __future__ import annotations

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """Tenants."""

    name = "omnichannel.workspaces"
    label = "workspaces"

    def ready(self) -> None:
        """Register the system checks."""
        from omnichannel.workspaces import checks  # noqa: F401 - registers by import
