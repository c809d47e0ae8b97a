"""Refusals around directories: what a person or a REST client can act on."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError
from roles.directories.faults import DirectoryFault
from roles.directory_words import fault_words


class DirectoryRefused(DomainError):
    """The directory could not be read; the words say what to do about it."""

    code: ClassVar[str] = "directory_not_read"
    status: ClassVar[int] = 422

    def __init__(self, fault: DirectoryFault) -> None:
        self.fault = fault
        super().__init__(fault_words(fault))


class ReadingUnderWay(DomainError):
    """Another reading of the same directory has not ended yet."""

    code: ClassVar[str] = "reading_under_way"
    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__(_("This directory is being read already. Wait until that has ended."))


class SystemConnected(DomainError):
    """There is a connection to this system already."""

    code: ClassVar[str] = "system_connected"
    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__(_("This system is connected already. Change that connection instead."))


class NotWritable(DomainError):
    """The reading is no preview that could be written."""

    code: ClassVar[str] = "not_writable"
    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__(_("There is nothing here that could be written. Read the file or the directory again."))


class UnknownMember(DomainError):
    """No person of ours goes by this id."""

    code: ClassVar[str] = "unknown_member"
    status: ClassVar[int] = 404

    def __init__(self, external_id: str) -> None:
        super().__init__(_("There is no person %(id)s.") % {"id": external_id})
