"""Words around the data: lists as each language writes them, where a text comes from, and the way back to the list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from django import template

from omnichannel.core.datafiles import read_yaml
from omnichannel.core.text import Bilingual
from omnichannel.templatetags.numbers import language, localised

register = template.Library()

OUTSIDE_BRACKETS = r"(?![^()]*\))"
PARTS, ATOMS = re.compile(rf"; {OUTSIDE_BRACKETS}"), re.compile(rf" \+ {OUTSIDE_BRACKETS}")
REMARKED = re.compile(r"(?P<text>[^()]+?)\s*\((?P<remark>[^()]*)\)")


@register.filter
def listed(values: Iterable[Bilingual | Mapping[str, str] | str]) -> str:
    """Join texts as the active language lists them: `、` in Chinese, a comma in English."""
    return ("、" if language().startswith("zh") else ", ").join(localised(value) for value in values)


@register.filter
def source(value: str | None) -> str:
    """Write where a text comes from in the reader's language; what no remark is known for stays as it was written."""
    if not value or not language().startswith("zh"):
        return value or ""
    return _told(str(value))


@cache
def source_remarks() -> Mapping[str, str]:
    """Return the Chinese of the remarks that the data files note in English."""
    found: Mapping[str, str] = read_yaml(Path(__file__).with_name("source_remarks.yaml"))["remarks"]
    return found


def _told(text: str) -> str:
    return source_remarks().get(text) or "；".join(_part(part.strip()) for part in PARTS.split(text))


def _part(part: str) -> str:
    """Tell `rule: proposal`, `001 (partial) + convention`, `search wecom-groupchat` word by word; ids stay."""
    known = source_remarks()
    if part in known:
        return known[part]
    if len(atoms := ATOMS.split(part)) > 1:
        return " + ".join(map(_part, atoms))
    if remarked := REMARKED.fullmatch(part):
        return f"{_part(remarked['text'])}（{_told(remarked['remark'])}）"
    head, colon, rest = part.partition(": ")
    if colon and head in known:
        return f"{known[head]}：{_part(rest)}"
    first, _blank, rest = part.partition(" ")
    return f"{known[first]} {rest}" if rest and first == "search" else part


@register.inclusion_tag("components/breadcrumb.html")
def crumbs(*parts: str) -> dict[str, object]:
    """The way down to this page: label and URL by turns, then the label of the page itself."""
    above = [{"label": label, "url": url} for label, url in zip(parts[:-1:2], parts[1::2], strict=True)]
    return {"items": [*above, {"label": parts[-1], "url": ""}]}
