"""Refusals of the tenancy app."""

from __future__ import annotations

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError


class InvitationInvalid(DomainError):
    """The link is unknown, used, expired, or meant for another address."""

    code = "invitation_invalid"

    def __init__(self) -> None:
        super().__init__(_("This invitation is no longer valid. Ask for a new one."))


class LastOwner(DomainError):
    """A workspace keeps at least one owner."""

    code = "last_owner"

    def __init__(self) -> None:
        super().__init__(_("This is the last owner: make somebody else an owner first."))


class AlreadyMember(DomainError):
    """The address already belongs to a member."""

    code = "already_member"

    def __init__(self, email: str) -> None:
        super().__init__(_("%(email)s is already a member.") % {"email": email})
