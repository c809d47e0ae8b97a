"""Members and invitations: invite, accept, change role, remove."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from omnichannel.accounts.models import User
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.errors import AlreadyMember, InvitationInvalid, LastOwner
from omnichannel.workspaces.models import Invitation, Membership, Workspace

INVITATION_DAYS = 14


def _digest(token: str) -> str:
    return hashlib.sha512(token.encode()).hexdigest()


@transaction.atomic
def create_workspace(*, slug: str, name: str, owner: User | None = None) -> Workspace:
    """Create a workspace and, where given, its first owner."""
    workspace = Workspace(slug=slug, name=name)
    workspace.full_clean()
    workspace.save()
    if owner is not None:
        Membership.objects.create(workspace=workspace, user=owner, role=MemberRole.OWNER)
    return workspace


@transaction.atomic
def invite_member(
    workspace: Workspace,
    *,
    email: str,
    role: MemberRole,
    actor: User,
    now: datetime,
    unit_external_id: str = "",
    person_external_id: str = "",
) -> tuple[Invitation, str]:
    """Write an invitation and return it with its token, which is shown once and kept only as a digest."""
    email = email.strip().lower()
    if Membership.objects.filter(workspace=workspace, user__email__iexact=email).exists():
        raise AlreadyMember(email)
    Invitation.objects.filter(workspace=workspace, email=email, accepted_at=None).delete()
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        workspace=workspace,
        email=email,
        role=role,
        unit_external_id=unit_external_id,
        person_external_id=person_external_id,
        digest=_digest(token),
        invited_by=actor,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    return invitation, token


def open_invitation(token: str, *, now: datetime) -> Invitation:
    """Find a usable invitation by its token; raise InvitationInvalid."""
    invitation = (
        Invitation.objects.select_related("workspace")
        .filter(digest=_digest(token), accepted_at=None, expires_at__gt=now)
        .first()
    )
    if invitation is None:
        raise InvitationInvalid
    return invitation


@transaction.atomic
def accept_invitation(token: str, *, actor: User, now: datetime) -> Membership:
    """Make the invited person a member. Two clicks at once make one membership."""
    invitation = open_invitation(token, now=now)
    if invitation.email != actor.email.lower():
        raise InvitationInvalid
    if Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=now) != 1:
        raise InvitationInvalid
    membership, _created = Membership.objects.get_or_create(
        workspace=invitation.workspace,
        user=actor,
        defaults={
            "role": invitation.role,
            "unit_external_id": invitation.unit_external_id,
            "person_external_id": invitation.person_external_id,
        },
    )
    return membership


@transaction.atomic
def change_member(
    membership: Membership, *, role: MemberRole, unit_external_id: str = "", person_external_id: str = ""
) -> None:
    """Change a member's role and ties; the last owner stays owner."""
    _keep_an_owner(membership, leaving=role != MemberRole.OWNER)
    membership.role = role
    membership.unit_external_id = unit_external_id
    membership.person_external_id = person_external_id
    membership.save()


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """Take a member out; their tokens for this workspace end with it."""
    _keep_an_owner(membership, leaving=True)
    membership.workspace.tokens.filter(user_id=membership.user_id).delete()
    membership.delete()


def _keep_an_owner(membership: Membership, *, leaving: bool) -> None:
    owners = Membership.objects.select_for_update().filter(workspace_id=membership.workspace_id, role=MemberRole.OWNER)
    if leaving and [owner.pk for owner in owners] == [membership.pk]:
        raise LastOwner
