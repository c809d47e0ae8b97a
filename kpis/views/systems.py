"""The silo map: systems, the tables they feed, the KPIs these enable; a system may be thought away by the URL."""

from __future__ import annotations

from collections.abc import Collection

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.queries.silo_map import KpiGroup, SiloMap, SystemLine, silo_map
from kpis.views.silo_drawing import Labels, draw
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may


@require_GET
def systems(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Draw the map; `?focus=wecom` narrows it to a system, `?off=pos,ads` shows what is lost without some."""
    asked = [name for name in request.GET.get("off", "").split(",") if name]
    page = silo_map(focus=request.GET.get("focus", ""), off=asked)
    context = {
        "page": page,
        "lines": [_line(line, page, request) for line in page.systems],
        "picture": draw(page, labels=_labels(request, page)),
        "all_url": _url(page, focus="", off=page.loss.off),
        "connect_url": _url(page, focus=page.focus, off=()),
        "may_see_health": may(request.access, "kpis:table_health"),
    }
    return render(request, "kpis/data/silo_map.html", context)


def _line(line: SystemLine, page: SiloMap, request: WorkspaceRequest) -> dict[str, object]:
    off = set(page.loss.off)
    turned = off - {line.id} if line.is_off else off | {line.id}
    return {
        "line": line,
        "focus_url": _url(page, focus=line.id, off=off),
        "toggle_url": _url(page, focus=page.focus, off=turned),
        "sent": {arrival.table: arrival for arrival in line.sent},
    }


def _url(page: SiloMap, *, focus: str, off: Collection[str]) -> str:
    query = QueryDict(mutable=True)
    if focus:
        query["focus"] = focus
    if off:
        query["off"] = ",".join(sorted(off))
    return f"?{query.urlencode(safe=',')}"


def _labels(request: WorkspaceRequest, page: SiloMap) -> Labels:
    slug, language = request.access.workspace.slug, get_language()
    health = may(request.access, "kpis:table_health")

    def group_url(group: KpiGroup) -> str:
        if group.is_kpi:
            return reverse("kpis:kpi", args=[slug, group.id])
        return reverse("kpis:role_kpis", args=[slug, group.id]) if group.id else reverse("kpis:library", args=[slug])

    return Labels(
        words=lambda text: text.in_language(language),
        heads=(_("Systems"), _("Tables"), _("KPIs")),
        unknown=_("Source not named"),
        count=lambda n: ngettext("%(n)s KPI", "%(n)s KPIs", n) % {"n": n},
        system_url=lambda system: _url(page, focus="" if page.focus == system else system, off=page.loss.off),
        table_url=lambda table: reverse("kpis:table_health", args=[slug, table]) if health else "",
        group_url=group_url,
    )
