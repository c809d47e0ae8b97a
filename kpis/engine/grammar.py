"""The formula language of KPIs: text in, a typed frozen tree out. Arithmetic on measures and nothing else.

expr := term (("+"|"-") term)*; term := factor (("*"|"/") factor)*; factor := number | measure | func "(" expr, .. ")"
| "(" expr ")"; measure := name ["[" column "=" value ("|" value)* ("," ..)* "]"] ["@" window].
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from kpis.engine.formula_errors import FormulaError

WINDOWS = ("prev", "yoy", "r12m", "open")
FUNCTIONS = ("min", "max", "abs")
MAX_LENGTH = 2000
MAX_DEPTH = 40
MAX_OPERANDS = 100

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d]\w*)|(?P<symbol>[-+*/(),\[\]=|@]))")
_VALUE = re.compile(r"\s*(?P<value>[\w.-]+)")
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}
# what people type for the signs of the language, beyond what Unicode itself calls the same
_SIGNS = {"×": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "、": ",", "【": "[", "】": "]"}

Filters = tuple[tuple[str, tuple[str, ...]], ...]


class Words(Protocol):
    """What a formula may name."""

    def measures(self) -> Collection[str]:
        """Return the ids of all measures."""

    def columns(self, measure: str) -> Collection[str]:
        """Return the columns that a measure can be narrowed by."""

    def values(self, measure: str, column: str) -> Collection[str]:
        """Return the values that a column can hold, nothing when any text may be one."""

    def fits(self, measure: str, column: str, value: str) -> bool:
        """Tell whether a column can hold a value."""

    def has_open(self, measure: str) -> bool:
        """Tell whether a measure has a value at the start of a period."""

    def nearest(self, written: str) -> str:
        """Return the measure that goes by a name other than its id, or nothing."""


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, exact."""

    value: Decimal

    def __str__(self) -> str:
        return format(self.value, "f")


@dataclass(frozen=True, slots=True, order=True)
class MeasureRef:
    """A measure, narrowed by filters (sorted by column, values sorted) and moved to a window ("" is the period)."""

    measure: str
    filters: Filters = ()
    window: str = ""

    def __str__(self) -> str:
        inside = ",".join(f"{column}={'|'.join(values)}" for column, values in self.filters)
        return self.measure + (f"[{inside}]" if inside else "") + (f"@{self.window}" if self.window else "")


@dataclass(frozen=True, slots=True)
class BinOp:
    """`left op right` with op one of + - * /."""

    op: str
    left: Node
    right: Node

    def __str__(self) -> str:
        return f"{self._side(self.left, False)} {self.op} {self._side(self.right, True)}"

    def _side(self, node: Node, right: bool) -> str:
        if not isinstance(node, BinOp):
            return str(node)
        mine, inner = _PRECEDENCE[self.op], _PRECEDENCE[node.op]
        return f"({node})" if inner < mine or (right and inner == mine) else str(node)


@dataclass(frozen=True, slots=True)
class Call:
    """min, max or abs."""

    name: str
    args: tuple[Node, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.args))})"


