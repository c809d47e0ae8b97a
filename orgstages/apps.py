"""orgstages as a Django app; registers the check of its catalogue."""

from __future__ import annotations

from django.apps import AppConfig


class OrgstagesConfig(AppConfig):
    """See the package's docstring."""

    name = "orgstages"

    def ready(self) -> None:
        """Register the system check."""
        from orgstages import checks  # noqa: F401 - registers by import
