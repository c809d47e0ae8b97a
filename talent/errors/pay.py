"""What is refused of pay bands and labour-market facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class PayFault:
    """What is wrong with one field of one row; rows count from 1."""

    row: int
    field: str
    code: str
    message: str


class PayRefused(DomainError):
    """Rows that cannot be kept, with every fault of every row."""

    code: ClassVar[str] = "pay_refused"
    status: ClassVar[int] = 422

    def __init__(self, faults: Sequence[PayFault]) -> None:
        self.faults = tuple(faults)
        super().__init__(_("Nothing was kept: %(count)s faults.") % {"count": len(self.faults)})


class PayChangedSince(DomainError):
    """A change that something newer has replaced cannot be taken back."""

    code: ClassVar[str] = "pay_changed_since"
    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__(_("One of these bands has been changed since. Look at the history."))


class UnknownPayChange(DomainError):
    """There is no such change."""

    code: ClassVar[str] = "unknown_pay_change"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("This change is not there."))
