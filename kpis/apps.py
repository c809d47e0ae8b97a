"""kpis as a Django app; registers the check of its catalogue and what its jobs are about."""

from __future__ import annotations

from django.apps import AppConfig


class KpisConfig(AppConfig):
    """See the package's docstring."""

    name = "kpis"

    def ready(self) -> None:
        """Register the system check, the subjects of the jobs, which KPIs a role may name, and who grades it."""
        from kpis import checks  # noqa: F401 - registers by import
        from kpis.queries.definitions import nameable_kpis
        from kpis.queries.job_subjects import register_job_subjects
        from kpis.services.weights import grade_by_new_kpis
        from roles.queries.known_kpis import register_kpis
        from roles.services.measured import register_grader

        register_job_subjects()
        register_kpis(nameable_kpis)
        register_grader(grade_by_new_kpis)
