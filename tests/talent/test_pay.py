"""Levels by title, bounds of bands, how a sum stands to them, and tables as they are pasted: pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from talent.people.pay import Level, PayBand, Place, bounds_of, distance, level_of, place_of
from talent.people.pay_files import UnreadableTable, decoded, read_table


def band(low: int, high: int) -> PayBand:
    return PayBand("user-ops", "manager", Decimal(low), Decimal(low), Decimal(high), "", date(2026, 1, 1), "", "")


@pytest.mark.parametrize(
    ("title", "level", "word"),
    [
        ("用户运营总监", Level.DIRECTOR, "总监"),
        ("兰溪事业部总经理", Level.DIRECTOR, "总经理"),
        ("Director of CRM", Level.DIRECTOR, "director"),
        ("产品经理", Level.MANAGER, "经理"),
        ("店长", Level.MANAGER, "店长"),
        ("CRM  MANAGER", Level.MANAGER, "manager"),
        ("导购", Level.SPECIALIST, ""),
        ("  ", None, ""),
    ],
)
def test_a_title_tells_its_level_and_by_which_word(title: str, level: Level | None, word: str) -> None:
    assert level_of(title) == (level, word)


def test_the_ends_of_a_band_belong_to_it() -> None:
    bounds = bounds_of([band(100, 200)])
    assert bounds is not None
    stand = [place_of(Decimal(each), bounds) for each in ("99.99", "100", "200", "200.01")]
    assert stand == [Place.BELOW, Place.INSIDE, Place.INSIDE, Place.ABOVE]
    assert [distance(Decimal(each), bounds) for each in (90, 150, 230)] == [-10, 0, 30]


def test_several_bands_span_from_the_lowest_to_the_highest_and_none_is_no_band() -> None:
    bounds = bounds_of([band(100, 200), band(150, 400)])
    assert bounds is not None
    assert (bounds.low, bounds.high) == (100, 400)
    assert place_of(Decimal(1), bounds_of([])) is Place.NO_BAND


def test_a_table_is_read_with_either_languages_header_tabs_or_commas() -> None:
    tabs = "岗位\t职级\t下限\t中位\t上限\t生效日期\nuser-ops\t经理\t1\t2\t3\t2026-01-01\n\n"
    commas = '\ufeffrole,level,low,middle,high,since,note\nuser-ops,经理,"1",2,3,2026-01-01,\'=x\n'
    (first,), (second,) = read_table(tabs), read_table(commas)
    assert {**first, "note": "=x"} == second
    assert decoded("岗位".encode("gb18030")) == decoded("岗位".encode("utf-8-sig")) == "岗位"


@pytest.mark.parametrize(
    ("text", "missing", "unknown"),
    [
        ("", 6, 0),
        ("role,level,low,middle,high,since,wage\n", 0, 1),
        ("role,level,low,middle,since\n", 1, 0),
    ],
)
def test_a_table_without_its_header_is_refused_with_what_is_wrong(text: str, missing: int, unknown: int) -> None:
    with pytest.raises(UnreadableTable) as caught:
        read_table(text)
    assert (len(caught.value.missing), len(caught.value.unknown)) == (missing, unknown)
