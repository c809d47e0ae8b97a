"""The tests an entry carries: measures given by hand and what they must come to, in exact fractions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kpis.engine.arithmetic import rounded
from kpis.engine.formula_errors import FormulaError
from kpis.engine.grammar import Formula, parse_formula
from kpis.engine.tracing.recompute import evaluate_formula
from kpis.library.content import exact
from kpis.library.problems import EntryProblem

NO_DATA = "no_data"
MOST = 20
FIELDS = {"given", "expect"}


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test: what was given, what was expected and what came out, rounded as the engine does; None: no data."""

    given: Mapping[str, str]
    expected: Decimal | None
    found: Decimal | None

    __test__ = False  # pytest: not a test class

    @property
    def passed(self) -> bool:
        """True when the value, to all its places, is the expected one."""
        return self.found == self.expected


def wrong_tests(tests: object, formula: Formula | None) -> Iterator[EntryProblem]:
    """Tell what keeps the tests from being run. Whether they pass is another question."""
    if tests in (None, ()):
        return
    if not isinstance(tests, list | tuple) or len(tests) > MOST:
        yield EntryProblem("tests", "bad_tests", {"limit": MOST})
        return
    names = [str(ref) for ref in formula.refs()] if formula else None
    for number, test in enumerate(tests, start=1):
        place = f"tests.{number}"
        if not isinstance(test, Mapping) or set(test) != FIELDS or not isinstance(test["given"], Mapping):
            yield EntryProblem(place, "bad_test")
            continue
        if test["expect"] != NO_DATA and exact(test["expect"]) is None:
            yield EntryProblem(f"{place}.expect", "no_number", {"value": str(test["expect"])})
        for name, value in test["given"].items():
            if names is not None and _operand(str(name)) not in names:
                near = difflib.get_close_matches(str(name), names, n=1)
                yield EntryProblem(f"{place}.given", "no_operand", {"name": str(name)}, suggestion="".join(near))
            if exact(value) is None:
                yield EntryProblem(f"{place}.given", "no_number", {"value": str(value)})


def _operand(written: str) -> str:
    """Return the operand as formulas print it, whatever its spaces and the order of its filters."""
    try:
        return str(parse_formula(written))
    except FormulaError:
        return written


def run_tests(tests: Sequence[Mapping[str, Any]], formula: Formula) -> tuple[TestResult, ...]:
    """Run tests that `wrong_tests` has nothing against."""
    return tuple(_run(test, formula) for test in tests)


def _run(test: Mapping[str, Any], formula: Formula) -> TestResult:
    given = {_operand(str(name)): exact(value) for name, value in test["given"].items()}
    numbers = {ref: None if (found := given.get(str(ref))) is None else Fraction(found) for ref in formula.refs()}
    value = evaluate_formula(formula.root, numbers)
    expected = None if test["expect"] == NO_DATA else exact(test["expect"])
    told = {str(name): str(number) for name, number in test["given"].items()}
    return TestResult(told, expected, None if value is None else rounded(value))
