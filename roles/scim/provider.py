"""What the SCIM service serves and announces, and how far it bends to its clients."""

from __future__ import annotations

from functools import cache
from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ETag,
    Filter,
    Patch,
    Resource,
    ResponseParameters,
    Schema,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
)
from scim2_server.conditions import Conditions
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService
from scim2_server.utils import load_default_resource_types, load_default_schemas

from roles.choices import ScimKind
from roles.scim.quirks import CORE_GROUP

MOST_OPERATIONS = 1000
MOST_BYTES = 2_000_000
MOST_RESULTS = 1000


class DirectoryService(ScimService):
    """The protocol with two habits of ours."""

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """Keep `active` where a PUT leaves it out: nobody leaves or comes back because a client is terse."""
        was = getattr(current, "active", None)
        if was is not None and getattr(replacement, "active", None) is None:
            replacement.active = was  # type: ignore[attr-defined]
        return super().apply_replacement(current, replacement, conditions)

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """Answer with the user. A group is answered with 204 unless attributes are asked for: it may be long."""
        if resource.meta is not None and resource.meta.resource_type == ScimKind.USER:
            return self.replacement_response(base_url, resource, response_parameters)
        return super().patch_response(base_url, resource, response_parameters)


@cache
def scim_service() -> DirectoryService:
    """Return the service; it keeps no state of a request."""
    provider = ScimProvider.from_discovery(
        _schemas(),
        load_default_resource_types().values(),
        config=_config(),
        policy=ScimPolicy(
            unknown=ScimPolicy.Unknown.ignore,
            remove_value_as_filter=ScimPolicy.RemoveValue.apply,
            unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
        ),
    )
    return DirectoryService(provider)


def _schemas() -> list[Schema]:
    """Return the schemas of the RFC. Members are shown without `display`, which stands at the user."""
    schemas = load_default_schemas()
    for attribute in schemas[CORE_GROUP].attributes or []:
        if attribute.name == "members":
            attribute.sub_attributes = [part for part in attribute.sub_attributes or [] if part.name != "display"]
    return list(schemas.values())


def _config() -> ServiceProviderConfig:
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=MOST_OPERATIONS, max_payload_size=MOST_BYTES),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Workspace token",
                description="A token with write scope of an owner or HR lead, made under Settings.",
                primary=True,
            )
        ],
    )
