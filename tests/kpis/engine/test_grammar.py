"""The formula language: what parses, what it means, what is refused and where."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.engine.grammar import BinOp, Call, Formula, FormulaError, MeasureRef, Node, Number, parse_formula
from tests.kpis.engine.world import library

names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in {"min", "max", "abs"})
values = st.lists(st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,5}", fullmatch=True), min_size=1, max_size=3, unique=True)
filters = st.dictionaries(names, values.map(lambda found: tuple(sorted(found))), max_size=2).map(
    lambda found: tuple(sorted(found.items()))
)
refs = st.builds(MeasureRef, names, filters, st.sampled_from(["", "prev", "yoy", "r12m", "open"]))
numbers = st.decimals(0, 9999, places=2).map(Number)


def _larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    pairs = st.builds(BinOp, st.sampled_from("+-*/"), inner, inner)
    calls = st.builds(Call, st.sampled_from(["min", "max"]), st.tuples(inner, inner))
    return pairs | calls | st.builds(lambda arg: Call("abs", (arg,)), inner)


@given(st.recursive(numbers | refs, _larger, max_leaves=12))
def test_a_printed_formula_parses_to_the_same_tree(root: Node) -> None:
    assert parse_formula(str(Formula(root))).root == root


def test_every_formula_of_the_library_parses() -> None:
    for kpi in library().kpis.values():
        formula = parse_formula(kpi.formula, known=library().measures)
        assert formula.measures() <= set(library().measures)


def test_division_and_subtraction_group_from_the_left() -> None:
    a, b, c = (MeasureRef(name) for name in "abc")
    assert parse_formula("a - b - c").root == BinOp("-", BinOp("-", a, b), c)
    assert parse_formula("a / b * c").root == BinOp("*", BinOp("/", a, b), c)
    assert parse_formula("a + b * c").root == BinOp("+", a, BinOp("*", b, c))


def test_filters_and_windows_are_read_and_put_in_order() -> None:
    ref = parse_formula("net_sales[unit=S-2|S-1, channel=store]@yoy").root
    assert ref == MeasureRef("net_sales", (("channel", ("store",)), ("unit", ("S-1", "S-2"))), "yoy")


def test_numbers_are_exact() -> None:
    assert parse_formula("0.1").root == Number(Decimal("0.1"))


@pytest.mark.parametrize(
    ("text", "code", "position", "suggestion"),
    [
        ("", "empty", 0, ""),
        ("net_sales / buyer", "unknown_measure", 12, "buyers"),
        ("net_sales[chanel=store]", "unknown_column", 10, "channel"),
        ("net_sales@yoyo", "unknown_window", 10, "yoy"),
        ("mix(net_sales, buyers)", "unknown_function", 0, "min"),
        ("abs(net_sales, buyers)", "argument_count", 0, ""),
        ("min(net_sales)", "argument_count", 0, ""),
        ("net_sales +", "expected", 11, ""),
        ("net_sales buyers", "trailing", 10, ""),
        ("(net_sales", "expected", 10, ""),
        ("net_sales[channel=store,channel=other]", "duplicate_filter", 24, ""),
        ("net_sales[channel=]", "expected", 18, ""),
        ("net_sales; drop table", "unexpected_character", 9, ""),
        ("net_sales ** 2", "expected", 11, ""),
        ("(" * 60 + "1", "too_deep", 40, ""),
        ("+".join(["1"] * 101), "too_many", 200, ""),
        ("1" * 2001, "too_long", 2000, ""),
    ],
)
def test_a_bad_formula_is_refused_with_its_position(text: str, code: str, position: int, suggestion: str) -> None:
    known = {"net_sales", "buyers"}
    with pytest.raises(FormulaError) as refused:
        parse_formula(text, known=known, columns={"net_sales": ["channel"]})
    found = refused.value
    assert (found.code, found.position, found.suggestion) == (code, position, suggestion)
    assert str(position + 1) in str(found)
