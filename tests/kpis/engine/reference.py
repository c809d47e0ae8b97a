"""A second way to every figure: plain loops over rows, written from the catalogue's words and not from the engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kpis.engine.specs import Params, Scope, ScopeKind

Row = Mapping[str, Any]
Tables = Mapping[str, list[dict[str, Any]]]
EFFECTIVE = {"message_in", "group_message", "activity_join", "content_click", "share", "review"}


def rows_of(tables: Tables, table: str, scope: Scope, parents: Mapping[str, str | None]) -> list[Row]:
    """Return the rows of a table that a scope owns."""
    staff = {row["employee_id"]: row["unit_id"] for row in tables["employees"]}

    def owns(row: Row) -> bool:
        if scope.kind is ScopeKind.COMPANY:
            return True
        if scope.kind is ScopeKind.UNIT:
            unit = row["unit_id"] if "unit_id" in row else staff.get(row["employee_id"])
            while unit is not None and unit != scope.id:
                unit = parents.get(unit)
            return unit == scope.id
        column = {ScopeKind.EMPLOYEE: "employee_id", ScopeKind.CHANNEL: "channel", ScopeKind.CAMPAIGN: "campaign_id"}
        return bool(row[column[scope.kind]] == scope.id)

    return [row for row in tables[table] if owns(row)]


class Reference:
    """Figures of one scope and one calendar month."""

    def __init__(
        self, tables: Tables, scope: Scope, parents: Mapping[str, str | None], start: date, end: date, params: Params
    ) -> None:
        self.tables, self.scope, self.parents, self.params = tables, scope, parents, params
        self.start, self.end = (datetime.combine(day, datetime.min.time()) for day in (start, end))
        self.orders = [row for row in self.rows("orders") if row["status"] in ("paid", "completed")]
        self.known = [row for row in self.orders if row["customer_id"] is not None]
        self.paid: dict[str, list[datetime]] = defaultdict(list)
        for row in self.known:
            self.paid[row["customer_id"]].append(row["paid_at"])

    def rows(self, table: str) -> list[Row]:
        return rows_of(self.tables, table, self.scope, self.parents)

    def period(self, rows: Iterable[Row], column: str) -> list[Row]:
        return [row for row in rows if row[column] is not None and self.inside(row[column])]

    def inside(self, moment: date) -> bool:
        if isinstance(moment, datetime):
            return self.start <= moment < self.end
        return self.start.date() <= moment < self.end.date()

    def customers(self, test: Callable[[list[datetime]], bool]) -> int:
        return sum(1 for times in self.paid.values() if test(times))

    def between(self, times: list[datetime], start: datetime, end: datetime) -> bool:
        return any(start <= time < end for time in times)

    # each figure is (numerator, denominator); denominator None for a plain value

    def sales_net(self) -> tuple[Fraction, Fraction | None]:
        return sum((Fraction(row["net_amount"]) for row in self.period(self.orders, "paid_at")), Fraction(0)), None

    def avg_spend_per_user(self) -> tuple[Fraction, Fraction]:
        mine = self.period(self.known, "paid_at")
        return sum((Fraction(row["net_amount"]) for row in mine), Fraction(0)), self._distinct(mine)

    def _distinct(self, rows: Iterable[Row]) -> Fraction:
        return Fraction(len({row["customer_id"] for row in rows}))

    def churn_rate(self) -> tuple[int, int]:
        churn = timedelta(days=self.params.churn_days)
        alive = [times for times in self.paid.values() if self.between(times, self.start - churn, self.start)]
        return sum(not self.between(times, self.end - churn, self.end) for times in alive), len(alive)

    def churn_recall_rate(self) -> tuple[int, int]:
        churn = timedelta(days=self.params.churn_days)
        silent = [
            times
            for times in self.paid.values()
            if min(times) < self.start and not self.between(times, self.start - churn, self.start)
        ]
        return sum(self.between(times, self.start, self.end) for times in silent), len(silent)

    def retention_rate(self) -> tuple[int, int]:
        before = (self.start - timedelta(days=1)).replace(day=1)
        last = [times for times in self.paid.values() if self.between(times, before, self.start)]
        return sum(self.between(times, self.start, self.end) for times in last), len(last)

    def repurchase_rate(self) -> tuple[int, int]:
        days = [{time.date() for time in times if self.inside(time)} for times in self.paid.values()]
        return sum(len(each) >= 2 for each in days), sum(bool(each) for each in days)

    def second_purchase_rate(self) -> tuple[int, int]:
        limit = timedelta(days=self.params.second_purchase_days)
        firsts = [sorted(times) for times in self.paid.values() if self.start - limit <= min(times) < self.start]
        return sum(len(times) > 1 and times[1] <= times[0] + limit for times in firsts), len(firsts)

    def high_value_user_share(self) -> tuple[int, int]:
        start = self.end - timedelta(days=self.params.rfm_window_days)
        base = {}
        for customer in self.paid:
            mine = [row for row in self.known if row["customer_id"] == customer and start <= row["paid_at"] < self.end]
            if mine:
                last = max(row["paid_at"] for row in mine).date()
                base[customer] = (-(self.end.date() - last).days, len(mine), sum(row["net_amount"] for row in mine))

        def score(customer: str, part: int) -> int:
            worse: int = sum(other[part] < base[customer][part] for other in base.values())
            return 1 + min(4, 5 * worse // len(base))

        high = [each for each in base if score(each, 0) >= 3 and score(each, 1) + score(each, 2) >= 8]
        return len(high), len(base)

    def user_conversion_rate(self) -> tuple[int, int]:
        buyers = {row["customer_id"] for row in self.period(self.known, "paid_at")}
        seen = self.period(self.rows("interactions"), "date")
        active = {row["customer_id"] for row in seen if row["kind"] in EFFECTIVE | {"mall_visit"}} | buyers
        return len(buyers), len(active)

    def private_repurchase_rate(self) -> tuple[int, int]:
        def private(order: Row) -> bool:
            return any(
                contact["customer_id"] == order["customer_id"]
                and contact["added_at"] < order["paid_at"]
                and (contact["removed_at"] is None or contact["removed_at"] > order["paid_at"])
                for contact in self.tables["contacts"]
            )

        mine = self.period(self.known, "paid_at")
        buyers = {row["customer_id"] for row in mine if private(row)}
        days = {buyer: {row["paid_at"].date() for row in mine if row["customer_id"] == buyer} for buyer in buyers}
        return sum(len(each) >= 2 for each in days.values()), len(buyers)

    def member_sales_share(self) -> tuple[Fraction, Fraction]:
        people = {row["customer_id"]: row for row in self.tables["customers"]}

        def member(order: Row) -> bool:
            person = people.get(order["customer_id"])
            if person is None or person["member_since"] is None or person["member_since"] > order["paid_at"].date():
                return False
            return person["erased_at"] is None or bool(person["erased_at"] > order["paid_at"])

        mine = [row for row in self.period(self.known, "paid_at") if member(row)]
        total, _ = self.sales_net()
        return sum((Fraction(row["net_amount"]) for row in mine), Fraction(0)), total

    def active_private_customer_share(self) -> tuple[int, int]:
        contacts = [row for row in self.rows("contacts") if row["customer_id"] is not None]
        met = {
            row["customer_id"] for row in self.period(self.tables["interactions"], "date") if row["kind"] in EFFECTIVE
        }
        then = {
            row["customer_id"]
            for row in contacts
            if row["added_at"] < self.end and (row["removed_at"] is None or row["removed_at"] >= self.start)
        }
        now = {
            row["customer_id"]
            for row in contacts
            if row["added_at"] < self.end and (row["removed_at"] is None or row["removed_at"] >= self.end)
        }
        return len(then & met), len(now)

    def new_user_activation_rate(self) -> tuple[int, int]:
        limit = timedelta(days=self.params.activation_days)
        fresh = [row for row in self.period(self.rows("contacts"), "added_at") if row["is_first"]]

        def alive(contact: Row) -> bool:
            who, added = contact["customer_id"], contact["added_at"]
            met = any(
                row["customer_id"] == who
                and row["kind"] in EFFECTIVE | {"mall_visit"}
                and added.date() <= row["date"] <= added.date() + limit
                for row in self.tables["interactions"]
            )
            return met or any(
                row["customer_id"] == who
                and row["status"] in ("paid", "completed")
                and added <= row["paid_at"] <= added + limit
                for row in self.tables["orders"]
            )

        return sum(row["customer_id"] is not None and alive(row) for row in fresh), len(fresh)

    def stock_turnover(self) -> tuple[Fraction, Fraction]:
        costs = [row["goods_cost"] for row in self.period(self.orders, "paid_at") if row["goods_cost"] is not None]
        daily: dict[date, Decimal] = defaultdict(Decimal)
        for row in self.period(self.rows("inventory"), "date"):
            daily[row["date"]] += row["cost_on_hand"]
        return sum(map(Fraction, costs), Fraction(0)), Fraction(sum(daily.values())) / len(daily)
