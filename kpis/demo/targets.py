"""Targets of the company, units and guides, planned from what was achieved before. Pure."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from kpis.demo.actuals import FIRST_TARGET, Actuals, shares_by
from kpis.demo.customers import MALL, STORE
from kpis.demo.feedback import QUALITATIVE
from kpis.demo.orders import Ledger, World
from kpis.demo.private import SOURCE_STORE, Contacts
from kpis.demo.scale import MONTH_STARTS, MONTHS, Flags, Floats, Ints, month_index, rng_for
from kpis.demo.write import Sink, decimals, labels

# flows with a season: last year's month times the growth asked for
SEASONAL: dict[str, float] = {
    "sales_net": 1.13, "net_profit": 1.12, "mall_sales": 1.45, "mall_orders": 1.45, "platform_sales": 1.05,
    "platform_orders": 1.05, "guide_store_sales": 1.10, "guide_mall_sales": 1.40, "new_users": 1.12,
    "new_members": 1.12,
    "new_private_users": 1.10, "guide_private_customers": 1.10, "training_private_users": 1.10,
    "platform_private_users": 1.12, "ad_private_users": 1.10, "content_private_users": 1.10,
    "content_interactions": 1.15,
    "content_output": 1.05, "platform_visitors": 1.08, "brand_buzz": 1.10, "ad_impressions": 1.08,
    "sales_attributed": 1.15,
}  # fmt: skip
# levels: the mean of the three months before times the improvement asked for
LEVEL: dict[str, float] = {
    "active_user_share": 1.03, "high_value_user_share": 1.02, "cac": 0.97, "new_user_activation_rate": 1.03,
    "user_engagement": 1.03, "user_conversion_rate": 1.02, "repurchase_rate": 1.03, "retention_rate": 1.03,
    "churn_recall_rate": 1.02, "member_active_rate": 1.03, "member_repurchase_rate": 1.03, "avg_spend_per_member": 1.02,
    "high_value_member_share": 1.02, "mall_penetration": 1.03, "mall_conversion_rate": 1.02,
    "mall_repurchase_rate": 1.03,
    "mall_profit_margin": 1.02, "marketing_roi": 1.03, "platform_profit_margin": 1.03, "platform_spend_per_user": 1.02,
    "ad_roi": 1.03, "ad_ctr": 1.02, "ad_cost_per_private_user": 0.96, "active_private_customer_share": 1.03,
    "private_repurchase_rate": 1.03, "gross_margin_rate": 1.01, "stock_turnover": 1.03, "exclusive_sales_share": 1.04,
    "private_sales_share": 1.05,
}  # fmt: skip
# agreed standards
FIXED: dict[str, float] = {
    "sales_yoy_growth": 14, "platform_sales_growth": 6, "sales_mom_growth": 3, "conversion_mom_delta": 0.5,
    "objective_on_time_rate": 82, "report_on_time_rate": 95, "cross_team_delivery_rate": 86, "product_iterations": 4,
    "member_satisfaction": 88, "mall_satisfaction": 86, "platform_satisfaction": 96, "training_satisfaction": 88,
    "training_completion_rate": 93, "training_mastery": 86, "media_expansion": 5, "nps": 50, "consent_rate": 86,
    "unified_id_rate": 65, "budget_execution_rate": 95, "contingency_ratio": 17, "content_basic_share": 40,
}  # fmt: skip
COUNTS = (
    "mall_orders", "platform_orders", "new_users", "new_members", "new_private_users", "guide_private_customers",
    "training_private_users", "platform_private_users", "ad_private_users", "content_private_users",
    "content_interactions", "content_output", "platform_visitors", "ad_impressions",
)  # fmt: skip
FALLING = ("cac", "ad_cost_per_private_user")
GUIDE_FLOWS = ("guide_store_sales", "guide_mall_sales", "guide_private_customers")
GUIDE_RATES = ("active_private_customer_share", "private_repurchase_rate")
DEPARTMENTS: tuple[tuple[str, str], ...] = (
    ("D-MKT", "ad_private_users"), ("D-MKT", "content_private_users"), ("D-EC", "platform_sales"),
    ("D-EC", "platform_private_users"), ("D-SAL", "guide_store_sales"), ("BU1-UC", "mall_sales"),
    ("BU1-UC", "new_private_users"), ("D-TR", "training_private_users"),
)  # fmt: skip


def _plan(actual: Floats, *, growth: float, seasonal: bool, rng: np.random.Generator) -> Floats:
    """Return the target of each month.

    The plan looks back; a third of the way it leans to what came, as planners know their order book and media plan.
    """
    planned = np.full(len(actual), np.nan)
    for month in range(FIRST_TARGET, len(actual)):
        before = actual[month - 12 : month - 11] if seasonal and month >= 12 else actual[max(0, month - 3) : month]
        known = before[np.isfinite(before)]
        past = float(known.mean()) * growth if len(known) and not (seasonal and month < 12) else actual[month]
        lean = actual[month] if np.isfinite(actual[month]) else past
        planned[month] = (0.62 * past + 0.38 * lean) * rng.lognormal(0, 0.05)
    return planned


def company_targets(actuals: Actuals, *, seed: int) -> Actuals:
    """Return the targets of the company by KPI and month; nan where there is nothing to plan from."""
    rng = rng_for(seed, "company targets")
    found = {kpi: _plan(actuals[kpi], growth=g, seasonal=True, rng=rng) for kpi, g in SEASONAL.items()}
    found |= {kpi: _plan(actuals[kpi], growth=g, seasonal=False, rng=rng) for kpi, g in LEVEL.items()}
    every = np.where(np.arange(len(MONTHS)) >= FIRST_TARGET, 1.0, np.nan)
    found |= {kpi: every * value for kpi, value in FIXED.items()}
    judged = [kpi for kpis in QUALITATIVE.values() for kpi in kpis]
    found |= {kpi: every * 4 for kpi in [*judged, "manager_rating"]}
    return found


def _write(sink: Sink, kpi: str, kind: str, scopes: pa.Array, scope: Ints, month: Ints, values: Floats) -> None:
    """Append targets; floor and stretch lie fifteen percent on the worse and the better side."""
    keep = np.isfinite(values) & (values > 0)
    scope, month, values = scope[keep], month[keep], values[keep]
    if not len(values):
        return
    worse, better = (1.15, 0.85) if kpi in FALLING else (0.85, 1.15)
    digits = 2 if float(values.max()) < 1_000 else 0  # nobody plans the cents of a million
    if kpi in COUNTS:
        digits, values = 0, np.maximum(np.round(values), 1)
    cents = [np.round(np.round(values * part, digits) * 100).astype(np.int64) for part in (worse, 1.0, better)]
    count = len(values)
    sink.add(
        "targets",
        {
            "period": labels([str(period) for period in MONTHS], month),
            "kpi_id": pa.array([kpi]).take(pa.array(np.zeros(count, np.int64))),
            "scope_kind": pa.array([kind]).take(pa.array(np.zeros(count, np.int64))),
            "scope_id": labels(scopes, scope),
            "floor": decimals(cents[0]),
            "value": decimals(cents[1]),
            "stretch": decimals(cents[2]),
        },
    )


def _matrix(rows: Ints, days: Ints, weights: Floats, size: int) -> Floats:
    """Return sums [row, month]."""
    keep = (rows >= 0) & (days >= 0) & (days < MONTH_STARTS[-1])
    cells = rows[keep] * len(MONTHS) + month_index(days[keep])
    sums = np.bincount(cells, weights=weights[keep], minlength=size * len(MONTHS))
    return np.asarray(sums, dtype=np.float64).reshape(size, len(MONTHS))


def _shared_out(total: Floats, matrix: Floats, *, lean: float, floor: Floats) -> Floats:
    """Return targets [row, month]: the company's target by the share of the year before, leaning to what came."""
    planned = np.full(matrix.shape, np.nan)
    whole = matrix.sum(axis=0)
    for month in range(FIRST_TARGET, len(MONTHS)):
        window = slice(max(0, month - 12), month)
        share = matrix[:, window].sum(axis=1) / max(1.0, float(whole[window].sum()))
        planned[:, month] = (1 - lean) * total[month] * np.maximum(share, floor) + lean * matrix[:, month]
    return planned


