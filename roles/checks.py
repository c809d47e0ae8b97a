"""The system check of the talent map: data with a fault in it is refused at start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from roles.catalogue.checks import check_roles


@register("catalogue")
def catalogue_is_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report every broken reference, formula, sum or missing text."""
    return [Error(f"{issue.path}: {issue.message}", id="roles.E001") for issue in check_roles()]
