"""Golden sheets: what each ready plan pays on a period's facts, worked out by hand beside each case."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kpis.incentives.specs import Facts, PoolKey


def facts(
    score: str | None = None,
    red: tuple[str, ...] = (),
    targets: dict[str, str] | None = None,
    shifts: dict[str, str] | None = None,
    roles: dict[str, str] | None = None,
    **quantities: str,
) -> Facts:
    """Build a person's facts from texts."""
    return Facts(
        "P1",
        {base: Decimal(value) for base, value in quantities.items()},
        {base: Decimal(value) for base, value in (targets or {}).items()},
        Decimal(score) if score else None,
        frozenset(red),
        {PoolKey.SHIFTS: {person: Decimal(value) for person, value in (shifts or {}).items()}},
        (roles or {}).get("P1", ""),
        roles or {},
    )


@dataclass(frozen=True)
class Sheet:
    """A ready plan, a period, the amount of each line, and the sum after the plan's own bounds."""

    plan: str
    facts: Facts
    lines: tuple[str, ...]
    total: str


SHEETS = (
    # domain.md 14: 1 % x 90,000 + 3 % x 12,500 = 1,275; 45 x 3 = 135; 600 x 94.17 % = 565.02, to the yuan 565
    Sheet(
        "guide-composite",
        facts("94.17", store_sales="90000", mall_sales="12500", valid_contacts="45"),
        ("900.00", "375.00", "135.00", "565.00"),
        "1975.00",
    ),
    # the same month with a red complaint alert: the composite bonus is gone, nothing else
    Sheet(
        "guide-composite",
        facts("94.17", ("complaint_rate",), store_sales="90000", mall_sales="12500", valid_contacts="145"),
        ("900.00", "375.00", "300.00", "0.00"),  # 145 x 3 = 435, capped at 300
        "1575.00",
    ),
    Sheet("launch-contacts", facts(valid_contacts="149"), ("298.00",), "298.00"),  # 149 x 2
    Sheet("launch-contacts", facts(valid_contacts="151"), ("300.00",), "300.00"),  # 302, capped
    # 40 x 3 + 12 x 5 = 120 + 60
    Sheet("growth-contacts", facts(targets={"valid_contacts": "40"}, valid_contacts="52"), ("180.00",), "180.00"),
    # 0.5 % x 286,431.50 = 1,432.1575 -> 1,432.16; 118 of 200 = 59 %: 5 % of 1,432.16 = 71.608 -> 71.61
    Sheet(
        "growth-manager",
        facts(targets={"store_contacts": "200"}, store_total_sales="286431.50", store_contacts="118"),
        ("1432.16", "-71.61"),
        "1360.55",
    ),
    # 120 of 200 is 60 %, which is not under 60 %
    Sheet(
        "growth-manager",
        facts(targets={"store_contacts": "200"}, store_total_sales="286431.50", store_contacts="120"),
        ("1432.16", "0.00"),
        "1432.16",
    ),
    # 96,000 of 80,000 = 120 %: all of it at 1.2 %
    Sheet("ladder-whole", facts(targets={"store_sales": "80000"}, store_sales="96000"), ("1152.00",), "1152.00"),
    # one cent under 120 %: all at 1 %: 959.9999 -> 960.00
    Sheet("ladder-whole", facts(targets={"store_sales": "80000"}, store_sales="95999.99"), ("960.00",), "960.00"),
    Sheet("ladder-whole", facts(targets={"store_sales": "80000"}, store_sales="63999"), ("0.00",), "0.00"),
    # 50,000 x 0.5 % + 50,000 x 1 % + 23,456.78 x 1.5 % = 250 + 500 + 351.8517
    Sheet("ladder-band", facts(store_sales="123456.78"), ("1101.85",), "1101.85"),
    # 66,000 of 44,000 = 150 %: 1,000 x 1.25
    Sheet("five-steps", facts(targets={"store_sales": "44000"}, store_sales="66000"), ("1250.00",), "1250.00"),
    Sheet("five-steps", facts(targets={"store_sales": "44000"}, store_sales="35199.99"), ("0.00",), "0.00"),
    # 69,999 of 100,000 is under 70 %; 70,000 is not: 8,888 x 4 %
    Sheet("cliff", facts(targets={"store_sales": "100000"}, store_sales="69999", mall_sales="8888"), ("0.00",), "0.00"),
    Sheet(
        "cliff", facts(targets={"store_sales": "100000"}, store_sales="70000", mall_sales="8888"), ("355.52",), "355.52"
    ),
    # 10,000 x 2 % + 5,000 x 4 % + 3,000 x 6 % = 200 + 200 + 180
    Sheet("accelerator", facts(targets={"mall_sales": "10000"}, mall_sales="18000"), ("580.00",), "580.00"),
    # 200 + 200 + 185,000 x 6 % = 11,500, capped at 8,000 for the plan
    Sheet("accelerator", facts(targets={"mall_sales": "10000"}, mall_sales="200000"), ("11500.00",), "8000.00"),
    # pool 10,001 x 2 % = 200.02; shifts 20, 20, 20 of 60: 66.67 + 66.67 + 66.68, the odd cent to the last id
    Sheet(
        "shift-pool",
        facts(shifts={"P1": "20", "P2": "20", "P3": "20"}, store_home_sales="10001"),
        ("66.67",),
        "66.67",
    ),
    # 200.02 x 22 / 62 = 70.9748...
    Sheet(
        "shift-pool", facts(shifts={"P1": "22", "P2": "20", "P3": "20"}, store_home_sales="10001"), ("70.98",), "70.98"
    ),
    # 2 % x 30,000.50 = 600.01; 1 % x 4,999.90 = 49.999 -> 50.00
    Sheet("bound-and-served", facts(bound_sales="30000.50", served_sales="4999.90"), ("600.01", "50.00"), "650.01"),
    # 1.2 % x 60,000 = 720; 10 x 4 = 40, floor 100; 820 is under the guarantee of 1,500
    Sheet("newcomer", facts(store_sales="60000", valid_contacts="10"), ("720.00", "100.00"), "1500.00"),
    # 19 stay at 5 each; 20 pay 8 each; 7 x 10
    Sheet("care", facts(repurchase_customers="19", recalled_customers="7"), ("95.00", "70.00"), "165.00"),
    Sheet("care", facts(repurchase_customers="20", recalled_customers="0"), ("160.00", "0.00"), "160.00"),
    # 6 % x 15,000 = 900, capped at 800; 5 % x 7,321.10 = 366.055 -> 366.06
    Sheet("live-host", facts(live_sales="15000", mall_sales="7321.10"), ("800.00", "366.06", "200.00"), "1366.06"),
    # up to 20,000 at 3 % = 600; 5,000 above it at 4.5 % = 225; up to 48 (120 % of 40) at 3 = 144, 7 above at 6 = 42
    Sheet(
        "over-target",
        facts(targets={"mall_sales": "20000", "valid_contacts": "40"}, mall_sales="25000", valid_contacts="55"),
        ("825.00", "186.00"),
        "1011.00",
    ),
    # at the target exactly nothing is accelerated: 20,000 x 3 %; 144 + 152 x 6 = 1,056, capped at 600
    Sheet(
        "over-target",
        facts(targets={"mall_sales": "20000", "valid_contacts": "40"}, mall_sales="20000", valid_contacts="200"),
        ("600.00", "600.00"),
        "1200.00",
    ),
    # 1 % x 123,457 = 1,234.57; guides 80 % = 987.656, manager 20 % = 246.914: the odd cent to the larger remainder
    # (987.65 + 246.91 + 0.01); guides' 987.66 by 22 of 62 shifts = 350.4600 -> 350.46
    Sheet(
        "store-split",
        facts(
            shifts={"P1": "22", "P2": "20", "P3": "20", "M1": "26"},
            roles={
                "P1": "digital-guide",
                "P2": "digital-guide",
                "P3": "digital-guide",
                "M1": "training-enablement",
            },
            store_total_sales="123457",
        ),
        ("350.46",),
        "350.46",
    ),
    # 3,000 x 121.5 % = 3,645, capped at 3,600
    Sheet("scorecard", facts("121.5"), ("3600.00",), "3600.00"),
)