def _roll_up(world: World, by_store: Floats) -> tuple[list[str], Floats]:
    """Return the targets of stores with the sums of their regions and business units."""
    names, rows = list(world.org.store_ids), [by_store]
    regions = np.array(world.org.store_region)
    for region in dict.fromkeys(world.org.store_region):
        names.append(region)
        rows.append(by_store[regions == region].sum(axis=0, keepdims=True))
    for bu, unit in enumerate(("BU1", "BU2")):
        names.append(unit)
        rows.append(by_store[world.org.store_bu == bu].sum(axis=0, keepdims=True))
    return names, np.vstack(rows)


def _grid(values: Floats) -> tuple[Ints, Ints, Floats]:
    row, month = (axis.ravel() for axis in np.meshgrid(*(np.arange(size) for size in values.shape), indexing="ij"))
    return row, month, values.ravel()


def _flow_rows(ledger: Ledger, contacts: Contacts, kpi: str) -> tuple[Ints, Ints, Ints, Floats]:
    """Return unit, employee, day and amount of what counts for a flow KPI."""
    if kpi in ("guide_private_customers", "new_private_users"):
        rows = contacts.first & ((contacts.source == SOURCE_STORE) | (kpi == "new_private_users"))
        return contacts.unit[rows], contacts.employee[rows], contacts.added_day[rows], np.ones(int(rows.sum()))
    rows = np.ones(len(ledger.net), dtype=bool)
    if kpi != "sales_net":
        rows = (ledger.employee >= 0) & (ledger.channel == (STORE if kpi == "guide_store_sales" else MALL))
    unit, employee, day = ledger.unit[rows], ledger.employee[rows], ledger.day[rows]
    return unit.astype(np.int64), employee.astype(np.int64), day.astype(np.int64), ledger.net[rows] / 100


