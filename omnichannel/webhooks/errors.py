"""Refusals of the webhooks app."""

from __future__ import annotations

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError


class EndpointOff(DomainError):
    """Nothing is sent to an endpoint that is switched off."""

    code = "endpoint_off"

    def __init__(self) -> None:
        super().__init__(_("This endpoint is switched off. Switch it on first."))


class TooManyEndpoints(DomainError):
    """A workspace has as many endpoints as it may have."""

    code = "too_many_endpoints"

    def __init__(self, most: int) -> None:
        super().__init__(_("A workspace has %(most)s endpoints at most. Remove one first.") % {"most": most})


class AddressRefused(DomainError):
    """The URL of an endpoint must not be called."""

    code = "address_refused"
    status = 422
