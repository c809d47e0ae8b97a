"""kpis as a Django app; registers the check of its catalogue and what its jobs are about."""

from __future__ import annotations

from django.apps import AppConfig


class KpisConfig(AppConfig):
    """See the package's docstring."""

    name = "kpis"

    def ready(self) -> None:
        """Register the system check, the subjects of the jobs, and which KPIs a role may name."""
        from kpis import checks  # noqa: F401 - registers by import
        from kpis.queries.definitions import kpi_names
        from kpis.queries.job_subjects import register_job_subjects
        from roles.queries.known_kpis import register_kpis

        register_job_subjects()
        register_kpis(kpi_names)
