"""Refusals of alerts and risks."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError


class AlertMoved(DomainError):
    """The step asked for does not fit where the alert stands."""

    code = "alert_not_ready"

    def __init__(self) -> None:
        super().__init__(_("This alert is at another step by now. Look at it again."))


class CauseMissing(DomainError):
    """An alert is closed with its cause and what was done about it."""

    code = "alert_cause_missing"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("Write the cause and the action before you close it."))


class ReviewIncomplete(DomainError):
    """A review tells before, during and after."""

    code = "alert_review_incomplete"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("Write all three: before, during and after."))


class OwnerUnknown(DomainError):
    """Somebody who cannot open the alert cannot answer for it."""

    code = "alert_owner_unknown"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("Choose somebody who may open this alert."))


class RuleInvalid(DomainError):
    """A rule that cannot be saved. `issues` holds (field, message) of everything that is wrong at once."""

    code = "alert_rule_invalid"
    status = 422

    def __init__(self, issues: Sequence[tuple[str, str]]) -> None:
        self.issues = tuple(issues)
        super().__init__(" ".join(message for _field, message in issues))
