"""What a validation rule has to say about definitions: where, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """One thing wrong. `path` leads to the place, such as `kpis.cac.formula`; `message` says what and how to fix it."""

    path: str
    message: str
