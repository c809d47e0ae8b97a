"""Refusals of the roles app. Faulty rows are no exception: they come back as SyncIssue."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError


class UnknownUnit(DomainError):
    """No unit of this id is in the organisation on that day."""

    code: ClassVar[str] = "unknown_unit"
    status: ClassVar[int] = 404

    def __init__(self, external_id: str) -> None:
        self.external_id = external_id
        super().__init__(_("There is no unit %(unit)s.") % {"unit": external_id})


class SubtypeOfOtherStage(DomainError):
    """The sub-type belongs to another stage."""

    code: ClassVar[str] = "subtype_of_other_stage"
    status: ClassVar[int] = 422

    def __init__(self, stage: str, subtype: str) -> None:
        self.stage, self.subtype = stage, subtype
        super().__init__(
            _("The sub-type %(subtype)s does not belong to the stage %(stage)s.") % {"subtype": subtype, "stage": stage}
        )


class UnknownThing(DomainError):
    """Nothing of this id is in the organisation on that day."""

    code: ClassVar[str] = "not_found"
    status: ClassVar[int] = 404

    def __init__(self, external_id: str, day: object) -> None:
        super().__init__(_("There is no %(id)s on %(day)s.") % {"id": external_id, "day": day})


class VersionRequired(DomainError):
    """An existing thing is written without saying which version of it the caller knows."""

    code: ClassVar[str] = "precondition_required"
    status: ClassVar[int] = 428

    def __init__(self, external_id: str) -> None:
        message = _("%(id)s exists. Read it and send its ETag as If-Match, so that nobody's change is lost.")
        super().__init__(message % {"id": external_id})


class StaleVersion(DomainError):
    """The caller knows an older version of the thing than there is, or believes it to be there, or not to be."""

    code: ClassVar[str] = "precondition_failed"
    status: ClassVar[int] = 412

    def __init__(self, external_id: str, last: int | None) -> None:
        if last is None:
            message = _("%(id)s is not there.") % {"id": external_id}
        else:
            message = _("%(id)s has been changed since, in revision %(last)s. Read it again.")
            message %= {"id": external_id, "last": last}
        super().__init__(message)
