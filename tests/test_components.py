"""The design system: how figures are written, and that every component keeps its promises in HTML."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.core.numerals import UNITS, show
from omnichannel.core.text import Bilingual

ROOT = Path(__file__).resolve().parents[1]


def drawn(source: str, /, *, language: str = "en", **context: object) -> str:
    """Render a template in a language."""
    request = RequestFactory().get("/", {"sort": "-value", "unit": "east", "page": "3"})
    with translation.override(language):
        return Template(source).render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        ("12840000", "CNY", "¥1,284\u202f万", "¥12.8\u202fm"),
        ("128400000", "CNY", "¥1.28\u202f亿", "¥128.4\u202fm"),
        ("1280000000", "CNY", "¥12.8\u202f亿", "¥1.28\u202fbn"),
        ("9999", "CNY", "¥9,999", "¥9,999"),
        ("86.5", "CNY", "¥86.50", "¥86.50"),
        ("-345678", "count", "\u221234.6\u202f万", "\u2212345.7\u202fk"),
        ("12.35", "percent", "12.4\u202f%", "12.4\u202f%"),
        ("0.256", "0..1", "25.6\u202f%", "25.6\u202f%"),
        ("1.25", "points", "1.3\u202f个百分点", "1.3\u202fpp"),
        ("-12.5", "net_score", "\u221212.5\u202f分", "\u221212.5\u202fpts"),
        ("45000", "pieces", "4.50\u202f万件", "45.0\u202fk pcs"),
        ("0", "count", "0", "0"),
    ],
)
def test_a_figure_is_written_by_its_unit_in_both_languages(value: str, unit: str, zh: str, en: str) -> None:
    assert str(show(Decimal(value), unit, language="zh-hans")) == zh
    assert str(show(Decimal(value), unit, language="en")) == en


@given(
    st.decimals(min_value=-(10**12), max_value=10**12, places=4),
    st.sampled_from(sorted(UNITS)),
    st.sampled_from(["zh-hans", "en"]),
)
def test_the_exact_form_reads_back_as_the_value(value: Decimal, unit: str, language: str) -> None:
    exact = show(value, unit, language=language).exact
    digits = re.sub(r"[^\d.]", "", exact.split("\u202f")[0]).rstrip(".")
    read = Decimal(digits) / UNITS[unit].factor
    assert (-read if exact.startswith("\u2212") else read) == pytest.approx(value, abs=Decimal("0.0001"))


def test_a_shortened_figure_carries_its_exact_value_and_a_whole_one_does_not() -> None:
    assert 'data-exact="¥12,840,000.00"' in drawn("{{ v|money }}", v=Decimal(12840000))
    assert "data-exact" not in drawn("{{ v|money }}", v=Decimal(500))


def test_no_data_is_a_dash_with_its_reason_never_zero() -> None:
    html = drawn("{% figure v 'percent' reason='zero_denominator' %}", v=None)
    assert "–" in html
    assert 'aria-label="No data: The denominator is zero"' in html
    assert "0" not in re.sub(r'tabindex="0"', "", html)


def test_a_float_is_refused_as_a_figure() -> None:
    with pytest.raises(TypeError, match="not float"):
        drawn("{{ v|number }}", v=0.1)


def test_bilingual_text_follows_the_language() -> None:
    text = Bilingual("净销售额", "Net sales")
    assert drawn("{{ v|localised }}", v=text) == "Net sales"
    assert drawn("{{ v|localised }}", language="zh-hans", v=text) == "净销售额"
    assert drawn("{{ v|localised }}", language="zh-hans", v={"zh": "店", "en": "Store"}) == "店"


@pytest.mark.parametrize("key", ["met", "near", "low", "missed", "no_data"])
def test_a_status_is_a_word_an_icon_and_a_colour(key: str) -> None:
    html = drawn("{% status key %}", key=key)
    assert "<svg" in html
    assert f"status--{key.replace('_', '-')}" in html
    assert re.search(r"<span>[A-Z][a-z ]+</span>", html)


def test_text_from_outside_is_escaped_everywhere() -> None:
    evil = "\"'><script>alert(1)</script>"
    source = (
        "{% button evil url=evil title=evil %}{% tag evil %}{% notice evil text=evil %}{% tile evil v %}"
        "{% score_bar parts %}{% tabs parts %}{% facts parts %}{% heat_cell 1 label=evil value=evil url=evil %}"
        "{% panel title=evil %}{{ evil }}{% endpanel %}{% sparkline points label=evil %}{{ v|dash:evil }}"
    )
    part = {"label": evil, "value": evil, "url": evil, "points": Decimal(1)}
    html = drawn(source, evil=evil, v=None, parts=[part], points=[Decimal(1), Decimal(2)])
    assert "<script>" not in html
    assert "alert(1)" in html


def test_a_dash_stands_for_nothing_alone_and_a_value_is_escaped_once() -> None:
    assert drawn("{{ v|dash:'why' }}", v="<b>&</b>") == "&lt;b&gt;&amp;&lt;/b&gt;"
    assert drawn("{{ v|capfirst|dash:'why' }}", v="<b>") == "&lt;b&gt;"
    assert drawn("{{ v|dash:'why' }}", v=0) == "0"
    for nothing in (None, ""):
        html = drawn("{{ v|dash:'why' }}", v=nothing)
        assert "–" in html
        assert "why" in html


def test_the_parts_of_a_score_add_up_to_the_total_as_displayed() -> None:
    parts = [{"label": "a", "points": Decimal("33.335")}, {"label": "b", "points": Decimal("33.335")}]
    html = drawn("{% score_bar parts %}", parts=parts)
    assert html.count("33.34") == 4  # two in the bar's titles, two in the legend
    assert "66.68" in html


def test_a_sparkline_breaks_where_there_is_no_value() -> None:
    html = drawn("{% sparkline points %}", points=[Decimal(1), Decimal(2), None, Decimal(3), Decimal(4)])
    line = re.search(r'spark__line" d="([^"]+)"', html)
    assert line is not None
    assert [line[1].count(pen) for pen in "ML"] == [2, 2]


def test_a_sort_header_turns_the_order_and_keeps_the_rest_of_the_query() -> None:
    descending = drawn("{% sort_header 'Value' 'value' %}")
    assert 'aria-sort="descending"' in descending
    assert 'href="?sort=value&amp;unit=east"' in descending
    assert "aria-sort" not in drawn("{% sort_header 'Name' 'name' %}")


def test_a_refused_field_ties_its_error_and_help_to_the_input() -> None:
    class NameForm(forms.Form):
        name = forms.CharField(help_text="As on the contract")

    html = drawn("{% form_fields form %}", form=NameForm({"name": ""}))
    tied = re.search(r'aria-describedby="([^"]+)"', html)
    assert tied is not None
    assert all(f'id="{target}"' in html for target in tied[1].split())
    assert 'aria-invalid="true"' in html


class _Forbidden(HTMLParser):
    """Collects what a strict content policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        if tag == "style" or (tag == "script" and not names.get("src") and names.get("type") != "application/json"):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in names if name == "style" or name.startswith(("on", "hx-on"))]


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_holds_inline_style_or_script(path: Path) -> None:
    parser = _Forbidden()
    parser.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "x", path.read_text(), flags=re.DOTALL))
    assert parser.found == []


def test_third_party_scripts_come_out_of_their_wheels() -> None:
    for name in ("vendor/htmx.min.js", "vendor/plotly.min.js"):
        found = finders.find(name)
        assert found is not None
        assert ROOT / "static" not in Path(found).parents
        assert Path(found).stat().st_size > 10_000
