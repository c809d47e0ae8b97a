"""kpis as a Django app; registers the check of its catalogue and what its jobs are about."""

from __future__ import annotations

from django.apps import AppConfig


class KpisConfig(AppConfig):
    """See the package's docstring."""

    name = "kpis"

    def ready(self) -> None:
        """Register the system check and the subjects of the jobs."""
        from kpis import checks  # noqa: F401 - registers by import
        from kpis.queries.job_subjects import register_job_subjects

        register_job_subjects()
