"""KPI arithmetic on exact fractions, for many scopes and periods at once, with the one rounding of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np

from kpis.engine.blocks import REASONS, Column, nothing
from kpis.engine.grammar import BinOp, Call, MeasureRef, Node, Number
from kpis.engine.grids import Codes, Counts, Grids
from kpis.engine.plan import PlannedKpi
from kpis.engine.ratios import PLACES, Exacts, Flags, Ratios, TooWideError
from kpis.engine.specs import NoData, Scope, ScopeKind

# scopes whose operands are smaller are tried with 64 bits, the others with whole numbers of any size
_SMALL = (1 << 48, 1 << 40, 1 << 32)
# a literal that fits no 64 bits is too wide whatever it is multiplied with
_TOO_WIDE = (TooWideError, OverflowError)
# in millionths: a stored figure has 28 digits; an own KPI may multiply what it likes
LIMIT = 10**28


@dataclass(frozen=True, slots=True)
class Operand:
    """One measure at the places that are evaluated together; `few` is how many customers were too few, else -1."""

    amount: Ratios
    weight: Ratios | None
    rows: Counts
    known: Flags
    few: Counts | None

    @property
    def value(self) -> Ratios:
        """Return the amount, or amount / weight for an average."""
        return self.amount if self.weight is None else self.amount * self.weight.inverse()

    def at(self, places: Counts, wide: bool) -> Operand:
        """Return some of the places, with numbers of any size if asked."""
        weight = None if self.weight is None else _at(self.weight, places, wide)
        return replace(self, amount=_at(self.amount, places, wide), weight=weight)


def _at(ratios: Ratios, places: Counts, wide: bool) -> Ratios:
    dtype = object if wide else ratios.top.dtype
    bottom = None if ratios.bottom is None else ratios.bottom[places].astype(dtype)
    return replace(ratios, top=ratios.top[places].astype(dtype), bottom=bottom)


@dataclass(slots=True)
class _Evaluation:
    """The formula over all places. `failed` holds, per place, which divisor of `divisors` was zero first, else -1."""

    operands: Mapping[MeasureRef, Operand]
    failed: Codes
    wide: bool
    divisors: list[Node] = field(default_factory=list)
    done: dict[int, Ratios] = field(default_factory=dict)

    def value(self, node: Node) -> Ratios:
        """Return the node's value; a node is evaluated once."""
        if id(node) not in self.done:
            self.done[id(node)] = self._value(node)
        return self.done[id(node)]

    def _value(self, node: Node) -> Ratios:
        if isinstance(node, Number):
            return Ratios.constant(Fraction(node.value), self.wide)
        if isinstance(node, MeasureRef):
            return self.operands[node].value
        if isinstance(node, Call):
            return self._call(node)
        left, right = self.value(node.left), self.value(node.right)
        if node.op == "/":
            self._note_zeros(right, node.right)
            return left * right.inverse()
        if node.op == "*":
            return left * right
        return left + right if node.op == "+" else left + -right

    def _call(self, node: Call) -> Ratios:
        first, *others = [self.value(arg) for arg in node.args]
        if node.name == "abs":
            return abs(first)
        for other in others:
            first = first.where(first.at_most(other) == (node.name == "min"), other)
        return first

    def _note_zeros(self, divisor: Ratios, node: Node) -> None:
        zero = np.broadcast_to(divisor.zero, self.failed.shape)
        self.failed[zero & (self.failed < 0)] = len(self.divisors)
        self.divisors.append(node)


def rounded(value: Fraction, places: int = PLACES) -> Decimal:
    """Return the value with so many decimal places, half to even: `Ratios.rounded` for a single one."""
    return Decimal(round(value * 10**places)).scaleb(-places)


class Names:
    """The scopes of periods, named once: most periods have those of the one before."""

    def __init__(self, grids: Grids) -> None:
        self.grids = grids
        self._last: dict[ScopeKind, tuple[Codes, list[Scope]]] = {}

    def of(self, kind: ScopeKind, codes: Codes) -> list[Scope]:
        """Return the scopes of a kind by their numbers."""
        known, named = self._last.get(kind, (None, []))
        if known is not codes:
            ids = self.grids.axes[kind].ids
            named = [Scope(kind, ids[code]) for code in codes.tolist()]
            self._last[kind] = codes, named
        return named


