"""Labels of choices in both languages at once, for facts that are stored and read in either."""

from __future__ import annotations

from django.utils import translation
from django.utils.functional import Promise

from omnichannel.core.text import Bilingual


def in_both(label: str | Promise) -> Bilingual:
    """Return a translatable label in Chinese and English."""
    told = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told.append(str(label))
    return Bilingual(*told)


def listed(texts: list[Bilingual]) -> Bilingual:
    """Write texts one after the other, as each language lists them."""
    return Bilingual("、".join(text.zh for text in texts), ", ".join(text.en for text in texts))
