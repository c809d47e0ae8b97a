"""Lists of the organisation: one view for each kind of thing, by cursor, narrowed and with the fields asked for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from omnichannel.core.http import CursorPages
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.choices import SEES_PAY
from roles.api.filters import chosen, parameters_of
from roles.api.requests import AS_OF, FIELDS, KNOWN_AT, SEES_PEOPLE, clocks_of, fields_of
from roles.api.resources import Resource
from roles.api.versions import shown
from roles.choices import PAY, Thing
from roles.models import as_known
from roles.queries.documents import Rows, finished, listed


class ById(CursorPages):
    """Pages in the order of the customer's own ids."""

    ordering = "external_id"


class ThingsView(WorkspaceAPIMixin, ListAPIView[Any]):
    """All things of one kind on a day."""

    resource: Resource
    pagination_class = ById
    filter_backends = ()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the things of the day within the caller's bounds."""
        names = fields_of(request, shown_names(self.resource, request))
        clocks = clocks_of(request)
        thing = self.resource.thing
        with as_known(clocks.known_at):
            rows = chosen(thing, bounded(thing, request), request, as_of=clocks.as_of)
            page = self.paginate_queryset(rows)
            found = finished(thing, page or ())
        return self.get_paginated_response([shown(row, names) for row in found])


def things_view(resource: Resource) -> type[ThingsView]:
    """Return the list of one kind of thing, described."""
    described = extend_schema(
        operation_id=f"{resource.many}_list",
        parameters=[AS_OF, KNOWN_AT, *parameters_of(resource.thing), FIELDS],
        responses=resource.document(many=True),
        summary=f"List {resource.many}",
        description=(
            f"The {resource.many} of a day, by id, in pages: follow `next` until it is null. A token of a line manager "
            "sees the own unit and what is below it."
        ),
        tags=[resource.many],
    )
    names = {"resource": resource, "serializer_class": resource.document}
    return extend_schema_view(get=described)(type(f"{resource.many.title()}View", (ThingsView,), names))


def bounded(thing: Thing, request: Request) -> Rows:
    """Return what the caller may see of one kind of thing; open it inside `as_known`."""
    access = access_of(request)
    return listed(
        thing,
        as_of=clocks_of(request).as_of,
        within=access.own_unit,
        person=access.own_person,
        people_too=access.role in SEES_PEOPLE,
    )


def shown_names(resource: Resource, request: Request) -> list[str]:
    """Return the fields of a document that the caller may see: pay is for those who administer it."""
    names = list(resource.document().fields)
    return names if access_of(request).role in SEES_PAY else [name for name in names if name not in PAY]
