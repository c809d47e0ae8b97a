"""orgstages as a Django app; registers the check of its catalogue and where it uses KPIs."""

from __future__ import annotations

from django.apps import AppConfig


class OrgstagesConfig(AppConfig):
    """See the package's docstring."""

    name = "orgstages"

    def ready(self) -> None:
        """Register the system check and the diagnosis's use of KPIs."""
        from orgstages import checks  # noqa: F401 - registers by import
        from orgstages.queries.kpi_uses import register_kpi_uses

        register_kpi_uses()
