"""Every string of the interface exists in Chinese: extracted from code and templates, looked up in django.po."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[1]
PO = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "pgettext",
    "pgettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "both",
}


def calls_in(source: str, where: str) -> Iterator[tuple[str | None, str, str]]:
    """Yield (context, msgid, where) of each translation call in Python source."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name in CALLS and texts:
            contextual = name.startswith("pgettext")
            yield (texts[0] if contextual else None), texts[1 if contextual else 0], where


def calls_in_template(path: Path) -> Iterator[tuple[str | None, str, str]]:
    """Yield the same of a template, which Django first turns into gettext calls."""
    calls = templatize(path.read_text("utf-8"), origin=str(path))
    for match in re.finditer(r"\b(?:gettext|pgettext|ngettext|npgettext)\(|\b_\(", calls):
        for end in (found.end() for found in re.finditer(r"\)", calls[match.end() :])):  # a text may hold brackets
            try:
                yield from list(calls_in(calls[match.start() : match.end() + end].strip(), str(path)))
            except SyntaxError:
                continue
            break


def all_strings() -> set[tuple[str | None, str, str]]:
    """Return every string marked for translation in our code and templates."""
    found: set[tuple[str | None, str, str]] = set()
    for app in ("omnichannel", "roles", "kpis", "orgstages", "talent"):
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                found |= set(calls_in(path.read_text("utf-8"), str(path.relative_to(ROOT))))
    for path in (path for kind in ("*.html", "*.txt") for path in (ROOT / "templates").rglob(kind)):
        found |= set(calls_in_template(path))
    return found


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    """The Chinese catalogue file."""
    return polib.pofile(str(PO))


def test_every_marked_string_has_its_chinese(catalogue: polib.POFile) -> None:
    strings = all_strings()
    assert len(strings) > 300
    known = {(entry.msgctxt, entry.msgid) for entry in catalogue}
    missing = sorted({f"{text!r} in {where}" for context, text, where in strings if (context, text) not in known})
    assert missing == []


def test_no_entry_is_empty_fuzzy_or_loses_a_placeholder(catalogue: polib.POFile) -> None:
    bad = []
    for entry in catalogue:
        texts = [entry.msgstr] if not entry.msgid_plural else list(entry.msgstr_plural.values())
        wanted = set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", entry.msgid_plural or entry.msgid))
        bad += [
            entry.msgid
            for text in texts
            if not text or entry.fuzzy or set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text)) != wanted
        ]
    assert bad == []


def test_the_reader_is_addressed_in_one_way(catalogue: polib.POFile) -> None:
    said = [text for entry in catalogue for text in (entry.msgstr, *entry.msgstr_plural.values())]
    assert [text for text in said if "您" in text] == []


def test_no_entry_is_left_that_nothing_uses(catalogue: polib.POFile) -> None:
    used = {(context, text) for context, text, _where in all_strings()}
    assert sorted(entry.msgid for entry in catalogue if (entry.msgctxt, entry.msgid) not in used) == []
