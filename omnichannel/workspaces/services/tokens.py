"""API tokens: make and revoke. The token itself is shown once; the database keeps a digest."""

from __future__ import annotations

from datetime import timedelta

from omnichannel.accounts.models import User
from omnichannel.workspaces.choices import TokenScope
from omnichannel.workspaces.models import ApiToken, Workspace


def create_token(
    workspace: Workspace, *, name: str, scope: TokenScope, actor: User, days: int | None = 365
) -> tuple[ApiToken, str]:
    """Make a token that acts with the actor's membership; return the row and the secret."""
    token, secret = ApiToken.objects.create(
        actor,
        expiry=timedelta(days=days) if days else None,
        prefix="omni_",
        workspace=workspace,
        name=name,
        scope=scope,
    )
    return token, secret


def revoke_token(workspace: Workspace, *, token_key: str, actor: User) -> int:
    """Revoke the actor's token; return how many ended (0 or 1)."""
    deleted, _per_model = ApiToken.objects.filter(workspace=workspace, user=actor, token_key=token_key).delete()
    return int(deleted)
