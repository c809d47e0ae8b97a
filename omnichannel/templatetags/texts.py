"""Words around the data: lists as each language writes them, where a text comes from, and the way back to the list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from omnichannel.core.text import Bilingual
from omnichannel.templatetags.numbers import language, localised

register = template.Library()

# The catalogue notes its sources in English shorthand; these are the words that recur.
SOURCE_WORDS = {
    "proposal": "本产品建议",
    "convention": "行业惯例",
    "reconstructed": "据上下文还原",
    "search": "网络资料",
    "inferred": "推断",
    "partial": "部分",
    "fragment": "残句",
    "sentence cut": "句子不全",
    "exact": "原文",
    "rule": "规则",
    "wording": "措辞",
    "formula": "公式",
    "thresholds": "阈值",
    "hours": "时长",
    "levels": "分级",
    "name": "名称",
    "model": "模型",
    "scoring": "评分",
    "cuts": "分界",
    "field": "字段",
    "anchors": "评分标准",
    "workspace": "本企业",
}
NOTE = re.compile(r"\s*\(([^()]*)\)")


@register.filter
def listed(values: Iterable[Bilingual | Mapping[str, str] | str]) -> str:
    """Join texts as the active language lists them: `、` in Chinese, a comma in English."""
    return ("、" if language().startswith("zh") else ", ").join(localised(value) for value in values)


@register.filter
def source(value: str | None) -> SafeString | str:
    """Write where a text comes from in the reader's language; remarks that only exist in English stay in the title."""
    if not value or not language().startswith("zh"):
        return value or ""
    text = NOTE.sub(_note, str(value))
    words = "；".join(_part(part.strip()) for part in text.split(";"))
    return format_html('<span title="{}">{}</span>', value, words)


def _note(found: re.Match[str]) -> str:
    known = SOURCE_WORDS.get(found.group(1).strip())
    return f"（{known}）" if known else ""


def _part(part: str) -> str:
    """`rule: proposal` and `search wecom-groupchat` word by word; ids and numbers of documents stay as they are."""
    if ": " in part:
        return "：".join(_part(each) for each in part.split(": ", 1))
    first, _blank, rest = part.partition(" ")
    if first in ("search", "reconstructed"):
        return SOURCE_WORDS[first] if first == "reconstructed" else f"{SOURCE_WORDS[first]} {rest}".strip()
    return SOURCE_WORDS.get(part, part)


@register.inclusion_tag("components/breadcrumb.html")
def crumbs(*parts: str) -> dict[str, object]:
    """The way down to this page: label and URL by turns, then the label of the page itself."""
    above = [{"label": label, "url": url} for label, url in zip(parts[:-1:2], parts[1::2], strict=True)]
    return {"items": [*above, {"label": parts[-1], "url": ""}]}
