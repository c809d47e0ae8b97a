"""Collects what is wrong over a whole file: every fault counted, the first ones kept word for word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.limits import LIMITS
from kpis.datasets.problems import Problem, Severity, make_problem, severity_of


@dataclass(frozen=True, slots=True)
class Group:
    """How often one code was met in one column."""

    code: str
    column: str
    severity: Severity
    count: int


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


@dataclass(slots=True)
class Findings:
    """The running list. Lines with an error are named in `bad`."""

    sheet: str
    problems: list[Problem] = field(default_factory=list)
    counted: Counter[tuple[str, str, Severity]] = field(default_factory=Counter)
    bad: list[pa.Array] = field(default_factory=list)
    blocked: bool = False

    def note(self, problem: Problem) -> None:
        """Take one ready problem; an error of the whole file blocks it."""
        self.counted[problem.code, problem.column, problem.severity] += 1
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
        severity = severity_of(code)
        self.counted[code, column, severity] += len(where)
        if severity is Severity.ERROR:
            self.bad.append(lines.take(where))
        for row in where.slice(0, max(LIMITS.problems - len(self.problems), 0)).to_pylist():
            value = "" if texts is None else str(texts[row].as_py() or "")
            extra = params(row) if callable(params) else params or {}
            line = lines[row].as_py()
            told = make_problem(code, sheet=self.sheet, line=line, column=column, value=value, **extra)
            self.problems.append(told)

    def bad_lines(self) -> pa.Array:
        """Return the lines that carry an error, each once, ascending."""
        lines = pa.chunked_array(self.bad, pa.int64()).unique()
        return lines.take(pc.sort_indices(lines))

    def sorted_problems(self) -> tuple[Problem, ...]:
        """Return the kept problems: of the file first, then by line."""
        return tuple(sorted(self.problems, key=lambda problem: problem.line or 0))

    def groups(self) -> tuple[Group, ...]:
        """Return the causes, most frequent first."""
        return tuple(
            Group(code, column, severity, count)
            for (code, column, severity), count in self.counted.most_common()
            if count
        )
