"""Lists, sources and breadcrumbs as pages write them in either language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.template import Context, Template
from django.utils.translation import override

from omnichannel.core.datafiles import read_yaml
from omnichannel.core.text import Bilingual
from omnichannel.templatetags.texts import listed, source, source_remarks

ROOT = Path(__file__).parent.parent
PACKAGES = [ROOT / name for name in ("roles", "kpis/library", "orgstages", "talent")]
# three English words in a row, or one of the words that every source is noted with
ENGLISH = re.compile(r"[A-Za-z][a-z-]+ [A-Za-z][a-z-]+ [A-Za-z][a-z-]+")
WORDS = ("proposal", "convention", "search", "reconstructed", "inferred")


def test_a_list_takes_the_separator_of_its_language() -> None:
    texts = [Bilingual("商超", "supermarkets"), Bilingual("餐饮", "catering")]
    with override("zh-hans"):
        assert listed(texts) == "商超、餐饮"
    with override("en"):
        assert listed(texts) == "supermarkets, catering"


def test_a_source_is_written_in_chinese_with_its_remarks() -> None:
    with override("zh-hans"):
        assert source("001 (inferred); rule: proposal; search wecom-groupchat") == (
            "001（推断）；规则：本产品建议；网络资料 wecom-groupchat"
        )
        assert source("001 (partial) + convention") == "001（部分） + 行业惯例"
        assert source("001; rank only, the top-ten chart is lost") == "001；只有名次，前十图缺失"
    with override("en"):
        assert source("convention (built from two rungs of 000)") == "convention (built from two rungs of 000)"


def test_no_source_of_the_data_files_leaves_an_english_remark_on_a_chinese_page() -> None:
    found = list(_sources([read_yaml(path) for path in _files()]))
    assert len(set(found)) > 100
    with override("zh-hans"):
        shown = {text: source(text) for text in found}
    left = {text: told for text, told in shown.items() if ENGLISH.search(told) or any(w in told for w in WORDS)}
    assert not left


def test_every_remark_is_one_that_a_data_file_writes() -> None:
    every = " ".join(path.read_text(encoding="utf-8") for path in _files())
    words = " ".join(every.replace("''", "'").split())
    unused = [remark for remark in source_remarks() if remark not in words and remark not in {"workspace", "exact"}]
    assert not unused


def _files() -> list[Path]:
    return [path for package in PACKAGES for path in package.rglob("*.yaml")]


def _sources(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name == "source":
                yield from (value,) if isinstance(value, str) else _strings(value)
            else:
                yield from _sources(value)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from _sources(each)


def _strings(value: object) -> list[str]:
    return [str(each) for each in value.values()] if isinstance(value, Mapping) else []


def test_crumbs_link_every_step_but_the_page_itself() -> None:
    html = Template('{% crumbs "Data" "/data/" "Tasks" "/jobs/" "Load #4" %}').render(Context())
    assert '<a href="/data/">Data</a>' in html
    assert '<a href="/jobs/">Tasks</a>' in html
    assert '<span aria-current="page">Load #4</span>' in html
