"""Where the stage diagnosis reads a KPI, told to the KPI's own page."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.queries.where_used import Use, register_uses
from orgstages.catalogue import load_stages
from orgstages.queries.evidence import STORE_SALES


def register_kpi_uses() -> None:
    """Tell kpis how to ask."""
    register_uses(uses_of)


def uses_of(kpi: str, slug: str) -> Iterable[Use]:
    """Yield the automatic questions that a KPI answers; sales by channel answer several at once."""
    url = reverse("orgstages:stages", args=[slug])
    for question in load_stages().questions.values():
        if question.auto is not None and question.auto.kpi == kpi:
            yield Use("diagnosis", f"{question.id} {question.names.in_language(get_language())}", url)
    if kpi in STORE_SALES:
        yield Use("diagnosis", _("Shares of sales in the automatic questions"), url)
