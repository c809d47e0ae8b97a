"""Fixes that read the same cells another way: numbers with units, dates in an order, percentages, signs."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import pyarrow as pa

from kpis.datasets.checks.dateorder import DATE_ORDERS, year_first
from kpis.datasets.checks.values import CONTROLS
from kpis.datasets.repair.fixcases import MOST_EACH, MOST_WORDS, Case, Fix, replace_fix, short, value_steps
from omnichannel.core.text import Bilingual

UNITS: Mapping[str, Decimal | int] = {
    "w": 10_000,
    "万": 10_000,
    "k": 1_000,
    "千": 1_000,
    "百": 100,
    "角": Decimal("0.1"),
    "分": Decimal("0.01"),
}
COUNTED = re.compile(
    r"([-+]?[0-9][0-9,]*(?:\.[0-9]+)?)\s*(w|k|[万千百角分]|[\u4e00-\u9fff]{1,2}|[a-z]{2,8})?", re.ASCII
)
NO_SUCH_DAY = re.compile(r"((?:19|20)[0-9]{2})([-/.年])([0-9]{1,2})([-/.月])([0-9]{2})(.*)", re.ASCII | re.DOTALL)
ORDERS = {
    "dmy": Bilingual("日/月/年", "day/month/year"),
    "mdy": Bilingual("月/日/年", "month/day/year"),
    "ymd": Bilingual("年/月/日", "year/month/day"),
}


def numbers(case: Case) -> list[Fix]:
    """Offer the number in texts such as 1.2w or 3件."""
    read: dict[str, str] = {}
    for word in case.words[:MOST_WORDS]:
        plain = unicodedata.normalize("NFKC", word).strip().casefold()
        if match := COUNTED.fullmatch(plain):
            number = Decimal(match[1].replace(",", "")) * UNITS.get(match[2] or "", 1)
            read[word] = f"{number.normalize():f}"
    return replace_fix(case, read, zh="读作数字", en="Read as numbers")


def separators(case: Case) -> list[Fix]:
    """Offer both ways to read a number whose separators do not tell: 1.234,5 or 1,234.5."""
    plain = {word: re.sub(r"\s", "", unicodedata.normalize("NFKC", word)) for word in case.words[:MOST_WORDS]}
    comma = {word: text.replace(".", "").replace(",", ".") for word, text in plain.items()}
    point = {word: text.replace(",", "") for word, text in plain.items()}
    ways = (
        (comma, "逗号是小数点", "The comma is the decimal sign"),
        (point, "逗号是千位分隔", "Commas mark thousands"),
    )
    fixes = []
    for read, zh, en in ways:
        fixes += replace_fix(case, {word: to for word, to in read.items() if _decimal(to) is not None}, zh=zh, en=en)
    return fixes


def yes_or_no(case: Case) -> list[Fix]:
    fixes = []
    for word in case.words[:MOST_EACH]:
        for value, label in (("true", Bilingual("是", "yes")), ("false", Bilingual("否", "no"))):
            told = Bilingual(f"把“{short(word)}”当作“{label.zh}”", f"Take “{short(word)}” for “{label.en}”")
            fixes.append(Fix(told, value_steps(case, {word: value})))
    return fixes


def date_orders(case: Case) -> list[Fix]:
    """Offer the orders under which the dates exist, the one that fits most of them first."""
    words = case.words
    found = []
    for order in DATE_ORDERS:
        read = year_first(pa.chunked_array([list(words)], pa.string()), order=order).to_pylist()
        changed = [(old, new) for old, new in zip(words, read, strict=True) if old != new]
        if not changed:
            continue
        (old, new), (zh, en) = changed[0], (ORDERS[order].zh, ORDERS[order].en)
        told = Bilingual(f"整列按{zh}读：{old} → {new}", f"Read the column as {en}: {old} → {new}")
        step = {"kind": "date_order", "field": case.field, "order": order}
        found.append((-len(changed), Fix(told, (step,))))
    return [fix for _, fix in sorted(found, key=lambda pair: pair[0])]


def last_days(case: Case) -> list[Fix]:
    """Offer the last day of the month for a day that the month does not have."""
    chosen: dict[str, str] = {}
    for word in case.words[:MOST_WORDS]:
        match = NO_SUCH_DAY.fullmatch(unicodedata.normalize("NFKC", word))
        if match is None or not 1 <= int(match[3]) <= 12:
            continue
        last = calendar.monthrange(int(match[1]), int(match[3]))[1]
        if last < int(match[5]) <= 31:
            chosen[word] = "".join((match[1], match[2], match[3], match[4], str(last), match[6]))
    return replace_fix(case, chosen, zh="改为当月最后一天", en="Use the last day of the month")


def hundredths(case: Case) -> list[Fix]:
    """Offer to read 85 as 85 % where a share is meant."""
    amounts = {word: _decimal(word) for word in case.words}
    shares = {word: f"{(n / 100).normalize():f}" for word, n in amounts.items() if n is not None and 1 < n <= 100}
    if case.column.unit != "0..1" or not shares:
        return []
    step = {"kind": "scale", "field": case.field, "factor": "0.01"}
    whole = Fix(Bilingual("整列是百分数：除以 100", "The whole column is in percent: divide by 100"), (step,))
    return [whole, *replace_fix(case, shares, zh="只把这些当作百分数", en="Take only these as percent")]


def without_sign(case: Case) -> list[Fix]:
    plain = {word: word[1:].strip() for word in case.words if word[:1] in "-－−" and _decimal(word[1:]) is not None}
    return replace_fix(case, plain, zh="去掉负号", en="Drop the minus sign")


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(unicodedata.normalize("NFKC", text).replace(",", "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def cleaned(case: Case) -> list[Fix]:
    clean = {word: CONTROLS.sub("", word) for word in case.words[:MOST_WORDS]}
    return replace_fix(case, clean, zh="删去不可见字符", en="Delete the invisible characters")
