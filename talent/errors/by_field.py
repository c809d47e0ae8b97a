"""Refusals that stand at the fields of a form or a body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from omnichannel.core.errors import DomainError


class RefusedByField(DomainError):
    """What was sent cannot be kept; `faults` say what is wrong by field, the key `` what is wrong with the whole."""

    status: ClassVar[int] = 422

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(" ".join(self.faults.values()))
