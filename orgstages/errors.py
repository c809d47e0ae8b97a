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
