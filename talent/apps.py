"""talent as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class TalentConfig(AppConfig):
    """See the package's docstring."""

    name = "talent"
