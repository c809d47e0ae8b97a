"""The talent map: the roles with what each hands to the others, to choose from, to search and to take away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may
from roles import talent_map
from roles.catalogue import LevelSpec, Position, RoleKey, RoleLink
from roles.choices import SUBTYPE_NAMES
from roles.coverage import Cover
from roles.map_choice import MapChoice, Way, chosen_links, chosen_roles, read_choice
from roles.queries.library import role_library
from roles.queries.people import role_covers
from roles.queries.titles import roles_called
from roles.role_texts import EffectiveRole, RoleLibrary
from roles.views.clock import as_asked

LINK_COLUMNS = ("from_role", "from_name", "to_role", "to_name", "handed_over", "source")
SORTS = ("from", "to", "what", "source")


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role in the list and on the map. `alias` is the title that a search has found."""

    spec: EffectiveRole
    position: Position
    cover: Cover
    links_in: int
    links_out: int
    level: LevelSpec | None = None
    alias: str = ""


@dataclass(frozen=True, slots=True)
class MapCard:
    """A role's card on the map. `level_key` is what the chosen sub-type expects of it."""

    place: talent_map.Card
    line: RoleLine
    level_key: str
    is_chosen: bool
    is_linked: bool


@dataclass(frozen=True, slots=True)
class MapCurve:
    """A link on the map; `is_chosen` when it is one of those that are asked for."""

    curve: talent_map.Curve
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class MapLink:
    """A link in the table."""

    link: RoleLink
    from_names: Bilingual
    to_names: Bilingual


class Bounds(TypedDict):
    """The day and the asker's bounds, as queries take them."""

    as_of: date
    within: str | None
    person: str | None


def bounds_of(access: Access, clock: Clock) -> Bounds:
    """Return the day and the asker's bounds."""
    return {"as_of": clock.as_of, "within": access.own_unit, "person": access.own_person}


@require_GET
@as_asked
def talent_map_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the roles and their links; `?role=`, `place`, `subtype` and `way` choose, `?q=` finds by any title."""
    clock, words = clock_of(request), request.GET.get("q", "").strip()
    library, choice = role_library(), choice_of(request)
    lines = _lines(library, role_covers(**bounds_of(request.access, clock)), choice)
    links = chosen_links(library.catalogue, choice, lines)
    context: dict[str, Any] = {
        "clock": clock,
        "q": words,
        "choice": choice,
        "ways": [(Way.BOTH, _("In and out")), (Way.OUT, _("Hands on")), (Way.IN, _("Receives"))],
        "places": _options(library),
        "subtypes": [(key.value, label) for key, label in SUBTYPE_NAMES.items()],
        "role_options": list(lines.values()),
        "lines": _found(lines, words) if words else _asked_for(library, lines, choice),
        "may_compare": may(request.access, "talent:role_compare"),
        "may_see_titles": may(request.access, "roles:titles"),
        "may_see_library": may(request.access, "roles:role_library"),
    }
    if not words:
        context |= _picture(lines, choice, links) | {
            "links": link_rows(links, library, request.GET.get("sort", "")),
            "total_links": len(library.catalogue.links),
            "said": _said(links, library),
        }
    return render(request, "roles/talent_map.html", context)


@require_GET
@as_asked
def talent_map_file(request: WorkspaceRequest, slug: str, kind: str) -> HttpResponse:
    """Answer the map as chosen: `svg` is the picture, `csv` the table of links, `json` roles and links."""
    library, choice = role_library(), choice_of(request)
    shown = {role.key for role in library.offered}
    links = chosen_links(library.catalogue, choice, shown)
    if kind == "csv":
        return csv_answer(csv_text(_link_cells(links, library)), filename="role-links.csv")
    if kind == "json":
        answer: HttpResponse = JsonResponse(map_document(library, choice), json_dumps_params={"ensure_ascii": False})
    elif kind == "svg":
        covers = role_covers(**bounds_of(request.access, clock_of(request)))
        lines = _lines(library, covers, choice)
        context = _picture(lines, choice, links) | {"choice": choice}
        answer = render(request, "roles/talent_map.svg", context, content_type="image/svg+xml")
    else:
        raise Http404(kind)
    answer["Content-Disposition"] = f'attachment; filename="talent-map.{kind}"'
    return answer


def choice_of(request: WorkspaceRequest) -> MapChoice:
    """Read what of the map is chosen from the URL."""
    asked = request.GET
    known = {role.key: role for role in role_library().offered}
    words = {name: asked.get(name, "") for name in ("place", "subtype", "way")}
    return read_choice(asked.getlist("role"), **words, known=known)


def map_document(library: RoleLibrary, choice: MapChoice) -> dict[str, Any]:
    """Return the roles and links chosen as data, both languages side by side."""
    shown = [role.key for role in library.offered]
    catalogue = library.catalogue
    about = chosen_roles(catalogue, choice, shown)
    return {
        "catalogue_version": catalogue.version,
        "roles": [
            {"key": key.value, "names": role.names.as_json(), "kind": role.kind.value, "position": role.position}
            for key, role in library.roles.items()
            if key in about
        ],
        "links": [
            {
                "from": link.from_role.value,
                "to": link.to_role.value,
                "what": link.names.as_json(),
                "source": link.source,
            }
            for link in chosen_links(catalogue, choice, shown)
        ],
    }


def link_rows(links: Iterable[RoleLink], library: RoleLibrary, sort: str = "") -> list[MapLink]:
    """Return links with the names at both ends, in the map's order or sorted by a column of the table."""
    rows = [MapLink(link, library.roles[link.from_role].names, library.roles[link.to_role].names) for link in links]
    key, language = sort.removeprefix("-"), get_language()
    if key not in SORTS:
        return rows
    read = {
        "from": lambda row: row.from_names.in_language(language),
        "to": lambda row: row.to_names.in_language(language),
        "what": lambda row: row.link.names.in_language(language),
        "source": lambda row: row.link.source,
    }[key]
    return sorted(rows, key=read, reverse=sort.startswith("-"))


