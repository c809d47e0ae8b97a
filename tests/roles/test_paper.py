"""The org chart on paper: nobody is lost or cut, every cut names its page, and the index leads there."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pypdfium2
import pytest

from roles.paper.blocks import Block
from roles.paper.chapters import Chapter
from roles.paper.lettering import drawable, undrawable, width_of, wrapped
from roles.paper.marks import Box, Page, Text
from roles.paper.pages import Printed, paged
from roles.paper.pdf import as_pdf
from roles.paper.sheet import one_sheet
from roles.paper.sorting import sort_key
from roles.paper.specs import FORMATS, PaperChart, PaperPerson, PaperSize, PaperUnit, Words
from roles.paper.svg import as_svg

SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周曾单欧阳", ["雨桐", "思远", "佳怡", "子涵", "晓峰", "静文", "嘉欣", "浩然"]
WORDS = Words("云裳集团 · 组织架构图", "截至 2026-11-22", "已打印")
MADE = datetime(2026, 11, 22, tzinfo=UTC)
A4 = FORMATS[PaperSize.A4]


class Firm:
    """A firm that grows unit by unit, with numbered people."""

    def __init__(self, seed: int = 1) -> None:
        self.random, self.units, self.people = random.Random(seed), dict[str, PaperUnit](), 0

    def team(self, size: int) -> tuple[PaperPerson, ...]:
        made = []
        for _ in range(size):
            self.people += 1
            name = self.random.choice(SURNAMES) + self.random.choice(GIVEN)
            made.append(PaperPerson(f"E{self.people:05d}", name, f"E{self.people:05d} · 导购", sort=sort_key(name)))
        return tuple(made)

    def unit(self, key: str, *, team: int = 0, below: tuple[str, ...] = (), name: str = "") -> str:
        self.units[key] = PaperUnit(
            key,
            name or f"{key}店",
            f"门店 · {key}",
            f"{team} 人",
            sort=sort_key(name or key),
            team=self.team(team),
            children=below,
        )
        return key

    def chart(self, *roots: str) -> PaperChart:
        return PaperChart(self.units, roots)


def thousand() -> PaperChart:
    """Return about 1,000 people: a centre of 150, departments, six regions of 20 stores."""
    firm = Firm()
    regions = []
    for region in range(6):
        stores = tuple(firm.unit(f"S{region}{number:02d}", team=firm.random.randint(5, 8)) for number in range(20))
        regions.append(firm.unit(f"R{region}", team=1, below=stores))
    centre = firm.unit("UC", team=150, name="用户运营中心")
    departments = tuple(firm.unit(f"D{number}", team=6) for number in range(8))
    business = firm.unit("BU", team=2, below=(centre, *regions))
    return firm.chart(firm.unit("G", team=1, below=(firm.unit("HQ", below=departments), business), name="云裳集团"))


def texts(printed: Printed) -> list[str]:
    """Return what a reader of the PDF finds on each page."""
    document = pypdfium2.PdfDocument(as_pdf(printed.pages, title="x", author="y", made_at=MADE))
    found = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return found


@pytest.mark.parametrize("size", list(PaperSize))
def test_a_pdf_of_a_thousand_people_holds_everybody_once_and_its_index_leads_there(size: PaperSize) -> None:
    chart = thousand()
    form = FORMATS.get(size)
    printed = paged(chart, form=form, words=WORDS) if form else one_sheet(chart, words=WORDS)
    pages = texts(printed)
    ids = {one.external_id for unit in chart.walk() for one in unit.team}
    on_chart = Counter(re.findall(r"E\d{5}", "".join(pages[: printed.chart_pages])))
    assert set(on_chart) == ids
    assert set(on_chart.values()) == {1}
    assert printed.people == chart.people == len(ids) > 1000
    index = "".join(pages[printed.chart_pages :])
    entries = re.findall(r"(E\d{5}).*?\b([A-Z]*\d+)\s", index, re.DOTALL)
    assert {one for one, _page in entries} == ids
    if form:
        assert all(one in pages[int(page) - 1] for one, page in entries)


def test_nothing_is_drawn_beyond_the_page_or_over_another_card() -> None:
    for form in FORMATS.values():
        for page in paged(thousand(), form=form, words=WORDS).pages:
            _assert_inside(page)
    sheet = one_sheet(thousand(), words=WORDS).pages[0]
    _assert_inside(sheet)
    cards = [mark for mark in sheet.marks if isinstance(mark, Box)][::2]
    assert len(cards) == len(thousand().units)
    for place, one in enumerate(cards):
        for two in cards[place + 1 :]:
            apart = one.x + one.width <= two.x or two.x + two.width <= one.x
            assert apart or one.y + one.height <= two.y or two.y + two.height <= one.y


def _assert_inside(page: Page) -> None:
    for mark in page.marks:
        if isinstance(mark, Text):
            width = width_of(mark.text, mark.size)
            left = mark.x - (width if mark.right else 0)
            assert 0 <= left <= left + width <= page.width, mark
            assert 0 < mark.y < page.height, mark
        elif isinstance(mark, Box):
            assert mark.x >= 0
            assert mark.x + mark.width <= page.width + 0.1
            assert mark.y + mark.height <= page.height


def test_each_cut_edge_names_the_page_that_goes_on_and_that_page_names_it_back() -> None:
    pages = texts(paged(thousand(), form=A4, words=WORDS))
    pointed = [(page, int(found)) for page, text in enumerate(pages, 1) for found in re.findall(r"→ p. (\d+)", text)]
    back = [(int(found), page) for page, text in enumerate(pages, 1) for found in re.findall(r"↑ p. (\d+)", text)]
    assert len(pointed) > 8
    assert set(pointed) <= set(back)  # what goes on over several pages names where it hangs on each
    on = [(page, int(n)) for page, text in enumerate(pages, 1) for n in re.findall(r"continued on p. (\d+)", text)]
    came = [(int(n), page) for page, text in enumerate(pages, 1) for n in re.findall(r"continued from p. (\d+)", text)]
    assert on
    assert set(on) == set(came)
    assert all(two == one + 1 for one, two in on)


def test_a_team_larger_than_a_page_goes_on_with_the_page_named_on_both_sides() -> None:
    firm = Firm()
    printed = paged(firm.chart(firm.unit("BIG", team=400)), form=A4, words=WORDS)
    pages = texts(printed)
    assert printed.chart_pages == 3
    assert pages[0].count("continued in the next column") == 3
    # in the head of the chapter and under the team itself
    assert pages[0].count("continued on p. 2") == 2
    assert pages[1].count("continued from p. 1") == 2
    assert Counter(re.findall(r"E\d{5}", "".join(pages[:3]))).most_common(1)[0][1] == 1


def test_a_region_of_three_thousand_stores_and_a_chain_of_sixty_units_are_whole() -> None:
    firm = Firm()
    flat = firm.unit("R", team=1, below=tuple(firm.unit(f"S{number:04d}", team=1) for number in range(3000)))
    below = firm.unit("L60", team=3)
    for depth in range(59, 0, -1):
        below = firm.unit(f"L{depth:02d}", team=1, below=(below,))
    chart = firm.chart(firm.unit("G", team=1, below=(flat, below)))
    chapter = Chapter(chart, chart.units["R"], A4, WORDS)
    chapter.lay()
    placed = [
        card
        for sheet in chapter.sheets
        for one in sheet.placed
        if isinstance(one.what, Block)
        for card in one.what.cards
    ]
    assert len(placed) == 3000
    printed = paged(chart, form=A4, words=WORDS, with_index=False)
    shown = Counter(
        found
        for page in printed.pages
        for mark in page.marks
        if isinstance(mark, Text)
        for found in re.findall(r"E\d{5}", mark.text)
    )
    assert len(shown) == firm.people
    assert set(shown.values()) == {1}


def test_long_names_wrap_and_lose_nothing() -> None:
    name = "Maximiliana-Alexandrina von Württemberg-Hohenzollern 欧阳".replace("Hohen", "Hohen" * 6)
    lines = wrapped(name, 8, width=80)
    assert "".join(lines).replace(" ", "") == drawable(name).replace(" ", "")
    assert all(width_of(line, 8) <= 80 for line in lines)


def test_a_character_that_the_font_lacks_is_named_and_not_lost_in_silence() -> None:
    assert undrawable("𠮷野家") == {"𠮷"}
    assert drawable("𠮷野家") == "□野家"
    firm = Firm()
    firm.unit("G", team=1, name="𠮷野家")
    page = texts(paged(firm.chart("G"), form=A4, words=WORDS))[0]
    assert "Not in the print font: U+20BB7" in page
    firm.units["G"] = replace(firm.units["G"], name="G")
    stamped = replace(WORDS, stamp="printed by 𠮷")
    assert "Not in the print font: U+20BB7" in texts(paged(firm.chart("G"), form=A4, words=stamped))[0]


def test_the_index_is_by_pinyin_and_reads_surnames_as_surnames() -> None:
    names = ["曾静文", "张晓峰", "单浩然", "阿明", "Bob", "李雷"]
    assert sorted(names, key=lambda one: sort_key(one, is_person=True)) == [
        "阿明",
        "Bob",
        "李雷",
        "单浩然",
        "曾静文",
        "张晓峰",
    ]


def test_the_svg_is_well_formed_says_the_same_and_carries_no_script() -> None:
    firm = Firm()
    chart = firm.chart(firm.unit("G", team=3, name='A<b> & "c"</text><script>alert(1)</script>'))
    drawing = as_svg(one_sheet(chart, words=WORDS).pages[0], title="<t>")
    root = ElementTree.fromstring(drawing)  # noqa: S314 - our own drawing
    said = "".join(root.itertext())
    assert {node.tag.split("}")[1] for node in root.iter()} == {"svg", "title", "rect", "text", "polyline"}
    assert all(one.external_id in said for one in chart.units["G"].team)


def test_a_day_without_units_prints_a_page_that_says_so() -> None:
    for printed in (paged(PaperChart({}, ()), form=A4, words=WORDS), one_sheet(PaperChart({}, ()), words=WORDS)):
        assert "There is no unit on this day." in texts(printed)[0]
