"""The formula language: what parses, what it means, what is refused and where."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.engine.formula_errors import FormulaError
from kpis.engine.grammar import BinOp, Call, Formula, MeasureRef, Node, Number, parse_formula, read_formula
from kpis.engine.vocabulary import Vocabulary, mixed_units, read_in
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
    ("text", "code", "position", "length", "suggestion"),
    [
        ("", "empty", 0, 1, ""),
        ("net_sales / buyer", "unknown_measure", 12, 5, "buyers"),
        ("Net_Sales", "unknown_measure", 0, 9, "net_sales"),
        ("净销售 / buyers", "unknown_measure", 0, 3, "net_sales"),
        ("sales_net / buyers", "unknown_measure", 0, 9, "net_sales"),
        ("1 - 广告点击率", "unknown_measure", 4, 5, "(ad_clicks / ad_impr * 100)"),
        ("net_sales[chanel=store]", "unknown_column", 10, 6, "channel"),
        ("net_sales[channel=stor]", "unknown_value", 18, 4, "store"),
        ("net_sales[paid_at=soon]", "unknown_value", 18, 4, ""),
        ("net_sales@yoyo", "unknown_window", 10, 4, "yoy"),
        ("net_sales@open", "window_needs_stock", 10, 4, ""),
        ("mix(net_sales, buyers)", "unknown_function", 0, 3, "min"),
        ("abs(net_sales, buyers)", "argument_count", 0, 3, ""),
        ("min(net_sales)", "argument_count", 0, 3, ""),
        ("net_sales +", "expected_operand", 11, 1, ""),
        ("net_sales buyers", "trailing", 10, 6, ""),
        ("(net_sales", "expected_symbol", 10, 1, ""),
        ("net_sales[channel=store,channel=other]", "duplicate_filter", 24, 7, ""),
        ("net_sales[=store]", "expected_column", 10, 1, ""),
        ("net_sales[channel=]", "expected_value", 18, 1, ""),
        ("net_sales; drop table", "unexpected_character", 9, 1, ""),
        ("net_sales ÷ buyers", "unexpected_character", 10, 1, "/"),
        ("（net_sales）", "unexpected_character", 0, 1, "("),
        ("net_sales ** 2", "expected_operand", 11, 1, ""),
        ("(" * 60 + "1", "too_deep", 40, 1, ""),
        ("+".join(["1"] * 101), "too_many", 200, 1, ""),
        ("1" * 2001, "too_long", 2000, 1, ""),
    ],
)
def test_a_bad_formula_is_refused_with_its_place(
    text: str, code: str, position: int, length: int, suggestion: str
) -> None:
    found = read_in(text, library()).errors[0]
    assert (found.code, found.position, found.length, found.suggestion) == (code, position, length, suggestion)
    assert str(position + 1) in str(found)


def test_everything_wrong_is_told_at_once() -> None:
    text = "net_sale[channel=store] / buyer + opex[cost_typ=x, cost_type=ad_medi]@yoyo - mix(1)"
    found = read_in(text, library())
    assert found.formula is None
    assert [text[error.position :][: error.length] for error in found.errors] == [
        "net_sale", "buyer", "cost_typ", "ad_medi", "yoyo", "mix"
    ]  # fmt: skip
    broken = read_in("net_sale ** buyer + net_sales[x=store]", library())
    assert [error.code for error in broken.errors] == ["unknown_measure", "expected_operand", "unknown_measure"]


def test_without_words_any_name_is_a_measure() -> None:
    assert read_formula("anything[at=all]@open").errors == ()
    with pytest.raises(FormulaError, match="There is no measure 'buyer'"):
        parse_formula("buyer", known={"buyers"})


@given(st.text(alphabet="ab_ ()[]=|,@+-*/.0é（购", max_size=40))
def test_any_text_is_either_read_or_told_what_is_wrong(text: str) -> None:
    found = read_formula(text, Vocabulary(library()))
    assert (found.formula is None) == bool(found.errors)
    assert all(0 <= error.position <= len(text) and error.length > 0 for error in found.errors)


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("net_sales + buyers", [(10, "CNY", "count")]),
        ("(net_sales - opex) / buyers", []),
        ("net_sales / buyers + 1", []),
        ("2 * net_sales - min(buyers, buyers@prev)", [(14, "CNY", "count")]),
    ],
)
def test_sums_of_unlike_things_are_found(text: str, sides: list[tuple[int, str, str]]) -> None:
    found = [(mixed.position, mixed.left, mixed.right) for mixed in mixed_units(read_in(text, library()), library())]
    assert found == sides


def test_no_formula_of_the_library_has_a_wrong_word_or_a_sum_of_unlike_things() -> None:
    for kpi in library().kpis.values():
        found = read_in(kpi.formula, library())
        assert found.errors == (), kpi.id
        assert list(mixed_units(found, library())) == [], kpi.id
