"""Which encoding a text file is in, and the file rewritten as UTF-8. A guess is reported, never hidden."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20
# Share of undecodable characters among the non-ASCII ones below which a file is UTF-8 with damage, not GB18030.
DAMAGE_SHARE = 0.1
# The same share where no other encoding gives text either: UTF-8 that holds by accident is rare.
MOST_DAMAGE = 0.3
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5", "cp1252", "shift_jis")
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
WHITESPACE = "whitespace"
SAMPLE = 1 << 18
# Text is in the encoding under which at least this share of its characters are everyday ones.
EVERYDAY_SHARE = 0.85
FULL_WIDTH = "".join(map(chr, range(0xFF01, 0xFF5F)))
SYMBOLS = frozenset(
    FULL_WIDTH
    + "\u3000，。、；：？！“”‘’（）【】《》〈〉「」『』〔〕·…—－～￥％＋＝／＃＆＊＠｜①②③④⑤⑥⑦⑧⑨⑩°℃×÷±→←↑↓★☆●○◆◇■□▲△"
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """The codec name and whether the bytes prove it (BOM or valid UTF-8) or it is a guess to confirm.

    `plausible`: the text it gives looks like text. What is neither sure nor plausible has to be asked about.
    """

    name: str
    sure: bool
    plausible: bool = True


def detect_encoding(path: Path) -> Encoding:
    """Return the encoding: BOM, then UTF-16 by its zero bytes, then strict UTF-8, then a guess by its characters."""
    with path.open("rb") as file:
        head = file.read(4096)
    for bom, name in BOMS:
        if head.startswith(bom):
            return Encoding(name, True)
    if wide := _utf_16(head):
        return Encoding(wide, False)
    damage = _utf8_damage(path)
    if damage == 0:
        return Encoding("utf-8", True)
    if damage < DAMAGE_SHARE and _damage(path, "gb18030") > 0:
        return Encoding("utf-8", False)
    guess = _legacy(path)
    return guess if guess.plausible or damage > MOST_DAMAGE else Encoding("utf-8", False)


def _utf_16(head: bytes) -> str | None:
    """Return the form of UTF-16 without a mark: ASCII leaves zeros in every other byte, and text comes out."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 4 or max(even, odd) < 0.025 * len(head):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(name, errors="replace")
    sound = sum(sign in "\t\r\n" or " " <= sign <= "~" or sign in SYMBOLS or _everyday(sign) for sign in text)
    return name if sound >= EVERYDAY_SHARE * len(text) else None


def _legacy(path: Path) -> Encoding:
    """Return the encoding under which the characters are everyday ones, GB18030 first."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    for name, everyday in (("gb18030", _everyday), ("big5", _big5)):
        text = sample.decode(name, errors="replace")
        foreign = [sign for sign in text if sign > "\x7f" and sign not in SYMBOLS]
        if sum(map(everyday, foreign)) >= EVERYDAY_SHARE * len(foreign):
            return Encoding(name, False)
    apart = re.findall(rb"(?<![\x80-\xff])[\xc0-\xff](?![\x80-\xff])", sample)
    latin = len(apart) >= EVERYDAY_SHARE * len(re.findall(rb"[\x80-\xff]", sample))
    return Encoding("cp1252" if latin else "gb18030", False, False)


def _everyday(sign: str) -> bool:
    """Return whether a character is in use, simplified or traditional, or too rare for any two-byte encoding."""
    if sign > "\uffff":
        return True
    return "\u4e00" <= sign <= "\u9fff" and (len(sign.encode("gb2312", "ignore")) == 2 or _big5(sign))


def _big5(sign: str) -> bool:
    """Return whether this is one of the frequently used characters, which Big5 puts first."""
    code = sign.encode("big5", "ignore")
    return len(code) == 2 and 0xA4 <= code[0] <= 0xC6


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _utf8_damage(path: Path) -> float:
    """Return 0 for strictly valid UTF-8, else the damaged share of the non-ASCII characters."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _damage(path, "utf-8")
    return 0.0


def _damage(path: Path, name: str) -> float:
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    bad = foreign = 0
    for chunk in _chunks(path):
        text = decoder.decode(chunk)
        bad += text.count("\ufffd")
        foreign += len(text) - len(text.encode("ascii", errors="ignore"))
    tail = decoder.decode(b"", final=True)
    bad, foreign = bad + tail.count("\ufffd"), foreign + len(tail)
    return bad / max(foreign, 1)


def as_utf8(path: Path, *, encoding: str, target: Path, collapse_blanks: bool = False) -> Path:
    """Return a UTF-8 file without BOM of the same text; undecodable bytes become U+FFFD, which checking reports.

    With `collapse_blanks` runs of blanks become one tab: the form of files aligned with spaces.
    """
    if encoding == "utf-8" and not collapse_blanks:
        with path.open("rb") as file:
            clean = not file.read(3).startswith(codecs.BOM_UTF8)
        if clean and _utf8_damage(path) == 0:
            return path
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    with target.open("wb") as out:
        for text in _texts(path, decoder):
            out.write((_blanks_to_tabs(text) if collapse_blanks else text).encode("utf-8", errors="replace"))
    return target


def _texts(path: Path, decoder: codecs.IncrementalDecoder) -> Iterator[str]:
    """Yield decoded text cut at line ends, so that blanks can be collapsed line by line."""
    rest, first = "", True
    for chunk in _with_end(path):
        text = rest + (decoder.decode(chunk) if chunk is not None else decoder.decode(b"", final=True))
        if first:
            text, first = text.removeprefix("\ufeff"), False
        cut = text.rfind("\n") + 1 if chunk is not None else len(text)
        rest = text[cut:]
        yield text[:cut]


def _with_end(path: Path) -> Iterator[bytes | None]:
    yield from _chunks(path)
    yield None


def _blanks_to_tabs(text: str) -> str:
    lines = (re.sub(r"[ \t]+", "\t", line.strip(" \t\r")) for line in text.split("\n"))
    return "\n".join(lines)
