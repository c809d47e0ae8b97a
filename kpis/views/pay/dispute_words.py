"""A dispute in words: every step that was taken, and what happens next."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kpis.choices import DisputeState
from kpis.models import PayDispute
from kpis.queries.pay.receipt_words import money

TONES = {
    DisputeState.ACCEPTED: "good",
    DisputeState.PARTLY: "good",
    DisputeState.REFUSED: "bad",
    DisputeState.WITHDRAWN: "warn",
}


def history(found: PayDispute) -> list[dict[str, Any]]:
    """Return the steps as a timeline, the newest first."""
    events = []
    for step in found.steps.select_related("by", "owner").order_by("-id"):
        parts = [step.text]
        if step.amount is not None:
            parts.append(money(step.amount, signed=True))
        if step.state == DisputeState.IN_REVIEW and step.owner:
            said = _("%(who)s answers by %(day)s.")
            parts.append(said % {"who": step.owner, "day": step.due_on.isoformat()})
        events.append(
            {
                "when": date_format(timezone.localtime(step.at), "SHORT_DATETIME_FORMAT"),
                "title": str(DisputeState(step.state).label),
                "text": " · ".join(filter(None, parts)),
                "who": str(step.by) if step.by else "",
                "tone": TONES.get(DisputeState(step.state), ""),
            }
        )
    return events


def what_happens_next(found: PayDispute, *, today: date) -> str:
    """Return where a dispute stands as a sentence."""
    if found.adjustment is not None:
        said = _("%(amount)s is paid with %(month)s; the line itself stays as it was.")
        return said % {"amount": money(found.adjustment.amount, signed=True), "month": found.adjustment.run.period}
    if found.state == DisputeState.REFUSED:
        return _("It was refused; the answer says why.")
    if found.state == DisputeState.WITHDRAWN:
        return _("It was taken back.")
    slots = {"day": found.due_on.isoformat(), "who": found.owner or ""}
    if found.due_on < today:
        return _("An answer was due on %(day)s.") % slots
    if found.owner:
        return _("%(who)s answers by %(day)s.") % slots
    return _("Nobody has taken it up yet; an answer is due by %(day)s.") % slots