class Board:
    """The scopes that are reported on in some periods, and every measure's operand at them, laid out once.

    `scopes[kind]` has, for each of the periods `first`, `first + 1` ..., the numbers of the ids, in their order.
    """

    def __init__(self, names: Names, scopes: Mapping[ScopeKind, Sequence[Codes]], *, first: int = 0) -> None:
        self.grids = names.grids
        self.scopes = scopes
        self._rows = {
            kind: np.repeat(np.arange(len(found)), [len(codes) for codes in found]) for kind, found in scopes.items()
        }
        self._periods = {kind: slice(first, first + len(found)) for kind, found in scopes.items()}
        self._columns = {kind: np.concatenate([*found, np.zeros(0, np.int32)]) for kind, found in scopes.items()}
        self._operands: dict[tuple[MeasureRef, ScopeKind], Operand] = {}
        self._named = {kind: [names.of(kind, codes) for codes in found] for kind, found in scopes.items()}

    def named(self, kind: ScopeKind) -> list[list[Scope]]:
        """Return the scopes of each period."""
        return self._named[kind]

    def size(self, kind: ScopeKind) -> int:
        """Return how many places the kind has over all periods."""
        return len(self._rows[kind])

    def operand(self, ref: MeasureRef, kind: ScopeKind) -> Operand:
        """Return the measure at the scopes of the kind, period after period."""
        if (ref, kind) not in self._operands:
            self._operands[ref, kind] = self._laid_out(ref, kind)
        return self._operands[ref, kind]

    def _laid_out(self, ref: MeasureRef, kind: ScopeKind) -> Operand:
        size = self.size(kind)
        if ref in self.grids.missing:
            return Operand(Ratios(nothing(size)), None, nothing(size), np.zeros(size, dtype=bool), None)
        grid = self.grids.found[ref, kind].of(self._periods[kind]).padded(len(self.grids.axes[kind]))
        places = self._rows[kind], self._columns[kind]
        per = grid.per
        top = _whole(grid.amount[places])
        amount = Ratios(top, den=per) if isinstance(per, int) else Ratios(top, _whole(per[places]))
        weight = None if grid.weight is None else Ratios(_whole(grid.weight[places]), den=grid.weight_per)
        few = None if grid.few is None else grid.few[places]
        return Operand(amount, weight, grid.rows[places].astype(np.int64), grid.known[places], few)


def _whole(column: Exacts) -> Exacts:
    return column if column.dtype == object else column.astype(np.int64, copy=False)


@dataclass(slots=True)
class _Numbers:
    """What a formula comes to at some places, in millionths."""

    value: Exacts
    top: Exacts
    bottom: Exacts | None
    failed: Codes
    divisors: list[Node]

    @property
    def beyond(self) -> Flags:
        """Tell where a number has more digits than are stored; only numbers of any size can."""
        found: Flags = np.zeros(len(self.value), dtype=bool)
        for column in (self.value, self.top, self.bottom):
            if column is not None and column.dtype == object:
                found |= np.array([abs(each) >= LIMIT for each in column.tolist()], dtype=bool)
        return found


def evaluate(planned: PlannedKpi, kind: ScopeKind, board: Board) -> list[Column]:
    """Compute one KPI at all scopes of a kind, a column per period.

    numerator and denominator are the operands of the outermost division, a constant factor outside left aside; for a
    KPI that is one average, the sum and what it was divided by; for all others the value itself and nothing.
    """
    size = board.size(kind)
    operands = {ref: board.operand(ref, kind) for ref in planned.refs}
    known: Flags = np.logical_and.reduce([operand.known for operand in operands.values()])
    found = _numbers(planned.root, operands, size)
    zero = known & (found.failed >= 0)
    outermost = np.array([_is_divisor(node, planned.root) for node in found.divisors] + [False])
    shown = zero & outermost[found.failed]
    reason, detail, details = _reasons(planned, operands, known, board.grids)
    reason[zero] = REASONS.index(NoData.ZERO_DENOMINATOR)
    for place, node in enumerate(found.divisors):
        detail[zero & (found.failed == place)] = len(details)
        details.append(str(node))
    beyond = known & ~zero & found.beyond
    reason[beyond] = REASONS.index(NoData.TOO_LARGE)
    valued = known & ~zero & ~beyond
    whole = _Whole(
        valued=valued,
        over=valued | (shown & ~found.beyond),
        under=(valued if found.bottom is not None else np.zeros(size, dtype=bool)) | shown,
        denominator=nothing(size) if found.bottom is None else np.where(shown, 0, found.bottom),
        rows=sum((operands[ref].rows for ref in planned.counted), nothing(size)),
        reason=reason,
        detail=detail,
    )
    ends = np.cumsum([0, *(len(names) for names in board.named(kind))])
    return [
        Column(
            planned.kpi,
            kind,
            names,
            value=found.value[start:end],
            numerator=found.top[start:end],
            details=details,
            **{name: getattr(whole, name)[start:end] for name in _Whole.__slots__},
        )
        for names, (start, end) in zip(board.named(kind), pairwise(ends.tolist()), strict=True)
    ]


@dataclass(slots=True)
class _Whole:
    valued: Flags
    over: Flags
    under: Flags
    denominator: Exacts
    rows: Counts
    reason: Codes
    detail: Codes


