"""The language of the reader, as documents and data files name it."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import get_language


def spoken() -> Literal["zh", "en"]:
    """Return the language in which the reader is answered."""
    return "zh" if (get_language() or "").startswith("zh") else "en"
