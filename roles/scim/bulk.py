"""Bulk requests: many new users are written at once, everything else one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.db import transaction
from scim2_models import BulkOperation, Meta, Resource, SCIMException
from scim2_server.bulk import BulkPlan, BulkStep
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation

from roles.choices import ScimKind
from roles.models import ScimResource
from roles.scim.provider import scim_service
from roles.scim.reading import Payload
from roles.scim.storage import OrganisationStorage, said_of
from roles.scim.users import KnownUsers, new_user, newcomer


@dataclass(slots=True)
class Pending:
    """A user whose row is written and whose person is not yet."""

    step: BulkStep
    row: ScimResource


class BatchingHandler(ScimHandler):
    """The library's handler; in a bulk request the organisation learns of new users in one write."""

    storage: OrganisationStorage

    def bulk(self, request: ScimRequest) -> ScimResponse:
        """Run a bulk request. Where new users are refused together each is tried alone, so that each has its answer."""
        with self.service.provider:
            self.service.route(request, Operation.bulk)
            try:
                with transaction.atomic():
                    plan = self.service.read_bulk(request.body, request.header("Content-Type"))
                    self._run(request, plan)
            except SCIMException:
                plan = self.service.read_bulk(request.body, request.header("Content-Type"))
                for step in plan:
                    result, resource = self.run_bulk_step(request, plan, step)
                    plan.record(step, result, resource)
            return self.service.bulk_response(plan)

    def _run(self, request: ScimRequest, plan: BulkPlan) -> None:
        pending: list[Pending] = []
        known = KnownUsers([_said(one) for one in plan.operations if _is_new_user(one)])
        for step in plan:
            if _is_new_user(plan.operation(step)):
                result, resource = self._write_row(request, plan, step, known=known, pending=pending)
            else:
                self._settle(plan, pending)
                result, resource = self.run_bulk_step(request, plan, step)
            plan.record(step, result, resource)
        self._settle(plan, pending)

    def _write_row(
        self, request: ScimRequest, plan: BulkPlan, step: BulkStep, *, known: KnownUsers, pending: list[Pending]
    ) -> tuple[dict[str, Any], Resource[Any] | None]:
        outcome = self.service.bulk_outcome(request.base_url, plan.operation(step))
        try:
            operation = plan.resolve(step)
            failure = self.service.bulk_validation_failure(operation, outcome)
            if failure is not None:
                return failure, None
            with transaction.atomic():
                row = new_user(_said(operation), known=known, at=self.storage.writer.settling.at)
        except SCIMException as error:
            return self.service.bulk_failure(outcome, error), None
        pending.append(Pending(step, row))
        made = self.service.get_model(self.service.get_resource_type(ScimKind.USER)).model_construct(
            id=str(row.scim_id), meta=Meta(resource_type=ScimKind.USER.value)
        )
        return self.service.bulk_success(request.base_url, operation, outcome, made), made

    def _settle(self, plan: BulkPlan, pending: list[Pending]) -> None:
        """Let the organisation know of the new users, and give their answers the versions they have come to."""
        if not pending:
            return
        self.storage.writer.settling.settle([newcomer(one.row) for one in pending])
        resources = self.storage.resources_of([one.row for one in pending])
        for one, resource in zip(pending, resources, strict=True):
            if resource.meta is not None:
                plan.results[one.step.index]["version"] = resource.meta.version
        pending.clear()


def _said(operation: BulkOperation[Resource[Any]]) -> Payload:
    return said_of(cast("Resource[Any]", operation.data))


def _is_new_user(operation: BulkOperation[Resource[Any]]) -> bool:
    path = (operation.path or "").strip("/")
    return operation.method == BulkOperation.Method.post and path == "Users" and isinstance(operation.data, Resource)


def handler(storage: OrganisationStorage) -> ScimHandler:
    """Return what serves a request."""
    return BatchingHandler(scim_service(), storage)
