"""kpis as a Django app; registers the check of its catalogue."""

from __future__ import annotations

from django.apps import AppConfig


class KpisConfig(AppConfig):
    """See the package's docstring."""

    name = "kpis"

    def ready(self) -> None:
        """Register the system check."""
        from kpis import checks  # noqa: F401 - registers by import
