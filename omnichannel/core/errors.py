"""The one family of refusals a user can act on. Bad data is not an exception but a list of problems."""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """A refusal the user can act on. Subclasses set `code` and `status`; edges map it to HTTP or a message."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
