"""Where scim2-server reads and writes: the rows of `ScimResource` and, behind them, the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Union

from django.db import transaction
from scim2_models import (
    InvalidFilterException,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimFilter,
    SearchRequest,
)
from scim2_server.storage import ScimStorage, SearchPage
from scim2_server.utils import parametrize

from roles.choices import ScimKind
from roles.models import ScimResource
from roles.scim.enrolling import enrol
from roles.scim.filters import ANYBODY, Condition, alive, condition
from roles.scim.groups import create_group, delete_group, update_group
from roles.scim.places import as_uuid, manager_of
from roles.scim.provider import scim_service
from roles.scim.quirks import ENTERPRISE
from roles.scim.reading import Payload, group_payloads, user_payloads
from roles.scim.settling import Settling
from roles.scim.users import create_user, delete_user, update_user

SERVER_MANAGED = ("id", "meta", "schemas", "groups", "password")


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, the day from which it holds, and the moment of the revision that is open; reading has none."""

    actor_id: int
    day: date
    at: datetime | None = None

    @property
    def settling(self) -> Settling:
        """Return what brings the organisation in line."""
        if self.at is None:
            raise RuntimeError("a write outside a revision")
        return Settling(self.day, self.actor_id, self.at)


class OrganisationStorage(ScimStorage):
    """The open workspace's organisation. Writes join the revision that the view has opened."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def operation(self) -> AbstractContextManager[None]:
        """Let a failed operation of a bulk request take only its own writes back."""
        return transaction.atomic()

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """Return a resource; the members of a group only where the answer keeps them."""
        row = self._row(resource_type, resource_id)
        return self.resources_of([row], with_members=_keeps_members(response_parameters))[0]

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """Return a page: cut by the database where it can answer the filter, else after looking at each."""
        enrol(day=self.writer.day)
        kinds = [_kind(one) for one in resource_types]
        if len(kinds) == 1 and (page := self._cut(kinds[0], search_request)) is not None:
            return page
        found: list[Resource[Any]] = []
        for kind in kinds:
            narrowed = self._condition(kind, search_request)
            rows = list(alive(kind, day=self.writer.day).filter(narrowed.q).order_by("pk"))
            found += self.resources_of(rows)
        matching = _matching(found, search_request.filter)
        ordered = search_request.sort(matching)
        if search_request.sort_order == SearchRequest.SortOrder.descending and search_request.sort_by is None:
            ordered.reverse()
        start = search_request.start_index_0 or 0
        stop = None if search_request.count is None else start + search_request.count
        return SearchPage(len(ordered), ordered[start:stop])

    def _condition(self, kind: ScimKind, search_request: SearchRequest[Any]) -> Condition:
        if search_request.filter is None:
            return Condition(ANYBODY.q)
        return condition(search_request.filter.ast, kind=kind, day=self.writer.day)

    def _cut(self, kind: ScimKind, search_request: SearchRequest[Any]) -> SearchPage | None:
        """Return the page as the database cuts it, or None where the filter or the order is beyond it."""
        narrowed = self._condition(kind, search_request)
        if not narrowed.exact or search_request.sort_by is not None:
            return None
        rows = alive(kind, day=self.writer.day).filter(narrowed.q)
        is_down = search_request.sort_order == SearchRequest.SortOrder.descending
        rows = rows.order_by("-pk" if is_down else "pk")
        start = search_request.start_index_0 or 0
        stop = None if search_request.count is None else start + search_request.count
        page = self.resources_of(list(rows[start:stop]), with_members=_keeps_members(search_request))
        total = start + len(page) if page and (stop is None or len(page) < stop - start) else rows.count()
        return SearchPage(total, page)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Store a new resource, or take over the person or unit that it is."""
        if _kind(resource_type) is ScimKind.USER:
            row = create_user(said_of(resource), settling=self.writer.settling)
        else:
            row = create_group(said_of(resource), settling=self.writer.settling)
        return self.resources_of([row])[0]

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Bring a resource to a new state as a whole."""
        row = self._row(resource_type, resource.id)
        (stored,) = self.resources_of([row])
        _check_version(stored, expected_version)
        before, said = said_of(stored), said_of(resource)
        if row.linked_at is not None and _comparable(said) == _comparable(before):
            return stored
        if row.kind == ScimKind.USER:
            update_user(row, said, before=before, settling=self.writer.settling)
        else:
            update_group(row, said, before=before, settling=self.writer.settling)
        return self.resources_of([row])[0]

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Let a person leave, or close a unit, and forget what SCIM said of them."""
        row = self._row(resource_type, resource_id)
        if expected_version is not None:
            _check_version(self.resources_of([row])[0], expected_version)
        if row.kind == ScimKind.USER:
            delete_user(row, settling=self.writer.settling)
        else:
            delete_group(row, settling=self.writer.settling)

    def _row(self, resource_type: ResourceType, resource_id: str | None) -> ScimResource:
        kind, identity = _kind(resource_type), as_uuid(resource_id)
        row = alive(kind, day=self.writer.day).filter(scim_id=identity).first() if identity else None
        if row is None:
            raise NotFoundException(detail=f"There is no {kind.value} {resource_id}.")
        return row

    def resources_of(self, rows: Sequence[ScimResource], *, with_members: bool = True) -> list[Resource[Any]]:
        """Build resources of rows of one kind."""
        if not rows:
            return []
        if rows[0].kind == ScimKind.USER:
            payloads = user_payloads(rows, day=self.writer.day)
        else:
            payloads = group_payloads(rows, day=self.writer.day, with_members=with_members)
        service = scim_service()
        model = service.get_model(service.get_resource_type(rows[0].kind))
        return [model.model_validate(payload) for payload in payloads]


def _kind(resource_type: ResourceType) -> ScimKind:
    return ScimKind(str(resource_type.name))


def said_of(resource: Resource[Any]) -> Payload:
    """Return what a client says of a resource: everything but what is ours to say."""
    said: Payload = resource.model_dump()
    return {name: value for name, value in said.items() if name not in SERVER_MANAGED and value not in (None, [])}


def _comparable(said: Payload) -> Payload:
    """Return what is said with people named by their ids alone: what stands beside an id is ours to say."""
    members = sorted({str(one.get("value")) for one in said.get("members", [])})
    extension = dict(said.get(ENTERPRISE, {})) | {"manager": manager_of(said)}
    return {**said, "members": members, ENTERPRISE: extension}


def _check_version(resource: Resource[Any], expected: str | None) -> None:
    if expected is not None and resource.meta is not None and resource.meta.version != expected:
        raise PreconditionFailedException


def _keeps_members(parameters: ResponseParameters[Any] | None) -> bool:
    """Tell whether an answer shows members: they are the expensive part of a group."""
    if parameters is None:
        return True
    if parameters.attributes:
        return any(str(path).rpartition(":")[2].lower().startswith("members") for path in parameters.attributes)
    excluded = {str(path).rpartition(":")[2].lower() for path in parameters.excluded_attributes or []}
    return "members" not in excluded


def _matching(found: list[Resource[Any]], scim_filter: ScimFilter[Any] | None) -> list[Resource[Any]]:
    if scim_filter is None or not found:
        return found
    if not scim_filter.models:
        models = tuple(dict.fromkeys(type(one) for one in found))
        scim_filter = parametrize(ScimFilter, Union[models])(str(scim_filter))  # noqa: UP007 - known at run time only
    try:
        return [one for one in found if scim_filter.match(one)]
    except RecursionError:
        raise InvalidFilterException(detail="The filter is nested too deeply.") from None
