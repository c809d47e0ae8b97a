"""The org chart as one reader sees it: their clocks, their choices, their part of the organisation, and hits in it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.chart.nodes import THINGS, Forest
from roles.chart.search import find
from roles.queries.chart import Chart, Sight, chart
from roles.views.chart_choices import COOKIE, Choices, choices_of
from roles.views.chart_html import Pen
from roles.views.chart_words import facts_of
from roles.views.draft_words import tags_of

# Hits that are named in the list under the search field, and those that n and N step through.
MOST_NAMED, MOST_HITS = 12, 500
MOST_PATHS = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """The chart as this reader sees it."""

    clock: Clock
    chart: Chart
    sight: Sight
    choices: Choices
    forest: Forest


def seen_of(request: WorkspaceRequest) -> Seen:
    """Return the chart of the day in the URL within the reader's bounds; call it inside `as_known`."""
    clock, access = clock_of(request), request.access
    sees_people = may(access, "roles:people")
    choices = choices_of(request.GET, cookie=request.COOKIES.get(COOKIE, ""), may_see_people=sees_people)
    sight = Sight(choices.tree, access.own_unit, sees_people, choices.managers)
    found = chart(as_of=clock.as_of, known_at=clock.known_at)
    return Seen(clock, found, sight, choices, found.forest(sight))


def pen_of(request: WorkspaceRequest, seen: Seen, *, focus: str = "") -> Pen:
    """Return what the nodes are drawn with."""
    access = request.access
    may_move = seen.clock.is_open and may(access, "roles:move", "POST")
    tags = tags_of(request.draft, seen.clock.as_of) if request.draft is not None else {}
    return Pen(seen.forest, seen.choices, seen.clock, access.workspace.slug, focus, may_move, tags)


def hits_of(seen: Seen, words: str, *, slug: str) -> dict[str, object]:
    """Return what the words find: the best hits by name and place, the keys of all, and the way to the first ones."""
    found = find(seen.chart.index(seen.sight), words, most=MOST_HITS)
    page = reverse("roles:organisation", args=[slug])
    return {
        "total": found.total,
        "keys": list(found.keys),
        "paths": {key: seen.forest.path(key)[:-1] for key in found.keys[:MOST_PATHS]},
        "hits": [_hit(seen, key, page=page) for key in found.keys[:MOST_NAMED]],
    }


def _hit(seen: Seen, key: str, *, page: str) -> dict[str, object]:
    forest = seen.forest
    node = forest.nodes[key]
    said = [text for _field, text in facts_of(node, seen.choices.fields, as_of=seen.clock.as_of)[:2]]
    path = [forest.nodes[above].name for above in forest.path(key)[:-1]]
    query = urlencode([*seen.choices.pairs(), ("focus", key)])
    return {
        "key": key,
        "name": node.name,
        "id": node.external_id,
        "thing": str(THINGS[node.kind].label),
        "note": " · ".join(said),
        "path": " › ".join(path),
        "url": f"{page}?{query}{seen.clock.more}#here",
    }
