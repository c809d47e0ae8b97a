"""The talent map and the page of one role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual
from omnichannel.templatetags.texts import source as source_words
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may
from roles import talent_map
from roles.catalogue import Position, RoleKey, RoleLink, RoleSpec, load_roles
from roles.choices import SUBTYPE_NAMES
from roles.coverage import Cover
from roles.queries.outline import MOST_HOLDINGS
from roles.queries.people import holders, role_covers
from roles.views.clock import as_asked


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role in the list and on the map. `alias` is the market title that a search has found."""

    spec: RoleSpec
    position: Position
    cover: Cover
    links_in: int
    links_out: int
    alias: str = ""


@dataclass(frozen=True, slots=True)
class MapCard:
    """A role's card on the map."""

    place: talent_map.Card
    line: RoleLine
    is_chosen: bool
    is_linked: bool


@dataclass(frozen=True, slots=True)
class MapCurve:
    """A link on the map; `is_chosen` when it belongs to the role chosen."""

    curve: talent_map.Curve
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link as a role's page tells it: the role at the other end, what is handed over, and which way."""

    other: RoleKey
    other_names: Bilingual
    names: Bilingual
    source: str
    is_in: bool


@require_GET
@as_asked
def talent_map_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the 12 roles and their links; `?role=` picks one out, `?q=` finds a role by any market title."""
    clock, words = clock_of(request), request.GET.get("q", "").strip()
    chosen = _role_or_none(request.GET.get("role", ""))
    lines = _lines(role_covers(**_bounds(request.access, clock)))
    language = get_language()
    context = {
        "clock": clock,
        "q": words,
        "chosen": chosen,
        "spec": load_roles().roles[chosen] if chosen else None,
        "links": _links_of(chosen) if chosen else [],
        "cards": _cards(lines, chosen),
        "curves": [MapCurve(curve, _touches(curve.link, chosen)) for curve in talent_map.curves()],
        "frame": {"width": talent_map.WIDTH, "height": talent_map.HEIGHT},
        "card": {"width": talent_map.CARD_WIDTH, "height": talent_map.CARD_HEIGHT},
        "lines": [line for line in lines.values() if not words] or list(_found(lines.values(), words)),
        "role_options": [(key.value, line.spec.names.in_language(language)) for key, line in lines.items()],
    }
    return render(request, "roles/talent_map.html", context)


@require_GET
@as_asked
def role(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Show one role: what it is, what it hands on, who holds it, where each text comes from."""
    clock, key = clock_of(request), _role_or_none(role_key)
    if key is None:
        raise Http404
    catalogue = load_roles()
    spec = catalogue.roles[key]
    holdings = holders(**_bounds(request.access, clock), role=key, most=MOST_HOLDINGS)
    context = {
        "clock": clock,
        "spec": spec,
        "position": catalogue.positions[spec.position],
        "aliases": spec.aliases.in_language(get_language()),
        "expectations": [
            (SUBTYPE_NAMES[subtype], catalogue.expectation_levels[level])
            for (expecting, subtype), level in catalogue.expectations.items()
            if expecting is key
        ],
        "links_in": [link for link in _links_of(key) if link.is_in],
        "links_out": [link for link in _links_of(key) if not link.is_in],
        "splits": [split for split in catalogue.splits.values() if key in split.roles],
        "cover": role_covers(**_bounds(request.access, clock), role=key).get(key, Cover()),
        "holdings": holdings,
        "is_cut": len(holdings) == MOST_HOLDINGS,
        "may_see_people": may(request.access, "roles:people"),
        "people_url": f"{reverse('roles:people', args=[slug])}?role={key}",
        "may_see_units": may(request.access, "roles:unit"),
        "sources": _sources(spec),
        "breadcrumb": _breadcrumb(spec, slug=slug, clock=clock),
    }
    return render(request, "roles/role.html", context)


class Bounds(TypedDict):
    """The day and the asker's bounds, as queries take them."""

    as_of: date
    within: str | None
    person: str | None


def _bounds(access: Access, clock: Clock) -> Bounds:
    return {"as_of": clock.as_of, "within": access.own_unit, "person": access.own_person}


def _role_or_none(text: str) -> RoleKey | None:
    return RoleKey(text) if text in set(RoleKey) else None


def _lines(covers: Mapping[RoleKey, Cover]) -> dict[RoleKey, RoleLine]:
    catalogue = load_roles()
    return {
        key: RoleLine(
            spec,
            catalogue.positions[spec.position],
            covers.get(key, Cover()),
            len(catalogue.links_to(key)),
            len(catalogue.links_from(key)),
        )
        for key, spec in catalogue.roles.items()
    }


def _found(lines: Iterable[RoleLine], words: str) -> Iterable[RoleLine]:
    """Yield the roles whose name, id or any market title, in either language, holds the words."""
    needle = words.casefold()
    for line in lines:
        spec = line.spec
        titles = (spec.names.zh, spec.names.en, spec.key.value)
        alias = next((a for a in (*spec.aliases.zh, *spec.aliases.en) if needle in a.casefold()), "")
        if alias or any(needle in title.casefold() for title in titles):
            yield RoleLine(spec, line.position, line.cover, line.links_in, line.links_out, alias)


def _touches(link: RoleLink, chosen: RoleKey | None) -> bool:
    return chosen in (link.from_role, link.to_role)


def _links_of(role: RoleKey) -> list[LinkLine]:
    catalogue = load_roles()
    received = [(link.from_role, link, True) for link in catalogue.links_to(role)]
    handed_on = [(link.to_role, link, False) for link in catalogue.links_from(role)]
    return [
        LinkLine(other, catalogue.roles[other].names, link.names, link.source, is_in)
        for other, link, is_in in [*received, *handed_on]
    ]


def _cards(lines: dict[RoleKey, RoleLine], chosen: RoleKey | None) -> list[MapCard]:
    linked = {link.other for link in _links_of(chosen)} if chosen else set()
    return [
        MapCard(place, lines[place.role], place.role is chosen, place.role in linked) for place in talent_map.cards()
    ]


def _sources(spec: RoleSpec) -> list[dict[str, str]]:
    words = {
        "name": _("Name"),
        "definition": _("Definition"),
        "duties": _("Duties"),
        "abilities": _("Abilities"),
        "kpis": _("KPIs"),
    }
    return [{"label": words.get(part, part), "value": source_words(source)} for part, source in spec.source.items()]


def _breadcrumb(spec: RoleSpec, *, slug: str, clock: Clock) -> list[dict[str, str]]:
    top = {"label": _("Roles"), "url": reverse("roles:talent_map", args=[slug]) + clock.query}
    return [top, {"label": spec.names.in_language(get_language()), "url": ""}]