def _link_cells(links: Iterable[RoleLink], library: RoleLibrary) -> list[tuple[object, ...]]:
    language = get_language()
    head: list[tuple[object, ...]] = [LINK_COLUMNS]
    return head + [
        (
            row.link.from_role.value,
            row.from_names.in_language(language),
            row.link.to_role.value,
            row.to_names.in_language(language),
            row.link.names.in_language(language),
            row.link.source,
        )
        for row in link_rows(links, library)
    ]


def _lines(library: RoleLibrary, covers: Mapping[RoleKey, Cover], choice: MapChoice) -> dict[RoleKey, RoleLine]:
    catalogue, subtype = library.catalogue, choice.subtype
    shown = {role.key for role in library.offered}
    return {
        role.key: RoleLine(
            role,
            catalogue.positions[role.position],
            covers.get(role.key, Cover()),
            sum(link.from_role in shown for link in catalogue.links_to(role.key)),
            sum(link.to_role in shown for link in catalogue.links_from(role.key)),
            catalogue.expectation_levels[catalogue.expected(role.key, subtype)] if subtype else None,
        )
        for role in library.offered
    }


def _found(lines: Mapping[RoleKey, RoleLine], words: str) -> list[RoleLine]:
    """Return the roles that the search finds, best fit first, each with the title that was found."""
    found = []
    for each in roles_called(words):
        line = lines[RoleKey(each.role)]
        names = (line.spec.names.zh, line.spec.names.en, line.spec.key.value)
        alias = "" if each.title in names else each.title
        counts = (line.cover, line.links_in, line.links_out, line.level)
        found.append(RoleLine(line.spec, line.position, *counts, alias))
    return found


def _asked_for(library: RoleLibrary, lines: Mapping[RoleKey, RoleLine], choice: MapChoice) -> list[RoleLine]:
    about = chosen_roles(library.catalogue, choice, lines)
    return [line for key, line in lines.items() if key in about]


def _picture(lines: Mapping[RoleKey, RoleLine], choice: MapChoice, links: Collection[RoleLink]) -> dict[str, Any]:
    """Return what the picture is drawn of. While nothing is chosen no link stands out."""
    catalogue = role_library().catalogue
    about = frozenset[RoleKey]() if choice.is_open else chosen_roles(catalogue, choice, lines)
    ends = {end for link in links for end in (link.from_role, link.to_role)}
    own = [key for key, line in lines.items() if line.spec.is_own]
    chosen = {(link.from_role, link.to_role) for link in links}
    return {
        "cards": [
            MapCard(
                place,
                lines[place.role],
                catalogue.expected(place.role, choice.subtype).value if choice.subtype else "",
                place.role in about,
                not choice.is_open and place.role in ends,
            )
            for place in talent_map.cards(own)
            if place.role in lines
        ],
        "curves": [
            MapCurve(curve, not choice.is_open and (curve.link.from_role, curve.link.to_role) in chosen)
            for curve in talent_map.curves(catalogue.links, own)
            if {curve.link.from_role, curve.link.to_role} <= lines.keys()
        ],
        "frame": {"width": talent_map.WIDTH, "height": talent_map.height(len(own))},
        "lane": talent_map.LANE_TOP if own else None,
        "card": {"width": talent_map.CARD_WIDTH, "height": talent_map.CARD_HEIGHT},
    }


def _options(library: RoleLibrary) -> list[tuple[str, str]]:
    """Return the places in the map that a role stands at."""
    language = get_language()
    used = {role.position for role in library.offered}
    return [(key, spec.names.in_language(language)) for key, spec in library.catalogue.positions.items() if key in used]


def _said(links: Iterable[RoleLink], library: RoleLibrary) -> list[dict[str, str]]:
    """Return what the script tells of the role that is pointed at."""
    language = get_language()
    return [
        {
            "from": row.link.from_role.value,
            "fromName": row.from_names.in_language(language),
            "to": row.link.to_role.value,
            "toName": row.to_names.in_language(language),
            "what": row.link.names.in_language(language),
        }
        for row in link_rows(links, library)
    ]


def role_or_none(text: str) -> EffectiveRole | None:
    """Return a role of the workspace by its key."""
    return next((role for key, role in role_library().roles.items() if key.value == text), None)
