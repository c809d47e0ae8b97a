"""Collects what is wrong over a whole file: every fault counted, the first ones kept word for word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.checks.problems import (
    LONGEST_VALUE,
    Problem,
    Severity,
    clipped,
    make_problem,
    printable,
    severity_of,
)
from kpis.datasets.limits import LIMITS

# Different texts kept of one group, with how often each was met: enough to correct them word by word.
MOST_VALUES = 200


@dataclass(frozen=True, slots=True)
class Group:
    """How often one code was met in one column. `values`: the texts it was met with and their counts, most first.

    Each of the counts is exact; together they are fewer than `count` when there are more texts than are kept.
    """

    code: str
    column: str
    severity: Severity
    count: int
    values: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of the file (lines that are not rows of the table included), and problems by cause."""

    rows: int
    good: int
    bad: int
    errors: int
    warnings: int
    groups: tuple[Group, ...]


Params = Callable[[int], Mapping[str, object]]
Key = tuple[str, str]


@dataclass(slots=True)
class Findings:
    """The running list. Lines with an error are named in `bad`.

    Rows with a problem of `left_out` (code, column) are left out on a person's word: named in `left`, not reported.
    """

    sheet: str
    left_out: frozenset[Key] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    counted: Counter[tuple[str, str, Severity]] = field(default_factory=Counter)
    samples: dict[Key, Counter[str]] = field(default_factory=dict)
    bad: list[pa.Array] = field(default_factory=list)
    left: list[pa.Array] = field(default_factory=list)
    blocked: bool = False

    def note(self, problem: Problem) -> None:
        """Take one ready problem; an error of the whole file blocks it."""
        if problem.line is not None and (problem.code, problem.column) in self.left_out:
            self.left.append(pa.array([problem.line], pa.int64()))
            return
        self.counted[problem.code, problem.column, problem.severity] += 1
        self._sample((problem.code, problem.column), pa.array([problem.value]))
        if len(self.problems) < LIMITS.problems:
            self.problems.append(problem)
        if problem.severity is Severity.ERROR:
            if problem.line is None:
                self.blocked = True
            else:
                self.bad.append(pa.array([problem.line], pa.int64()))

    def about_file(self, code: str, *, column: str = "", value: str = "", **params: object) -> None:
        """Take a problem of the whole file."""
        self.note(make_problem(code, sheet=self.sheet, column=column, value=value, **params))  # type: ignore[arg-type]

    def more(self, code: str, *, count: int, column: str = "") -> None:
        """Count faults of lines that nobody can name any more."""
        if count and (code, column) not in self.left_out:
            self.counted[code, column, severity_of(code)] += count

    def add(
        self,
        code: str,
        *,
        column: str,
        mask: pa.BooleanArray,
        lines: pa.Array,
        texts: pa.Array | None = None,
        params: Params | Mapping[str, object] | None = None,
    ) -> None:
        """Take one code for every row of a mask; `params` is what its texts need beyond the value."""
        where = pc.indices_nonzero(pc.fill_null(mask, False))
        if not len(where):
            return
        if (code, column) in self.left_out:
            self.left.append(lines.take(where))
            return
        severity = severity_of(code)
        self.counted[code, column, severity] += len(where)
        if severity is Severity.ERROR:
            self.bad.append(lines.take(where))
        shown = None if texts is None else shown_texts(texts.take(where))
        if shown is not None:
            self._sample((code, column), shown)
        for place, row in enumerate(where.slice(0, max(LIMITS.problems - len(self.problems), 0)).to_pylist()):
            value = "" if shown is None else shown[place].as_py()
            extra = params(row) if callable(params) else params or {}
            line = lines[row].as_py()
            told = make_problem(code, sheet=self.sheet, line=line, column=column, value=value, **extra)
            self.problems.append(told)

    def _sample(self, key: Key, texts: pa.Array) -> None:
        """Count the texts of a group. Only texts met while there was room are kept, so their counts are exact."""
        seen = self.samples.setdefault(key, Counter())
        found = pc.value_counts(texts)
        known = pc.is_in(found.field("values"), value_set=pa.array(list(seen), pa.string()))
        fresh = found.filter(pc.invert(known))
        often = pc.sort_indices(fresh.field("counts"), sort_keys=[("", "descending")])
        for group in (found.filter(known), fresh.take(often[: MOST_VALUES - len(seen)])):
            for pair in group.to_pylist():
                seen[pair["values"]] += pair["counts"]

    def bad_lines(self) -> pa.Array:
        """Return the lines that carry an error, each once, ascending."""
        return _ascending(self.bad)

    def left_lines(self) -> pa.Array:
        """Return the lines left out on a person's word, each once, ascending."""
        return _ascending(self.left)

    def sorted_problems(self) -> tuple[Problem, ...]:
        """Return the kept problems: of the file first, then by line."""
        return tuple(sorted(self.problems, key=lambda problem: problem.line or 0))

    def groups(self) -> tuple[Group, ...]:
        """Return the causes, most frequent first."""
        return tuple(
            Group(code, column, severity, count, tuple(self.samples.get((code, column), Counter()).most_common()))
            for (code, column, severity), count in self.counted.most_common()
            if count
        )


def shown_texts(values: pa.Array) -> pa.StringArray:
    """Return cells as problems show them: decimals without trailing zeros, nothing as no text, long texts cut."""
    texts = pc.fill_null(pc.cast(values, pa.string()), "")
    if pa.types.is_decimal(values.type):
        texts = pc.replace_substring_regex(texts, r"^(-?[0-9]+)(?:(\.[0-9]*[1-9])0*|\.0*)$", r"\1\2")
    elif pc.any(pc.greater(pc.utf8_length(texts), LONGEST_VALUE)).as_py():
        texts = pa.array(map(clipped, texts.to_pylist()), pa.string())
    return pc.replace_substring(texts, "\x00", printable("\x00"))


def _ascending(arrays: list[pa.Array]) -> pa.Array:
    lines = pa.chunked_array(arrays, pa.int64()).unique()
    return lines.take(pc.sort_indices(lines))
