"""Refusals of the orgstages app."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError


class UnknownDiagnosisUnit(DomainError):
    """No such unit on the day, or outside what the asker may see."""

    code: ClassVar[str] = "unknown_unit"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("There is no such unit on this day."))


class UnknownQuestion(DomainError):
    """The diagnostic has no question of that id."""

    code: ClassVar[str] = "unknown_question"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("The diagnostic has no such question."))


class UnknownOption(DomainError):
    """The answer is none of the question's."""

    code: ClassVar[str] = "unknown_option"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(_("Choose one of the question's answers."))


class ReasonRequired(DomainError):
    """Data answers the question; a person who says otherwise must say why."""

    code: ClassVar[str] = "reason_required"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(_("The data says otherwise. Give the reason for overruling it."))


class NothingToWithdraw(DomainError):
    """Nobody has answered the question by hand."""

    code: ClassVar[str] = "nothing_to_withdraw"

    def __init__(self) -> None:
        super().__init__(_("Nobody has answered this question by hand."))


class NothingToConfirm(DomainError):
    """The respondents are not tied on this option."""

    code: ClassVar[str] = "nothing_to_confirm"

    def __init__(self) -> None:
        super().__init__(_("The respondents are not tied on this answer, so there is nothing to confirm."))


class BadEvidence(DomainError):
    """Evidence must be a web address or a KPI of the library."""

    code: ClassVar[str] = "bad_evidence"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(_("Evidence is a text, a web address (http or https) or a KPI of the library."))


class WayNotOffered(DomainError):
    """The facts have changed since the page was read, or no scenario can do this alone."""

    code: ClassVar[str] = "way_not_offered"

    def __init__(self) -> None:
        super().__init__(_("This change is not offered any more: the facts have changed. Read the page again."))


class WayDoesNotHold(DomainError):
    """Written into a draft, the steps do not lead to the verdict: they move other answers as well."""

    code: ClassVar[str] = "way_does_not_hold"

    def __init__(self, found: str) -> None:
        super().__init__(
            _("In a draft these steps lead to another verdict, because they change other facts as well: %(found)s.")
            % {"found": found}
        )


class WayRefused(DomainError):
    """The organisation refuses a step."""

    code: ClassVar[str] = "way_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(_("The organisation refuses a step: %(reason)s") % {"reason": reason})
