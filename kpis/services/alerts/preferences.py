"""Which messages a member wants."""

from __future__ import annotations

from kpis.alert_choices import MailChoice
from kpis.models import AlertPreference
from omnichannel.workspaces.scoping import current_workspace_id


def save_preference(user_id: int, *, least: MailChoice, language: str) -> AlertPreference:
    """Keep from which level on the member wants messages, and in which language."""
    preference, _created = AlertPreference.objects.update_or_create(
        workspace_id=current_workspace_id(), user_id=user_id, defaults={"least": least, "language": language}
    )
    return preference
