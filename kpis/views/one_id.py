"""The one-ID overview: orders without a customer by channel, customers known in several systems, their consent."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.figures import Bar, Chart, Series, ranked_bars, trends
from kpis.library.extras import library_extras
from kpis.queries.one_id import OneId, one_id
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may


@require_GET
def one_id_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the measured shares month by month; nothing is computed here."""
    page = one_id()
    context = {
        "page": page,
        "may_measure": may(request.access, "kpis:measure_health", "POST"),
        "anonymous": _anonymous(page),
        "unified": _unified(page),
        "systems": _systems(page),
        "channels": [{"line": line, "name": channel_name(line.dimension)} for line in page.channels],
    }
    return render(request, "kpis/data/one_id.html", context)


def channel_name(channel: str) -> str:
    """Return a channel in the reader's language; the id itself when the catalogue has none for it."""
    label = library_extras().enum_labels.get(channel)
    return label.in_language(get_language()) if label else channel or _("No channel")


def _anonymous(page: OneId) -> Chart | None:
    if not page.order_months:
        return None
    series = [Series(channel_name(line.dimension), line.percents) for line in page.channels]
    everything = Series(_("All channels"), page.anonymous.percents)
    return trends(page.order_months, [*series, everything], axis=_("Month"), unit="%")


def _unified(page: OneId) -> Chart | None:
    if not page.customer_months:
        return None
    series = [
        Series(_("Linked across two or more systems"), page.unified.percents),
        Series(_("With marketing consent"), page.consented.percents),
    ]
    return trends(page.customer_months, series, axis=_("Month"), unit="%")


def _systems(page: OneId) -> Chart | None:
    if not page.systems:
        return None
    last = page.systems[-1].dimension
    bars = [
        Bar(f"{row.dimension}+" if row.dimension == last == "6" else row.dimension, row.part) for row in page.systems
    ]
    return ranked_bars(bars, axis=_("Linked systems"), value_name=_("Customers"))
