"""Lists, sources and breadcrumbs as pages write them in either language."""

from __future__ import annotations

from django.template import Context, Template
from django.utils.translation import override

from omnichannel.core.text import Bilingual
from omnichannel.templatetags.texts import listed, source


def test_a_list_takes_the_separator_of_its_language() -> None:
    texts = [Bilingual("商超", "supermarkets"), Bilingual("餐饮", "catering")]
    with override("zh-hans"):
        assert listed(texts) == "商超、餐饮"
    with override("en"):
        assert listed(texts) == "supermarkets, catering"


def test_a_source_is_written_in_chinese_and_keeps_the_original_in_its_title() -> None:
    with override("zh-hans"):
        shown = source("001 (inferred); rule: proposal; search wecom-groupchat")
    assert ">001（推断）；规则：本产品建议；网络资料 wecom-groupchat<" in shown
    assert 'title="001 (inferred); rule: proposal; search wecom-groupchat"' in shown


def test_a_remark_that_only_exists_in_english_stays_out_of_the_chinese_text() -> None:
    with override("zh-hans"):
        assert ">行业惯例<" in source("convention (built from two rungs of 000)")
    with override("en"):
        assert source("convention (built from two rungs of 000)") == "convention (built from two rungs of 000)"


def test_crumbs_link_every_step_but_the_page_itself() -> None:
    html = Template('{% crumbs "Data" "/data/" "Tasks" "/jobs/" "Load #4" %}').render(Context())
    assert '<a href="/data/">Data</a>' in html
    assert '<a href="/jobs/">Tasks</a>' in html
    assert '<span aria-current="page">Load #4</span>' in html