def _numbers(root: Node, operands: Mapping[MeasureRef, Operand], size: int) -> _Numbers:
    """Evaluate with 64 bits where they are enough, else the smaller scopes with them and the others without."""
    everywhere = np.arange(size)
    with_weights = [operand.weight.top for operand in operands.values() if operand.weight is not None]
    columns = [*(operand.amount.top for operand in operands.values()), *with_weights]
    if all(column.dtype != object for column in columns):
        try:
            return _computed(root, operands, size, wide=False)
        except _TOO_WIDE:
            most = np.max([np.abs(column) for column in columns], axis=0)
        for limit in _SMALL:
            small, large = np.flatnonzero(most < limit), np.flatnonzero(most >= limit)
            try:
                few = _some(root, operands, small, wide=False)
            except _TOO_WIDE:
                continue
            return _joined(few, small, _some(root, operands, large, wide=True), large, size)
    return _some(root, operands, everywhere, wide=True)


def _some(root: Node, operands: Mapping[MeasureRef, Operand], places: Counts, *, wide: bool) -> _Numbers:
    chosen = {ref: operand.at(places, wide) for ref, operand in operands.items()}
    return _computed(root, chosen, len(places), wide=wide)


def _computed(root: Node, operands: Mapping[MeasureRef, Operand], size: int, *, wide: bool) -> _Numbers:
    run = _Evaluation(operands, np.full(size, -1, dtype=np.int32), wide)
    value = run.value(root).rounded(size)
    parts = _parts(root, run)
    top, bottom = (value, None) if parts is None else (part.rounded(size) for part in parts)
    return _Numbers(value, top, bottom, run.failed, run.divisors)


def _joined(some: _Numbers, places: Counts, others: _Numbers, other_places: Counts, size: int) -> _Numbers:
    def both(left: Exacts, right: Exacts) -> Exacts:
        narrow = not len(right) or (int(right.max()) < 1 << 62 and int(right.min()) > -1 << 62)
        joined = np.zeros(size, dtype=left.dtype if narrow else object)
        joined[places], joined[other_places] = left, right
        return joined

    bottom = None if some.bottom is None or others.bottom is None else both(some.bottom, others.bottom)
    failed = both(some.failed, others.failed)
    return _Numbers(both(some.value, others.value), both(some.top, others.top), bottom, failed, some.divisors)


def _reasons(
    planned: PlannedKpi, operands: Mapping[MeasureRef, Operand], known: Flags, grids: Grids
) -> tuple[Codes, Codes, list[str]]:
    """Return why there is no value: a missing table outranks too few customers, which outranks missing rows."""
    reason, detail = np.zeros(len(known), dtype=np.int32), np.zeros(len(known), dtype=np.int32)
    details = [""]
    if (gap := next((grids.missing[ref] for ref in planned.refs if ref in grids.missing), None)) is not None:
        reason[:], detail[:] = REASONS.index(gap.reason), 1
        return reason, detail, [*details, gap.detail]
    last = NoData.NO_ROWS if len(planned.refs) == 1 else NoData.MISSING_OPERAND
    reason[~known] = REASONS.index(last)
    open_: Flags = ~known
    for ref in planned.refs:
        few = operands[ref].few
        if few is not None and bool((small := open_ & ~operands[ref].known & (few >= 0)).any()):
            reason[small] = REASONS.index(NoData.TOO_FEW_CUSTOMERS)
            sizes, places = np.unique(few[small], return_inverse=True)
            detail[small] = places + len(details)
            details.extend(str(size) for size in sizes.tolist())
            open_ &= ~small
    for ref in planned.refs:
        here = open_ & ~operands[ref].known
        detail[here] = len(details)
        details.append(str(ref))
        open_ &= ~here
    return reason, detail, details


def _unscaled(node: Node) -> Node:
    """Return the node under constant factors such as `* 100`."""
    while isinstance(node, BinOp) and node.op == "*":
        if isinstance(node.right, Number):
            node = node.left
        elif isinstance(node.left, Number):
            node = node.right
        else:
            break
    return node


def _parts(root: Node, run: _Evaluation) -> tuple[Ratios, Ratios] | None:
    """Return what is shown as numerator and denominator; None when that is the value itself and nothing."""
    node = _unscaled(root)
    if isinstance(node, BinOp) and node.op == "/":
        return run.value(node.left), run.value(node.right)
    if isinstance(node, MeasureRef) and (weight := run.operands[node].weight) is not None:
        return run.operands[node].amount, weight
    return None


def _is_divisor(node: Node, root: Node) -> bool:
    """Tell whether the node is the divisor of the outermost division."""
    outermost = _unscaled(root)
    return isinstance(outermost, BinOp) and outermost.op == "/" and outermost.right is node
