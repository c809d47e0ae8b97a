"""What is wrong with an entry or one of its tests: a code and its facts, at a field and a place in its text."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class EntryProblem:
    """One thing wrong. `position` counts characters of the field's text from 0, `length` those it is about.

    A warning (`is_error` False) does not keep the entry from being published. The words are `queries.entry_words`.
    """

    field: str
    code: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)
    is_error: bool = True
    position: int | None = None
    length: int = 1
    suggestion: str = ""
