"""Numbers as people read them: units, thousands, 万/亿 or k/m. Pure: the exact value always stays beside."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

NARROW_SPACE = "\u202f"
MINUS = "\u2212"
COMPACT_FROM = Decimal(10_000)
SCALES = {
    "zh": ((Decimal(10**8), "亿"), (Decimal(10**4), "万")),
    "en": ((Decimal(10**9), "bn"), (Decimal(10**6), "m"), (Decimal(10**3), "k")),
}


@dataclass(frozen=True, slots=True)
class UnitStyle:
    """How values of one unit are written: prefix, words in both languages, decimal places, and a factor."""

    zh: str = ""
    en: str = ""
    prefix: str = ""
    places: int = 0
    compact: bool = False
    factor: Decimal = Decimal(1)


UNITS = {
    "": UnitStyle(places=2, compact=True),
    "CNY": UnitStyle(prefix="¥", places=2, compact=True),
    "CNY/month": UnitStyle(zh="/月", en="/month", prefix="¥", places=2, compact=True),
    "percent": UnitStyle(zh="%", en="%", places=1),
    "0..1": UnitStyle(zh="%", en="%", places=1, factor=Decimal(100)),
    "per_mille": UnitStyle(zh="‰", en="‰", places=1),
    "points": UnitStyle(zh="个百分点", en="pp", places=1),
    "count": UnitStyle(compact=True),
    "people": UnitStyle(zh="人", en="people", places=1, compact=True),
    "FTE": UnitStyle(zh="人（全职）", en="FTE", places=1, compact=True),
    "contacts": UnitStyle(zh="人", en="contacts", compact=True),
    "messages": UnitStyle(zh="条", en="messages", compact=True),
    "pieces": UnitStyle(zh="件", en="pcs", places=1, compact=True),
    "score_1_5": UnitStyle(zh="/ 5", en="/ 5", places=2),
    "score_100": UnitStyle(zh="分", en="pts", places=1),
    "net_score": UnitStyle(zh="分", en="pts", places=1),
    "ratio": UnitStyle(places=2),
    "times": UnitStyle(zh="次", en="times", places=1, compact=True),
    "index": UnitStyle(places=1, compact=True),
    "minutes": UnitStyle(zh="分钟", en="min", places=1),
    "hours": UnitStyle(zh="小时", en="h", places=1),
    "days": UnitStyle(zh="天", en="days", places=1),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A number ready to print: `text` with its sign and prefix, the `unit` after it, and the `exact` full form.

    `shortened` tells that the text shows less than the exact value.
    """

    text: str
    unit: str
    exact: str
    shortened: bool

    def __str__(self) -> str:
        return f"{self.text}{NARROW_SPACE}{self.unit}" if self.unit else self.text


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half up, the one rounding of every display."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def show(value: Decimal, unit: str = "", *, language: str, places: int | None = None, signed: bool = False) -> Shown:
    """Write `value` in `unit`. Given `places`, the number is written in full; otherwise large ones are shortened."""
    key = "zh" if language.lower().startswith("zh") else "en"
    style = UNITS.get(unit, UnitStyle(zh=unit, en=unit, places=2, compact=True))
    amount, word = abs(value) * style.factor, getattr(style, key)
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    exact = _join(sign + style.prefix + _full(amount, style), word)
    scale = _scale(amount, key) if style.compact and places is None else None
    if scale is not None:
        size, name = scale
        return Shown(f"{sign}{style.prefix}{_short(amount / size)}", f"{name}{_after(word)}", exact, shortened=True)
    digits = _places(amount, style) if places is None else places
    written = rounded(amount, digits)
    # What rounds to zero has no direction any more.
    return Shown(f"{sign if written else ''}{style.prefix}{written:,}", word, exact, written != amount)


def _scale(amount: Decimal, key: str) -> tuple[Decimal, str] | None:
    if amount < COMPACT_FROM:
        return None
    return next((size, name) for size, name in SCALES[key] if amount >= size)


def _short(amount: Decimal) -> str:
    """Keep three or four meaningful digits: 1.28, 12.8, 128.4, 1,284."""
    return f"{rounded(amount, 2 if amount < 10 else 1 if amount < 1000 else 0):,}"


def _places(amount: Decimal, style: UnitStyle) -> int:
    """Whole amounts of counted units drop their empty decimals, and money from 1,000 drops cents."""
    if not style.compact:
        return style.places
    if amount == amount.to_integral_value() or amount >= 1000:
        return 0
    return style.places


def _full(amount: Decimal, style: UnitStyle) -> str:
    """Write up to four decimals without empty ones; money keeps its cents."""
    text = f"{rounded(amount, 4).normalize():,f}"
    cents = len(text.partition(".")[2])
    return f"{rounded(amount, 2):,}" if style.prefix and cents < 2 else text


def _join(text: str, word: str) -> str:
    return f"{text}{NARROW_SPACE}{word}" if word else text


def _after(word: str) -> str:
    """A Latin word keeps its distance from the scale name (`12.8 k pcs`), a Chinese one does not (`12.8 万件`)."""
    return f" {word}" if word and word[0].isascii() and word[0].isalpha() else word


def to_text(number: Decimal | None) -> str | None:
    """Return a number as JSON documents hold it: every digit, no exponent."""
    return None if number is None else f"{number:f}"


def from_text(text: str | None) -> Decimal | None:
    """Return the number of such a text."""
    return None if text is None else Decimal(text)