Node = Number | MeasureRef | BinOp | Call


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything under it, left to right."""
    yield node
    if isinstance(node, BinOp):
        yield from walk(node.left)
        yield from walk(node.right)
    elif isinstance(node, Call):
        for arg in node.args:
            yield from walk(arg)


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula; `str()` gives its canonical text, which parses to the same tree."""

    root: Node

    def __str__(self) -> str:
        return str(self.root)

    def refs(self) -> tuple[MeasureRef, ...]:
        """Return the distinct measure references in order of first appearance."""
        return tuple(dict.fromkeys(node for node in walk(self.root) if isinstance(node, MeasureRef)))

    def measures(self) -> frozenset[str]:
        """Return the ids of the measures used."""
        return frozenset(ref.measure for ref in self.refs())


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text came to: the formula, or everything that is wrong with it, in the order of the text.

    `sums` are its additions and subtractions with the places of their signs.
    """

    formula: Formula | None
    errors: tuple[FormulaError, ...]
    sums: tuple[tuple[int, BinOp], ...] = ()


def parse_formula(text: str, *, known: Collection[str] | None = None) -> Formula:
    """Parse a formula; FormulaError tells the first thing wrong. `known` are the measure ids to accept."""
    found = read_formula(text, None if known is None else _Known(known))
    if found.formula is None:
        raise found.errors[0]
    return found.formula


def read_formula(text: str, words: Words | None = None) -> Reading:
    """Read a formula and find everything wrong with it. Without `words` any name is taken for a measure."""
    parser = _Parser(text, words)
    try:
        root = parser.formula()
    except FormulaError as error:
        parser.errors.append(error)
        parser.look_at_the_rest()
        root = None
    errors = tuple(sorted(parser.errors, key=lambda error: error.position))
    return Reading(None if errors or root is None else Formula(root), errors, tuple(parser.sums))


@dataclass(frozen=True, slots=True)
class _Known:
    """Nothing but the ids of measures is known: any column, value and window may be right."""

    ids: Collection[str]

    def measures(self) -> Collection[str]:
        return self.ids

    def columns(self, measure: str) -> Collection[str]:
        return ()

    def values(self, measure: str, column: str) -> Collection[str]:
        return ()

    def fits(self, measure: str, column: str, value: str) -> bool:
        return True

    def has_open(self, measure: str) -> bool:
        return True

    def nearest(self, written: str) -> str:
        return ""


class _Parser:
    """Reads on after a wrong name, so that all of them are told; stops at what breaks the grammar."""

    def __init__(self, text: str, words: Words | None) -> None:
        self.text = text
        self.words = words
        self.offset = 0
        self.depth = 0
        self.operands = 0
        self.errors: list[FormulaError] = []
        self.sums: list[tuple[int, BinOp]] = []

    def formula(self) -> Node:
        """Return the tree. FormulaError for what breaks the grammar; wrong names are kept in `errors`."""
        if len(self.text) > MAX_LENGTH:
            raise FormulaError(MAX_LENGTH, "too_long", {"length": len(self.text), "limit": MAX_LENGTH})
        if not self.text.strip():
            raise FormulaError(0, "empty", {})
        root = self._expr()
        rest = self._peek()
        if rest.kind != "end":
            raise FormulaError(rest.position, "trailing", {"found": rest.text}, length=len(rest.text))
        return root

    def look_at_the_rest(self) -> None:
        """Tell the measures that do not exist behind a place where the grammar broke."""
        start = max(error.position for error in self.errors) + 1
        for found in re.finditer(r"(\[[^\]]*\]|@\w*)|([^\W\d]\w*)(?!\w*\s*\()", self.text[start : MAX_LENGTH + 1]):
            if found[2] and not re.match(r"\w", self.text[start + found.start(2) - 1]):
                self._known_measure(_Token("name", found[2], start + found.start(2)))

    def _peek(self) -> _Token:
        match = _TOKEN.match(self.text, self.offset)
        if match is None:
            position = len(self.text) - len(self.text[self.offset :].lstrip())
            if position == len(self.text):
                return _Token("end", "", position)
            found = self.text[position]
            plain = _SIGNS.get(found) or unicodedata.normalize("NFKC", found)
            meant = plain if plain != found and _TOKEN.fullmatch(plain) else ""
            raise FormulaError(position, "unexpected_character", {"found": found}, meant)
        kind = match.lastgroup or ""
        return _Token(kind, match[kind], match.start(kind))

    def _take(self) -> _Token:
        token = self._peek()
        self.offset = token.position + len(token.text)
        return token

    def _accept(self, *symbols: str) -> str:
        token = self._peek()
        return self._take().text if token.kind == "symbol" and token.text in symbols else ""

    def _expect(self, symbol: str) -> None:
        if not self._accept(symbol):
            token = self._peek()
            raise _unlike(token, "expected_symbol", symbol=symbol)

    def _expr(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(self.offset, "too_deep", {"limit": MAX_DEPTH})
        node = self._term()
        while op := self._accept("+", "-"):
            sign = self.offset - 1
            node = BinOp(op, node, self._term())
            self.sums.append((sign, node))
        self.depth -= 1
        return node

    def _term(self) -> Node:
        node = self._factor()
        while op := self._accept("*", "/"):
            node = BinOp(op, node, self._factor())
        return node

    def _factor(self) -> Node:
        if self._accept("("):
            node = self._expr()
            self._expect(")")
            return node
        token = self._peek()
        self.operands += 1
        if self.operands > MAX_OPERANDS:
            raise FormulaError(token.position, "too_many", {"limit": MAX_OPERANDS})
        if token.kind == "number":
            return Number(Decimal(self._take().text))
        if token.kind != "name":
            raise _unlike(token, "expected_operand")
        self._take()
        return self._call(token) if self._accept("(") else self._measure(token)

    def _call(self, name: _Token) -> Node:
        if name.text not in FUNCTIONS:
            self.errors.append(_unknown(name, "unknown_function", FUNCTIONS))
        args = [self._expr()]
        while self._accept(","):
            args.append(self._expr())
        self._expect(")")
        if name.text in FUNCTIONS and (name.text == "abs") != (len(args) == 1):
            params = {"name": name.text, "expected": "1" if name.text == "abs" else "2 or more", "count": len(args)}
            self.errors.append(FormulaError(name.position, "argument_count", params, length=len(name.text)))
        return Call(name.text, tuple(args))

    def _measure(self, name: _Token) -> MeasureRef:
        is_known = self._known_measure(name)
        filters: dict[str, tuple[str, ...]] = {}
        if self._accept("["):
            self._filter(name.text, filters, is_known)
            while self._accept(","):
                self._filter(name.text, filters, is_known)
            self._expect("]")
        return MeasureRef(name.text, tuple(sorted(filters.items())), self._window(name.text, is_known))

    def _known_measure(self, name: _Token) -> bool:
        if self.words is None:
            return False
        names = self.words.measures()
        if name.text in names:
            return True
        self.errors.append(_unknown(name, "unknown_measure", names, self.words.nearest(name.text)))
        return False

    def _filter(self, measure: str, filters: dict[str, tuple[str, ...]], is_known: bool) -> None:
        column = self._take()
        if column.kind != "name":
            raise _unlike(column, "expected_column")
        columns = self.words.columns(measure) if self.words and is_known else ()
        if columns and column.text not in columns:
            self.errors.append(_unknown(column, "unknown_column", columns, measure=measure))
        if column.text in filters:
            self.errors.append(
                FormulaError(column.position, "duplicate_filter", {"name": column.text}, length=len(column.text))
            )
        self._expect("=")
        values = [self._value(measure, column.text, column.text in columns)]
        while self._accept("|"):
            values.append(self._value(measure, column.text, column.text in columns))
        filters[column.text] = tuple(sorted(set(values)))

    def _value(self, measure: str, column: str, is_known: bool) -> str:
        match = _VALUE.match(self.text, self.offset)
        if match is None:
            raise _unlike(self._peek(), "expected_value")
        self.offset = match.end()
        value = _Token("value", match["value"], match.start("value"))
        if self.words and is_known and not self.words.fits(measure, column, value.text):
            found = _unknown(value, "unknown_value", self.words.values(measure, column), column=column)
            self.errors.append(found)
        return value.text

    def _window(self, measure: str, is_known: bool) -> str:
        if not self._accept("@"):
            return ""
        window = self._take()
        if window.text not in WINDOWS:
            self.errors.append(_unknown(window, "unknown_window", WINDOWS))
        elif window.text == "open" and self.words and is_known and not self.words.has_open(measure):
            params = {"measure": measure}
            self.errors.append(FormulaError(window.position, "window_needs_stock", params, length=len(window.text)))
        return window.text


def _unlike(token: _Token, code: str, **params: object) -> FormulaError:
    return FormulaError(token.position, code, {"found": token.text, **params}, length=max(len(token.text), 1))


def _unknown(token: _Token, code: str, names: Collection[str], meant: str = "", **params: object) -> FormulaError:
    folded = {name.lower(): name for name in names}
    close = [meant] if meant else difflib.get_close_matches(token.text.lower(), list(folded), n=1, cutoff=0.6)
    suggestion = folded.get(close[0], close[0]) if close else ""
    return FormulaError(
        token.position, code, {"name": token.text, **params}, suggestion, length=max(len(token.text), 1)
    )
