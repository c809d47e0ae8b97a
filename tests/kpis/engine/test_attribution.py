"""Attribution: the 300 example of domain.md section 13, sums that add up, and what each scope sees."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.engine.attribution import decay_weight, split_amount, touch_weights
from kpis.engine.specs import COMPANY, Params, Scope, ScopeKind
from tests.kpis.engine.world import Rows, compute

D = Decimal
DAY = 86_400


def _touch(order: str, seq: int, at: str, role: str, **more: str) -> dict[str, object]:
    return {"order_id": order, "seq": seq, "touched_at": at, "role_id": role, **more}


TABLES: dict[str, Rows] = {
    "orders": [
        {"order_id": "1", "paid_at": "2024-06-11 12:00:00", "net_amount": "300"},
        {"order_id": "2", "paid_at": "2024-06-12 12:00:00", "net_amount": "50"},
        {"order_id": "3", "paid_at": "2024-06-12 12:00:00", "net_amount": "99", "status": "cancelled"},
    ],
    "order_touches": [
        _touch("1", 3, "2024-06-11 12:00:00", "digital-guide", employee_id="E1"),
        _touch("1", 1, "2024-06-01 12:00:00", "ad-delivery", campaign_id="C1"),
        _touch("1", 2, "2024-06-04 12:00:00", "content-marketing"),
        _touch("1", 4, "2024-06-11 12:00:01", "user-ops"),
        _touch("1", 0, "2024-05-12 11:59:59", "member-ops"),
        _touch("3", 1, "2024-06-11 12:00:00", "digital-guide", employee_id="E1"),
    ],
    "employees": [{"employee_id": "E1", "unit_id": "S1"}],
    "campaigns": [{"campaign_id": "C1"}],
}


@pytest.mark.parametrize(
    ("model", "ad", "content", "guide"),
    [
        ("last_touch", "0", "0", "300"),
        ("first_touch", "300", "0", "0"),
        ("linear", "100", "100", "100"),
        ("position", "120", "60", "120"),
        ("time_decay", "59.55", "80.15", "160.30"),
        ("shared", "300", "300", "300"),
    ],
)
def test_the_three_hundred_is_split_as_the_domain_model_says(model: str, ad: str, content: str, guide: str) -> None:
    kinds = [ScopeKind.COMPANY, ScopeKind.ROLE, ScopeKind.UNIT, ScopeKind.EMPLOYEE, ScopeKind.CAMPAIGN]
    params = Params(attribution_model=model)
    found = compute(TABLES, ["sales_attributed"], "2024-06", kinds=kinds, parents={"G": None, "S1": "G"}, params=params)

    def at(kind: ScopeKind, scope: str) -> Decimal | None:
        return found["sales_attributed", Scope(kind, scope)].value

    roles = [at(ScopeKind.ROLE, role) for role in ("ad-delivery", "content-marketing", "digital-guide")]
    assert roles == [D(ad), D(content), D(guide)]
    # the company counts the order once in every model; touches after payment or before the window earn nothing
    assert found["sales_attributed", COMPANY].value == D(300)
    assert [at(ScopeKind.ROLE, role) for role in ("user-ops", "member-ops")] == [D(0), D(0)]
    assert at(ScopeKind.CAMPAIGN, "C1") == D(ad)
    assert [at(ScopeKind.EMPLOYEE, "E1"), at(ScopeKind.UNIT, "S1"), at(ScopeKind.UNIT, "G")] == [D(guide)] * 3


def test_in_the_shared_model_two_touches_of_one_role_get_the_order_once() -> None:
    touches: Rows = [_touch("1", seq, "2024-06-11 10:00:00", "digital-guide") for seq in (1, 2)]
    found = compute(
        {**TABLES, "order_touches": touches},
        ["sales_attributed"],
        "2024-06",
        kinds=[ScopeKind.ROLE],
        params=Params(attribution_model="shared"),
    )
    assert found["sales_attributed", Scope(ScopeKind.ROLE, "digital-guide")].value == D(300)


@given(
    st.decimals(-5000, 5000, places=4),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(lambda weights: sum(weights) > 0),
)
def test_parts_always_add_up_to_the_order(amount: Decimal, weights: list[int]) -> None:
    parts = split_amount(amount, weights)
    assert sum(parts, D(0)) == amount
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / total) < D("0.02")


@given(st.integers(0, 90 * DAY), st.integers(1, 30))
def test_decay_weights_follow_the_power_of_two(age: int, half_life: int) -> None:
    wanted = 2.0 ** (-age / (half_life * DAY))
    assert decay_weight(age, half_life * DAY) / 2**64 == pytest.approx(wanted, rel=1e-9, abs=1e-18)


def test_one_or_two_touches_share_evenly_under_position() -> None:
    assert touch_weights("position", [5], 7) == [1]
    assert touch_weights("position", [5, 1], 7) == [1, 1]


def test_the_shared_model_has_no_weights() -> None:
    with pytest.raises(ValueError, match="does not split"):
        touch_weights("shared", [1], 7)
