"""What job descriptions refuse."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError
from talent.errors.by_field import RefusedByField


class KeptForGood(DomainError):
    """A version or an issue is to be edited or deleted."""

    code: ClassVar[str] = "kept_for_good"

    def __init__(self) -> None:
        super().__init__(_("A version that has been kept is not edited; write a new one."))


class UnknownJobDescription(DomainError):
    """Nothing of that number is kept."""

    code: ClassVar[str] = "unknown_job_description"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("There is no such job description."))


class WrongSubject(RefusedByField):
    """What is to be described does not exist or does not fit together; `faults` say it by field."""

    code: ClassVar[str] = "wrong_subject"


class SectionsRefused(RefusedByField):
    """Texts that cannot be kept; `faults` say it by section, or by `note`."""

    code: ClassVar[str] = "sections_refused"


class NothingChanged(DomainError):
    """The texts are those of the newest version."""

    code: ClassVar[str] = "nothing_changed"

    def __init__(self) -> None:
        super().__init__(_("Nothing has changed since the newest version."))


class WrittenMeanwhile(DomainError):
    """Somebody else has kept a version since the one that was read."""

    code: ClassVar[str] = "written_meanwhile"

    def __init__(self, number: int) -> None:
        super().__init__(
            _("Version %(number)s has been kept meanwhile. Read it before you keep yours.") % {"number": number}
        )


class IssuedAlready(DomainError):
    """The version has been issued, or a newer one stands before it."""

    code: ClassVar[str] = "not_to_be_issued"

    def __init__(self, *, is_old: bool) -> None:
        said = _("Only the newest version is issued; restore this one first.") if is_old else ""
        super().__init__(said or _("This version has been issued already."))
