"""The system check of the catalogue of stages: data with a fault in it is refused at start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from orgstages.catalogue.checks import check_stages


@register("catalogue")
def catalogue_is_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report every broken reference, formula, sum or missing text."""
    return [Error(f"{issue.path}: {issue.message}", id="orgstages.E001") for issue in check_stages()]
