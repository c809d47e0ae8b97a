"""Chinese names as they are typed on a keyboard: full pinyin and initials, every reading a surname may have. Pure."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

# 重 and 曾 have two readings, few characters more; a name of several such characters is cut off here.
MOST_READINGS = 8
MOST_CHARACTERS = 24
OTHER = "\0"  # begins what is no Chinese syllable


@lru_cache(maxsize=65_536)
def typed_forms(name: str) -> str:
    """Return what may be typed for a name, one form a line: `huadongdaqu`, `hddq`, `dongdaqu`, `ddq`, …

    Letters and digits in the name stand in the initials as they are, or are left out: 静安12店 is `ja12d` and `jad`.
    Every form begins at a syllable, so a search for "\\n" and the typed letters finds no half syllable. A name without
    Chinese characters gives nothing.
    """
    if name.isascii():
        return ""
    # heavy: the dictionary is read when the first name is asked for
    from pypinyin import Style, pinyin

    syllables = pinyin(name[:MOST_CHARACTERS], style=Style.NORMAL, heteronym=True, errors=_letters)
    forms: dict[str, None] = {}
    for readings in _readings([tuple(dict.fromkeys(each)) for each in syllables]):
        for start in range(len(readings)):
            rest = readings[start:]
            forms["".join(rest).replace(OTHER, "")] = None
            forms["".join(each.removeprefix(OTHER) if each[0] == OTHER else each[0] for each in rest)] = None
            forms["".join(each[0] for each in rest if each[0] != OTHER)] = None
    return "\n" + "\n".join(form for form in forms if form)


def _letters(other: str) -> str:
    """Keep letters and digits between Chinese characters as one marked syllable, leave out everything else."""
    kept = "".join(each for each in other.casefold() if each.isascii() and each.isalnum())
    return f"{OTHER}{kept}" if kept else ""


def _readings(syllables: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the readings of the whole name; of many, the rarer ones of later characters are left out."""
    count, kept = 1, []
    for each in syllables:
        room = max(MOST_READINGS // count, 1)
        kept.append(each[:room])
        count *= len(kept[-1])
    return list(product(*kept))