def write_targets(
    world: World, ledger: Ledger, contacts: Contacts, actuals: Actuals, db: duckdb.DuckDBPyConnection, *, sink: Sink
) -> None:
    """Write targets.csv: company, departments that share a goal, units, and the guides' five KPIs."""
    company = company_targets(actuals, seed=world.seed)
    every = np.arange(len(MONTHS))
    nobody = np.zeros(len(MONTHS), dtype=np.int64)
    for kpi, values in company.items():
        _write(sink, kpi, "company", pa.array(["company"]), nobody, every, values)
    for kpi in [kpi for kpi in (*LEVEL, *FIXED) if kpi not in GUIDE_RATES]:
        # rates and standards hold for each business unit as for the whole, so that its roles can be graded
        _write(sink, kpi, "unit", pa.array(["BU1", "BU2"]), *_grid(np.vstack([company[kpi]] * 2)))
    for department, kpi in DEPARTMENTS:
        _write(sink, kpi, "unit", pa.array([department]), nobody, every, company[kpi])
    first = int(world.org.store_unit[0])
    stores, everybody = len(world.org.store_ids), len(world.people.ids)
    guides = _guides_at_work(world)
    per_guide = 0.5 / max(1, int(world.people.digital.sum()))
    for kpi in ("sales_net", "new_private_users", *GUIDE_FLOWS):
        unit, employee, day, amount = _flow_rows(ledger, contacts, kpi)
        by_store = _matrix(unit - first, day, amount, stores)
        in_stores = company[kpi] * by_store.sum(axis=0) / actuals[kpi]
        shared = _shared_out(in_stores, by_store, lean=0.2, floor=np.zeros(stores))
        # whole before they are added up: regions are the sum of what their stores read
        names, planned = _roll_up(world, np.where(shared > 0, np.maximum(np.round(shared), 1), shared))
        _write(sink, kpi, "unit", pa.array(names), *_grid(planned))
        if kpi in GUIDE_FLOWS:
            by_person = _matrix(employee, day, amount, everybody)
            planned = _shared_out(company[kpi], by_person, lean=0.6, floor=np.full(everybody, per_guide))
            _write(sink, kpi, "employee", world.people.ids, *_grid(np.where(guides, planned, np.nan)))
    _write_rates(world, db, guides, sink)


def _guides_at_work(world: World) -> Flags:
    """Return [employee, month]: holds the digital role and works the whole month."""
    people = world.people
    begin = np.where(people.digital, np.maximum(people.hired, people.digital_from), 10**6)
    return (begin[:, None] <= MONTH_STARTS[None, :-1]) & (people.left[:, None] >= MONTH_STARTS[None, 1:])


def _write_rates(world: World, db: duckdb.DuckDBPyConnection, guides: Flags, sink: Sink) -> None:
    """Append the two rates of the guides: one standard for all, a little apart from unit to unit."""
    rng = rng_for(world.seed, "rate targets")
    names = pa.array([*world.org.store_ids, *dict.fromkeys(world.org.store_region), "BU1", "BU2"])
    of_guides, of_stores = shares_by(db, "employee"), shares_by(db, "store")
    for number, kpi in enumerate(GUIDE_RATES):
        for kind, scopes, rates in (("unit", names, of_stores), ("employee", world.people.ids, of_guides)):
            standard = _plan(rates[number], growth=1.02, seasonal=False, rng=rng)
            values = standard[None, :] * rng.normal(1.0, 0.04, (len(scopes), 1)).clip(0.9, 1.1)
            if kind == "employee":
                values = np.where(guides, values, np.nan)
            _write(sink, kpi, kind, scopes, *_grid(values))
