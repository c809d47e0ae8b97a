"""People: the list with search and filters, and one person's page."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.workspaces.choices import SEES_PAY
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey, roles_here
from roles.choices import Thing
from roles.coverage import MOST_ROLES, MOST_SHARE
from roles.queries.library import role_options
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.roster import PeopleFilter, PersonPage, people_list, person_page
from roles.queries.secondary import lines_of
from roles.queries.versions import versions
from roles.views.clock import as_asked
from roles.views.version_rows import version_rows

# Pay is for those who administer it, never for a manager by being a manager.


@require_GET
@as_asked
def people(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the people of a day."""
    clock, access = clock_of(request), request.access
    asked = PeopleFilter(
        as_of=clock.as_of,
        within=access.own_unit,
        person=access.own_person,
        q=request.GET.get("q", "").strip(),
        role=_role(request.GET.get("role", "")),
        unit=request.GET.get("unit", ""),
        overloaded=bool(request.GET.get("overloaded")),
        sort=request.GET.get("sort", "name"),
    )
    page, lines = people_list(asked, page=request.GET.get("page"))
    context = {
        "clock": clock,
        "may_change": may(access, "roles:new", "POST") and clock.is_open,
        "asked": asked,
        "page": page,
        "lines": lines,
        "role_options": role_options(asked.role),
        "unit_options": _unit_options(unit_tree(as_of=clock.as_of, within=access.own_unit), asked.unit),
    }
    return render(request, "roles/people.html", context)


@require_GET
@as_asked
def person(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show one person: where they work, which roles they hold, and since when."""
    clock, access = clock_of(request), request.access
    sees_pay = access.role in SEES_PAY
    page = person_page(
        external_id, as_of=clock.as_of, within=access.own_unit, person=access.own_person, with_pay=sees_pay
    )
    if page is None:
        raise Http404
    context = {
        "clock": clock,
        "page": page,
        "sees_pay": sees_pay,
        "most_roles": MOST_ROLES,
        "most_share": MOST_SHARE,
        "may_change": may(access, "roles:edit", "POST") and clock.is_open,
        "may_see_history": may(access, "roles:history"),
        "lines": lines_of(Thing.PEOPLE, external_id, as_of=clock.as_of),
        "versions": version_rows(
            versions(Thing.PEOPLE, external_id, today=clock.today, known_at=clock.known_at), with_pay=sees_pay
        ),
        "facts": _facts(page, slug=slug, may_see_units=may(access, "roles:unit")),
        "may_see_units": may(access, "roles:unit"),
        "breadcrumb": _breadcrumb(page, slug=slug, clock=clock),
    }
    return render(request, "roles/person.html", context)


def _unit_options(tree: UnitTree, chosen: str) -> list[tuple[str, str]]:
    """Offer the units that have others below them, indented, and the one chosen; a list of all stores helps nobody."""
    offered = [node for node in tree if node.children or node.depth == 0 or node.external_id == chosen]
    return [(node.external_id, "\u3000" * node.depth + node.name) for node in offered]


def _role(text: str) -> RoleKey | None:
    return RoleKey(text) if text in roles_here().roles else None


def _facts(page: PersonPage, *, slug: str, may_see_units: bool) -> list[dict[str, object]]:
    facts: list[dict[str, object]] = [
        {"label": _("Id"), "value": page.external_id},
        {"label": _("Hired"), "value": page.hired_on},
    ]
    if page.left_on:
        facts.append({"label": _("First day gone"), "value": page.left_on})
    if page.current:
        here = page.current
        url = reverse("roles:unit", args=[slug, here.unit_external_id]) if may_see_units else ""
        facts += [
            {"label": _("Unit"), "value": here.unit_name, "url": url},
            {"label": _("Seat"), "value": here.seat_title or _("In no seat")},
            {"label": _("Manager"), "value": here.manager_name or _("Nobody")},
            {"label": _("Filled by"), "value": here.fill_mode.label},
            {"label": _("FTE"), "value": f"{here.fte.normalize():f}"},
        ]
    return facts


def _breadcrumb(page: PersonPage, *, slug: str, clock: Clock) -> list[dict[str, str]]:
    return [
        {"label": _("People"), "url": reverse("roles:people", args=[slug]) + clock.query},
        {"label": page.name, "url": ""},
    ]
