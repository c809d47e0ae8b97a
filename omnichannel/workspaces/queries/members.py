"""Members, open invitations and tokens of a workspace, and the workspaces of a user."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from omnichannel.accounts.models import User
from omnichannel.workspaces.models import ApiToken, Invitation, Membership, Workspace


def members_of(workspace: Workspace) -> QuerySet[Membership]:
    """Return the members, by role then address."""
    return Membership.objects.filter(workspace=workspace).select_related("user").order_by("role", "user__email")


def open_invitations(workspace: Workspace, *, now: datetime) -> QuerySet[Invitation]:
    """Return the invitations that still can be used."""
    return Invitation.objects.filter(workspace=workspace, accepted_at=None, expires_at__gt=now).order_by("email")


def tokens_of(workspace: Workspace, *, user: User) -> QuerySet[ApiToken]:
    """Return the user's own tokens of the workspace, newest first."""
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(workspace=workspace, user=user).order_by("-created")
    return tokens


def memberships_of(user: User) -> QuerySet[Membership]:
    """Return a user's memberships with their workspaces, by name."""
    return Membership.objects.filter(user=user).select_related("workspace").order_by("workspace__name")
