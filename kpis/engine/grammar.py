"""The formula language of KPIs: text in, a typed frozen tree out. Arithmetic on measures and nothing else.

expr := term (("+"|"-") term)*; term := factor (("*"|"/") factor)*; factor := number | measure | func "(" expr, .. ")"
| "(" expr ")"; measure := name ["[" column "=" value ("|" value)* ("," ..)* "]"] ["@" window].
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

WINDOWS = ("prev", "yoy", "r12m", "open")
FUNCTIONS = ("min", "max", "abs")
MAX_LENGTH = 2000
MAX_DEPTH = 40
MAX_OPERANDS = 100

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<symbol>[-+*/(),\[\]=|@]))")
_VALUE = re.compile(r"\s*(?P<value>[\w.-]+)")
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}

_MESSAGES = {
    "empty": "The formula is empty.",
    "too_long": "The formula has {length} characters; at most {limit} are allowed.",
    "too_deep": "The formula is nested more than {limit} levels deep.",
    "too_many": "The formula has more than {limit} operands.",
    "unexpected_character": "{found!r} has no meaning in a formula.",
    "expected": "Expected {expected} but found {found!r}.",
    "trailing": "The formula should end before {found!r}.",
    "unknown_measure": "There is no measure {name!r}.",
    "unknown_column": "Measure {measure!r} cannot be filtered by {name!r}.",
    "unknown_window": "There is no window {name!r}; the windows are prev, yoy, r12m and open.",
    "unknown_function": "There is no function {name!r}; the functions are min, max and abs.",
    "argument_count": "{name} takes {expected} argument(s) but got {count}.",
    "duplicate_filter": "The filter on {name!r} is given twice.",
}

Filters = tuple[tuple[str, tuple[str, ...]], ...]


class FormulaError(ValueError):
    """A formula that cannot be read. `position` counts characters from 0; `code` and `params` let an edge translate."""

    def __init__(self, position: int, code: str, params: Mapping[str, object], suggestion: str = "") -> None:
        self.position = position
        self.code = code
        self.params = dict(params)
        self.suggestion = suggestion
        self.message = _MESSAGES[code].format(**self.params)
        hint = f" Did you mean {suggestion!r}?" if suggestion else ""
        super().__init__(f"{self.message}{hint} (position {position + 1})")


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


def parse_formula(
    text: str, *, known: Collection[str] | None = None, columns: Mapping[str, Collection[str]] | None = None
) -> Formula:
    """Parse a formula. `known` are the measure ids to accept, `columns` the filterable columns per measure."""
    return _Parser(text, known=known, columns=columns).formula()


class _Parser:
    def __init__(
        self, text: str, *, known: Collection[str] | None, columns: Mapping[str, Collection[str]] | None
    ) -> None:
        self.text = text
        self.known = known
        self.columns = columns
        self.offset = 0
        self.depth = 0
        self.operands = 0

    def formula(self) -> Formula:
        if len(self.text) > MAX_LENGTH:
            raise FormulaError(MAX_LENGTH, "too_long", {"length": len(self.text), "limit": MAX_LENGTH})
        if not self.text.strip():
            raise FormulaError(0, "empty", {})
        root = self._expr()
        rest = self._peek()
        if rest.kind != "end":
            raise FormulaError(rest.position, "trailing", {"found": rest.text})
        return Formula(root)

    def _peek(self) -> _Token:
        match = _TOKEN.match(self.text, self.offset)
        if match is None:
            position = len(self.text) - len(self.text[self.offset :].lstrip())
            if position == len(self.text):
                return _Token("end", "", position)
            raise FormulaError(position, "unexpected_character", {"found": self.text[position]})
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
            raise FormulaError(token.position, "expected", {"expected": repr(symbol), "found": token.text})

    def _expr(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(self.offset, "too_deep", {"limit": MAX_DEPTH})
        node = self._term()
        while op := self._accept("+", "-"):
            node = BinOp(op, node, self._term())
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
            raise FormulaError(token.position, "expected", {"expected": "a number or a measure", "found": token.text})
        self._take()
        return self._call(token) if self._accept("(") else self._measure(token)

    def _call(self, name: _Token) -> Node:
        if name.text not in FUNCTIONS:
            raise _unknown(name, "unknown_function", FUNCTIONS)
        args = [self._expr()]
        while self._accept(","):
            args.append(self._expr())
        self._expect(")")
        if (name.text == "abs") != (len(args) == 1):
            expected = "1" if name.text == "abs" else "2 or more"
            params = {"name": name.text, "expected": expected, "count": len(args)}
            raise FormulaError(name.position, "argument_count", params)
        return Call(name.text, tuple(args))

    def _measure(self, name: _Token) -> MeasureRef:
        if self.known is not None and name.text not in self.known:
            raise _unknown(name, "unknown_measure", self.known)
        filters: dict[str, tuple[str, ...]] = {}
        if self._accept("["):
            self._filter(name.text, filters)
            while self._accept(","):
                self._filter(name.text, filters)
            self._expect("]")
        return MeasureRef(name.text, tuple(sorted(filters.items())), self._window())

    def _filter(self, measure: str, filters: dict[str, tuple[str, ...]]) -> None:
        column = self._take()
        if column.kind != "name":
            raise FormulaError(column.position, "expected", {"expected": "a column", "found": column.text})
        if self.columns is not None and column.text not in self.columns.get(measure, ()):
            raise _unknown(column, "unknown_column", self.columns.get(measure, ()), measure=measure)
        if column.text in filters:
            raise FormulaError(column.position, "duplicate_filter", {"name": column.text})
        self._expect("=")
        values = [self._value()]
        while self._accept("|"):
            values.append(self._value())
        filters[column.text] = tuple(sorted(set(values)))

    def _value(self) -> str:
        match = _VALUE.match(self.text, self.offset)
        if match is None:
            token = self._peek()
            raise FormulaError(token.position, "expected", {"expected": "a value", "found": token.text})
        self.offset = match.end()
        return match["value"]

    def _window(self) -> str:
        if not self._accept("@"):
            return ""
        window = self._take()
        if window.text not in WINDOWS:
            raise _unknown(window, "unknown_window", WINDOWS)
        return window.text


def _unknown(token: _Token, code: str, names: Collection[str], **params: object) -> FormulaError:
    close = difflib.get_close_matches(token.text, list(names), n=1, cutoff=0.6)
    return FormulaError(token.position, code, {"name": token.text, **params}, close[0] if close else "")
