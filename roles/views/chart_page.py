"""What stands around the tree of the org chart: trees and views to choose, levels, legend, the way down, actions."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.chart.drawn import Asked, Drawn, More, Picture
from roles.chart.nodes import TreeName, UnitCard
from roles.choices import LineKind
from roles.views.chart_choices import COLOUR_NAMES, FIELD_NAMES, MOST_LEVELS, VIEW_NAMES, Colour, View
from roles.views.chart_seen import Seen
from roles.views.chart_words import Tone, tones
from roles.views.node_actions import new_actions

# What a link to another part of the tree does not carry along: where one stands in this one.
PLACE = ("open", "shut", "from", "focus", "level", "q", "page", "sort")
Option = dict[str, object]


def page_context(
    request: WorkspaceRequest, seen: Seen, asked: Asked, drawn: Picture, tree: SafeString
) -> dict[str, object]:
    """Return the context of the chart's page."""
    choices, slug = seen.choices, request.access.workspace.slug
    wanted = request.GET.get("focus") or request.GET.get("root") or ""
    return {
        "clock": seen.clock,
        "choices": choices,
        "totals": seen.chart.totals(seen.sight.within),
        "tree": tree,
        "is_empty": not seen.forest.roots,
        "is_bound": seen.sight.within is not None,
        "is_cut": drawn.is_cut,
        "lost": wanted if wanted and wanted not in seen.forest else "",
        "root": seen.forest.nodes.get(asked.root),
        "state": _state(request, seen, asked, drawn),
        "top_url": _link(request, root=None),
        "trees": _trees(request, seen),
        "views": views(request, seen.choices.shown_as),
        "levels": _levels(request, seen, asked),
        "shut_url": _link(request, level="1"),
        "managers_url": _link(request, managers=None if choices.managers else "1"),
        "lines_url": _link(request, keep=True, lines=None if choices.lines else "all"),
        "line_kinds": _line_kinds(seen),
        "fields": [
            {"value": field.value, "label": label, "chosen": field in choices.fields}
            for field, label in FIELD_NAMES.items()
        ],
        "colours": [(colour.value, str(label)) for colour, label in COLOUR_NAMES.items()],
        "legend": _legend(seen),
        "breadcrumb": _breadcrumb(request, seen, asked),
        **page_actions(request, seen),
        "may_move": seen.clock.is_open and may(request.access, "roles:move", "POST"),
        "q": request.GET.get("q", "").strip(),
        "slug": slug,
    }


def page_actions(request: WorkspaceRequest, seen: Seen) -> dict[str, object]:
    """Return what the buttons above every view of the chart lead to."""
    return {"routes": _routes(request, seen), "new_actions": new_actions(request, seen.clock)}


def views(request: WorkspaceRequest, shown: View) -> list[Option]:
    """Return the views to choose from, on the same part of the tree."""
    return [
        {"label": str(label), "url": _link(request, keep=True, view=view.value), "current": view is shown}
        for view, label in VIEW_NAMES.items()
    ]


def _link(request: WorkspaceRequest, *, keep: bool = False, **changed: str | None) -> str:
    """Return this page with something chosen otherwise; what stands open stays only with `keep`."""
    query = request.GET.copy()
    for name in () if keep else PLACE:
        query.pop(name, None)
    query.pop("page", None)
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"


def _legend(seen: Seen) -> list[Tone]:
    """Return the colours that occur: a legend of levels that nobody has only takes room."""
    if seen.choices.colour is not Colour.LEVEL:
        return tones(seen.choices.colour)
    cards = (node.card for node in seen.forest.nodes.values())
    levels = {str(card.level.label) for card in cards if isinstance(card, UnitCard)}
    return [tone for tone in tones(Colour.LEVEL) if tone.label in levels]


def _line_kinds(seen: Seen) -> list[tuple[str, str]]:
    kinds = {line.kind for lines in seen.forest.lines.values() for line in lines}
    return [(kind.value, str(kind.label)) for kind in LineKind if kind in kinds]


def _trees(request: WorkspaceRequest, seen: Seen) -> list[Option]:
    if not seen.sight.people:
        return []
    labels = {TreeName.UNITS: _("Units"), TreeName.PEOPLE: _("People by manager")}
    return [
        {"label": label, "url": _link(request, tree=tree.value, root=None), "current": tree is seen.sight.tree}
        for tree, label in labels.items()
    ]


def _levels(request: WorkspaceRequest, seen: Seen, asked: Asked) -> list[Option]:
    depth = min(seen.forest.depth(), MOST_LEVELS)
    return [
        {"level": level, "url": _link(request, level=str(level)), "current": level == asked.level}
        for level in range(1, depth + 1)
    ]


def _breadcrumb(request: WorkspaceRequest, seen: Seen, asked: Asked) -> list[dict[str, str]]:
    top = {"label": _("Organisation"), "url": _link(request, root=None)}
    nodes = [seen.forest.nodes[key] for key in seen.forest.path(asked.focus or asked.root)]
    return [top, *({"label": node.name, "url": f"{_link(request, focus=node.key)}#here"} for node in nodes)]


def _state(request: WorkspaceRequest, seen: Seen, asked: Asked, drawn: Picture) -> list[tuple[str, str]]:
    """Return what the fold buttons send along, so that the rest of the tree stays as it is without script."""
    pairs = [*seen.choices.pairs(), *([("root", asked.root)] if asked.root else [])]
    clocks = [(name, request.GET[name]) for name in ("as_of", "known_at", "scenario") if request.GET.get(name)]
    return [*pairs, *clocks, *(("open", key) for key in _open_ends(drawn.rows))]


def _open_ends(rows: Sequence[Drawn | More]) -> list[str]:
    """Return the open nodes that have no open node below them: the others follow from these."""
    found: list[str] = []
    for row in rows:
        if isinstance(row, Drawn) and row.is_open:
            found += _open_ends(row.below) or [row.node.key]
    return found


def _routes(request: WorkspaceRequest, seen: Seen) -> dict[str, str]:
    """Return the addresses that the script and the page's actions use, of those this reader may use."""
    slug = request.access.workspace.slug
    day = f"?{seen.clock.pairs}" if seen.clock.pairs else ""
    routes = {
        "branch": reverse("roles:branch", args=[slug]),
        "find": reverse("roles:find", args=[slug]),
        "node": reverse("roles:node", args=[slug]),
    }
    for name, route, method in (
        ("move", "roles:move", "POST"),
        ("history", "roles:history", "GET"),
        ("compare", "roles:compare", "GET"),
        ("unplaced", "roles:unplaced", "GET"),
        ("scores", "kpis:node_scores", "GET"),
    ):
        is_live_only = name in ("history", "compare") and seen.clock.scenario is not None
        if may(request.access, route, method) and (name != "move" or seen.clock.is_open) and not is_live_only:
            routes[name] = reverse(route, args=[slug]) + (day if name != "move" else "")
    if seen.clock.scenario is not None:
        return routes
    if may(request.access, "roles:revision_undo", "POST") and seen.chart.revision is not None:
        routes["undo"] = reverse("roles:revision_undo", args=[slug, seen.chart.revision])
    return routes
