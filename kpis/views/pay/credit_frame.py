"""What the pages of the ledger of credit share: what is asked, the choices of the filters, the sections."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kpis.engine.attribution import MODELS
from kpis.incentives.touches import By
from kpis.library import library_extras
from kpis.queries.pay.credit import model_names
from kpis.queries.pay.credit_ask import CHANNELS, CreditAsk, read_ask
from kpis.queries.values import months_with_data
from kpis.views.pay.tabs import pay_tabs
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.org_chart import unit_tree
from roles.queries.picking import unit_options

SECTIONS: tuple[tuple[str, str | Promise], ...] = (
    ("kpis:pay_credit", _("Credit by model")),
    ("kpis:pay_conflicts", _("Orders of two departments")),
    ("kpis:pay_rivals", _("Competing targets")),
)
BYS: tuple[tuple[str, str | Promise], ...] = (
    (By.DEPARTMENT.value, _("Department")),
    (By.ROLE.value, _("Role")),
    (By.CHANNEL.value, _("Channel of the touch")),
    (By.UNIT.value, _("Unit of the person")),
)


def asked_credit(request: WorkspaceRequest) -> CreditAsk | None:
    """Read what the address asks for; None while there is no data. Http404 for what cannot be."""
    try:
        return read_ask(request.GET.dict())
    except ValueError as error:
        raise Http404(str(error)) from error


def frame(request: WorkspaceRequest, ask: CreditAsk | None, *, current: str) -> dict[str, Any]:
    """Return tabs, sections and the choices of the filters."""
    slug, language = request.access.workspace.slug, get_language()
    query = query_of_ask(ask)
    context: dict[str, Any] = {
        "tabs": pay_tabs(request, "kpis:pay_credit"),
        "sections": [
            {"label": label, "url": f"{reverse(route, args=[slug])}{query}", "current": route == current}
            for route, label in SECTIONS
            if may(request.access, route)
        ],
        "ask": ask,
        "query": query,
    }
    if ask is None:
        return context
    labels = library_extras().enum_labels
    return context | {
        "months": month_choices(ask),
        "bys": BYS,
        "by_name": dict(BYS)[ask.by.value],
        "models": [(model, names.in_language(language)) for model, (names, _rule) in model_names().items()],
        "model_name": model_names()[ask.model][0].in_language(language),
        "model_rule": model_names()[ask.model][1].in_language(language),
        "units": unit_options(unit_tree(as_of=ask.last.last_day), with_stores=True),
        "channels": [(channel, labels[channel].in_language(language)) for channel in CHANNELS],
    }


def month_choices(ask: CreditAsk) -> list[tuple[str, str]]:
    """Return the months to choose from, the newest first: those with data, and the ones asked for."""
    months = {*months_with_data(), ask.first, ask.last}
    return [(str(month), str(month)) for month in sorted(months, key=lambda each: each.start, reverse=True)]


def query_of_ask(ask: CreditAsk | None, **more: str) -> str:
    """Return the query that asks for the same; what is usual is left out."""
    if ask is None:
        return ""
    pairs = {
        "period": str(ask.last),
        "since": "" if ask.is_month else str(ask.first),
        "by": "" if ask.by is By.DEPARTMENT else ask.by.value,
        "model": ask.model,
        "unit": ask.unit,
        "channel": ask.channel,
    } | more
    return "?" + urlencode({name: value for name, value in pairs.items() if value})


def model_order() -> tuple[str, ...]:
    """Return the models in the order of the columns."""
    return MODELS
