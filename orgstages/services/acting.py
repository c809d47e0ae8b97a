"""Who writes a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Actor:
    """Who writes, how far they may reach, and what day it is for them."""

    id: int | None
    zone: str
    today: date
    within: str | None = None
