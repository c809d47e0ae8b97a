"""Whose figure: descendants, people's units, inherited scopes, and what is not available at a scope."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kpis.engine.compute import compute_values
from kpis.engine.scoping import ScopeRequest, UnitTree
from kpis.engine.specs import COMPANY, NoData, Scope, ScopeKind, Value
from omnichannel.core.periods import parse_period
from tests.kpis.engine.world import PARENTS, STAFF, Rows, compute, library, random_tables, relations

D = Decimal
UNIT, EMPLOYEE, CHANNEL, ROLE = ScopeKind.UNIT, ScopeKind.EMPLOYEE, ScopeKind.CHANNEL, ScopeKind.ROLE
TREE = {"G": None, "R1": "G", "S1": "R1", "S2": "R1", "S3": "G"}


def _order(number: int, customer: str, day: int, net: int, **more: str) -> dict[str, object]:
    paid_at = f"2024-06-{day:02d} 10:00:00"
    return {"order_id": str(number), "customer_id": customer, "paid_at": paid_at, "net_amount": net, **more}


def _review(kind: str, subject: str, score: int) -> dict[str, object]:
    row = {"period": "2024-06", "kpi_id": "tool_familiarity", "reviewer_id": "E9", "score": score}
    return {**row, "subject_kind": kind, "subject_id": subject}


def _complaints(customer: str, count: int, **more: str) -> dict[str, object]:
    return {"date": "2024-06-01", "customer_id": customer, "kind": "complaint", "count": count, **more}


def _contact(number: int, customer: str, unit: str, employee: str) -> dict[str, object]:
    row = {"contact_id": str(number), "customer_id": customer, "added_at": "2024-01-01 00:00:00"}
    return {**row, "unit_id": unit, "employee_id": employee}


TABLES: dict[str, Rows] = {
    "orders": [
        _order(1, "a", 1, 10, unit_id="S1", employee_id="E1"),
        _order(2, "a", 2, 20, unit_id="S2", employee_id="E2"),
        _order(3, "b", 2, 40, unit_id="R1", channel="private_mall"),
        _order(4, "c", 2, 80),
    ],
    "order_lines": [
        {"order_id": "1", "line_no": 1, "sku_id": "K1", "qty": 3, "net_amount": "10"},
        {"order_id": "4", "line_no": 1, "sku_id": "K1", "qty": 5, "net_amount": "80"},
    ],
    "products": [{"sku_id": "K1", "exclusive_to": "member"}],
    "inventory": [{"date": "2024-06-30", "sku_id": "K1", "unit_id": "S1", "qty_on_hand": 1, "cost_on_hand": "1"}],
    "employees": [{"employee_id": "E1", "unit_id": "S1"}, {"employee_id": "E2", "unit_id": "S3"}],
    "interactions": [
        _complaints("a", 2, employee_id="E1"),
        _complaints("b", 5, employee_id="E2"),
        _complaints("c", 7),
    ],
    "contacts": [_contact(1, "a", "S1", "E1"), _contact(2, "b", "S3", "E2")],
    "customers": [{"customer_id": name} for name in "abc"],
    "reviews": [
        _review("employee", "E1", 5),
        _review("employee", "E2", 2),
        _review("unit", "R1", 3),
        _review("role", "user-ops", 4),
    ],
}


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, Scope], Value]:
    """All that these tests look at, computed once at every kind of scope."""
    kpis = ["sales_net", "repurchase_rate", "complaint_rate", "sell_through_rate", "exclusive_sales_share"]
    kpis += ["tool_familiarity", "new_users", "items_per_order", "platform_sales", "user_conversion_rate"]
    return compute(TABLES, kpis, "2024-06", kinds=list(ScopeKind), parents=TREE)


def test_a_unit_includes_its_descendants(found: dict[tuple[str, Scope], Value]) -> None:
    sales = {unit: found["sales_net", Scope(UNIT, unit)].value for unit in TREE}
    assert sales == {"G": D(70), "R1": D(70), "S1": D(10), "S2": D(20), "S3": D(0)}
    assert found["sales_net", COMPANY].value == D(150)


def test_a_distinct_count_is_made_again_at_each_level(found: dict[tuple[str, Scope], Value]) -> None:
    # customer a bought in two stores on two days: a repeat buyer of the region, of neither store
    region, store = found["repurchase_rate", Scope(UNIT, "R1")], found["repurchase_rate", Scope(UNIT, "S1")]
    assert (region.numerator, region.denominator) == (D(1), D(2))
    assert (store.numerator, store.denominator) == (D(0), D(1))


def test_a_table_with_people_but_no_unit_takes_the_units_of_the_people(found: dict[tuple[str, Scope], Value]) -> None:
    rates = {unit: found["complaint_rate", Scope(UNIT, unit)] for unit in TREE}
    assert {unit: value.numerator for unit, value in rates.items()} == {
        "G": D(7), "R1": D(2), "S1": D(2), "S2": D(0), "S3": D(5)
    }  # fmt: skip
    assert rates["S1"].value == D(2000)
    assert found["complaint_rate", COMPANY].value == D(7000)
    assert found["complaint_rate", Scope(EMPLOYEE, "E2")].value == D(5000)


def test_order_lines_inherit_the_scopes_of_their_orders(found: dict[tuple[str, Scope], Value]) -> None:
    store, company = found["sell_through_rate", Scope(UNIT, "S1")], found["sell_through_rate", COMPANY]
    assert (store.numerator, store.denominator, company.numerator) == (D(3), D(4), D(8))
    assert found["exclusive_sales_share", Scope(EMPLOYEE, "E1")].value == D(100)
    assert found["exclusive_sales_share", Scope(CHANNEL, "private_mall")].reason is NoData.ZERO_DENOMINATOR


def test_a_review_counts_for_its_subject_and_a_persons_for_the_unit(found: dict[tuple[str, Scope], Value]) -> None:
    def score(kind: ScopeKind, scope: str) -> Decimal | None:
        return found["tool_familiarity", Scope(kind, scope)].value

    assert [score(EMPLOYEE, "E1"), score(ROLE, "user-ops"), score(UNIT, "S1")] == [D(5), D(4), D(5)]
    assert [score(UNIT, "R1"), score(UNIT, "S3"), score(UNIT, "S2")] == [D(4), D(2), None]
    assert found["tool_familiarity", COMPANY].value == D("3.5")


def test_a_kpi_is_not_available_where_one_measure_lacks_the_scope(found: dict[tuple[str, Scope], Value]) -> None:
    new_users = found["new_users", Scope(UNIT, "S1")]
    assert (new_users.value, new_users.reason, new_users.detail) == (None, NoData.NOT_AT_SCOPE, "new_customers")
    sell_through = found["sell_through_rate", Scope(CHANNEL, "store")]
    assert (sell_through.reason, sell_through.detail) == (NoData.NOT_AT_SCOPE, "inv_qty_close")
    assert found["sales_net", Scope(ROLE, "user-ops")].reason is NoData.NOT_AT_SCOPE


def test_every_listed_scope_gets_a_value_even_if_nothing_happened_there(found: dict[tuple[str, Scope], Value]) -> None:
    assert found["sales_net", Scope(CHANNEL, "livestream")].value == D(0)
    assert found["sales_net", Scope(EMPLOYEE, "E1")].value == D(10)


def test_asking_for_some_ids_gives_the_same_figures_as_asking_for_all() -> None:
    tables = random_tables(3)
    kpis = ["sales_net", "active_private_customer_share", "repurchase_rate", "guide_first_reply", "tool_familiarity"]
    everything = compute(tables, kpis, "2024-03", kinds=[UNIT, EMPLOYEE], parents=PARENTS)
    opened = relations(tables)
    request = ScopeRequest(frozenset({UNIT, EMPLOYEE}), ids={UNIT: frozenset({"R1"}), EMPLOYEE: frozenset(STAFF[:2])})
    some = compute_values(
        library(),
        kpis=kpis,
        period=parse_period("2024-03"),
        scopes=request,
        relations=opened,
        units=UnitTree.from_parents(PARENTS),
    )
    assert {value.scope.id for value in some} == {"R1", "E1", "E2"}
    assert all(value == everything[value.kpi, value.scope] for value in some)
    assert len(some) == 3 * len(kpis)


@pytest.mark.parametrize("asked", [["S3"], ["R2", "S1"]])
def test_some_units_alone_are_counted_from_their_rows_and_come_to_the_same(asked: list[str]) -> None:
    tables, kpis = random_tables(3), sorted(library().kpis)
    everything = compute(tables, kpis, "2024-03", kinds=[UNIT], parents=PARENTS)
    some = compute_values(
        library(),
        kpis=kpis,
        period=parse_period("2024-03"),
        scopes=ScopeRequest(frozenset({UNIT}), ids={UNIT: frozenset(asked)}),
        relations=relations(tables),
        units=UnitTree.from_parents(PARENTS),
    )
    assert {value.scope.id for value in some} == set(asked)
    assert all(value == everything[value.kpi, value.scope] for value in some)
    assert sum(value.value is not None for value in some) > 40 * len(asked)


def test_unavailable_values_can_be_left_out() -> None:
    opened = relations(TABLES)
    request = ScopeRequest(frozenset({ROLE}), keep_unavailable=False)
    values = compute_values(
        library(),
        kpis=["sales_net", "tool_familiarity"],
        period=parse_period("2024-06"),
        scopes=request,
        relations=opened,
        units=UnitTree.from_parents(TREE),
    )
    assert {value.kpi for value in values} == {"tool_familiarity"}


def test_a_loop_in_the_org_chart_ends() -> None:
    assert UnitTree.from_parents({"a": "b", "b": "a"}).closure == {("a", "a"), ("b", "a"), ("b", "b"), ("a", "b")}
