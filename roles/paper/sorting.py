"""What a name is ordered by: pinyin for Chinese, itself in small letters for all else."""

from __future__ import annotations

from functools import lru_cache

# Characters that are read otherwise as surnames than as words.
SURNAMES = {
    "曾": "zeng", "单": "shan", "解": "xie", "查": "zha", "仇": "qiu", "区": "ou", "盖": "ge", "朴": "piao",
    "任": "ren", "华": "hua", "尉": "yu", "乐": "yue", "翟": "zhai", "冼": "xian", "缪": "miao", "覃": "qin",
    "尹": "yin", "卜": "bu", "万": "wan", "洗": "xian", "折": "she", "种": "chong", "秘": "bi", "员": "yun",
}  # fmt: skip


@lru_cache(maxsize=1 << 16)
def sort_key(name: str, *, is_person: bool = False) -> str:
    """Return the key that puts a name where a reader looks for it."""
    if name.isascii():
        return name.casefold()
    # heavy: the dictionary is read when the first index is made
    from pypinyin import lazy_pinyin

    read = lazy_pinyin(name)
    if is_person and name[:1] in SURNAMES and read:
        read[0] = SURNAMES[name[0]] if len(read[0]) < 8 else read[0]
    return " ".join(read).casefold()
