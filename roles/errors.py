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
