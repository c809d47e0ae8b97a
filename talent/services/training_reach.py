"""How far a reader of training reaches: who acts, and whose courses and certificates they may see."""

from __future__ import annotations

from datetime import date

from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.permissions import Access
from orgstages.services.acting import Actor
from talent.services.trainees import people_in


def acting(access: Access) -> Actor:
    """Return the actor of a page or a call."""
    return Actor(access.user_id, access.workspace.timezone, today_in(access.workspace), access.own_unit)


def people_seen(access: Access, *, on: date) -> frozenset[str] | None:
    """Return whose training a reader may see: HR everybody's (None), managers their unit's, others their own."""
    own = frozenset({access.person_external_id} - {""})
    if access.role in (MemberRole.OWNER, MemberRole.HR_LEAD):
        return None
    if access.role is MemberRole.LINE_MANAGER and access.unit_external_id:
        return own | people_in(access.unit_external_id, on=on)
    return own
