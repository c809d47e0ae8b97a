"""The page of one role."""

from __future__ import annotations

from dataclasses import dataclass

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
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey, RoleSpec
from roles.choices import SUBTYPE_NAMES
from roles.coverage import Cover
from roles.queries.library import role_library
from roles.queries.outline import MOST_HOLDINGS
from roles.queries.people import holders, role_covers
from roles.role_texts import FIELDS
from roles.role_words import label_of
from roles.views.clock import as_asked
from roles.views.talent_map import bounds_of, role_or_none


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
def role(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Show one role: what it is, what it hands on, who holds it, where each text comes from."""
    clock, spec = clock_of(request), role_or_none(role_key)
    if spec is None:
        raise Http404
    catalogue, key = role_library().catalogue, spec.key
    holdings = holders(**bounds_of(request.access, clock), role=key, most=MOST_HOLDINGS)
    links = _links_of(key)
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
        "links_in": [link for link in links if link.is_in],
        "links_out": [link for link in links if not link.is_in],
        "splits": [split for split in catalogue.splits.values() if key in split.roles],
        "cover": role_covers(**bounds_of(request.access, clock), role=key).get(key, Cover()),
        "holdings": holdings,
        "is_cut": len(holdings) == MOST_HOLDINGS,
        "may_see_people": may(request.access, "roles:people"),
        "people_url": f"{reverse('roles:people', args=[slug])}?role={key}",
        "may_see_units": may(request.access, "roles:unit"),
        "sources": _sources(spec),
        "own_texts": [label_of(field) for field in FIELDS if field in spec.changed],
        "may_see_texts": may(request.access, "roles:role_texts"),
        "may_change_texts": may(request.access, "roles:role_edit", "POST"),
        "breadcrumb": _breadcrumb(spec, slug=slug, clock=clock),
    }
    return render(request, "roles/role.html", context)


def _links_of(role: RoleKey) -> list[LinkLine]:
    catalogue = role_library().catalogue
    received = [(link.from_role, link, True) for link in catalogue.links_to(role)]
    handed_on = [(link.to_role, link, False) for link in catalogue.links_from(role)]
    return [
        LinkLine(other, catalogue.roles[other].names, link.names, link.source, is_in)
        for other, link, is_in in [*received, *handed_on]
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
