"""A guide's own customers: how many in which tier, and their pseudonymous list. Nobody's name or number is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import ibis
from django.conf import settings
from django.core.cache import cache

from kpis.analysis_choices import AnalysisName, RfmTierName
from kpis.engine.results import KINDS
from kpis.engine.specs import COMPANY
from kpis.models import AnalysisResult
from kpis.queries.health import data_digests
from kpis.queries.warehouse import open_relations
from omnichannel.workspaces.scoping import current_workspace_id

FRIEND = "wecom_friend"
TABLES = ("contacts", "customers")
KEPT_SECONDS = 24 * 3600
MOST = 2000
UNSCORED = ""


@dataclass(frozen=True, slots=True)
class OwnCustomer:
    """One customer. `tier` is empty for who bought nothing in the window; `consent` by now."""

    customer: str
    tier: str
    at_risk: bool
    recency: int | None
    orders: int
    money: Decimal | None
    consent: bool


@dataclass(frozen=True, slots=True)
class TierCounts:
    """How many of a guide's customers stand in which tier at the end of a month."""

    period: str
    tiers: Mapping[str, int]
    at_risk: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.tiers.values())


def own_tier_counts(person: str, *, on: date) -> TierCounts | None:
    """Return the counts, worked out once for what is loaded; None before the tiers were analysed."""
    result = _newest(on)
    if result is None:
        return None
    digests = data_digests()
    mark = "-".join(digests.get(table, "")[:16] for table in TABLES)
    key = f"own-customers:{current_workspace_id()}:{person}:{result.pk}:{mark}"
    kept = cache.get(key)
    if kept is None:
        found = _customers(result, person, on=on)
        counts = Counter(each.tier for each in found)
        tiers = {tier: counts.get(tier, 0) for tier in (*RfmTierName.values, UNSCORED)}
        kept = {"tiers": tiers, "at_risk": sum(each.at_risk for each in found)}
        cache.set(key, kept, KEPT_SECONDS)
    return TierCounts(result.period, kept["tiers"], kept["at_risk"])


def own_customers(person: str, *, on: date) -> tuple[str, list[OwnCustomer]]:
    """Return the month of the tiers and the customers, those at risk first; both empty before the first analysis."""
    result = _newest(on)
    return ("", []) if result is None else (result.period, _customers(result, person, on=on))


def _newest(on: date) -> AnalysisResult | None:
    rows = AnalysisResult.objects.filter(name=AnalysisName.RFM, scope_kind=COMPANY.kind.value, scope_id=COMPANY.id)
    return rows.filter(period_start__lte=on).exclude(list_path="").order_by("-period_start").defer("document").first()


def _customers(result: AnalysisResult, person: str, *, on: date) -> list[OwnCustomer]:
    """Read whose oldest open friendship is the person's: that is how an order finds its owner as well."""
    relations = open_relations(as_of=on, only=TABLES)
    try:
        contacts, customers = relations.table("contacts"), relations.table("customers")
        if contacts is None:
            return []
        friends = contacts.filter(
            contacts["kind"] == FRIEND,
            contacts["customer_id"].notnull(),
            contacts["employee_id"].notnull(),
            contacts["removed_at"].isnull(),
        )
        candidates = friends.filter(friends["employee_id"] == person).select("customer_id").distinct()
        shared = friends.semi_join(candidates, "customer_id")
        place = ibis.row_number().over(
            ibis.window(group_by="customer_id", order_by=[shared["added_at"], shared["contact_id"]])
        )
        own = shared.mutate(_place=place).filter(ibis._["_place"] == 0, ibis._["employee_id"] == person)
        own = own.select("customer_id")
        tiers = relations.backend.read_parquet(str(settings.DATA_ROOT / result.list_path))
        tiers = tiers.filter(tiers["_kind"] == KINDS.index(COMPANY.kind)).select(
            "tier", "at_risk", "recency", "frequency", "money", scored="customer_id"
        )
        found = own.left_join(tiers, own["customer_id"] == tiers["scored"])
        if customers is not None:
            known = customers.select(
                consent=customers["consent_marketing"], erased=customers["erased_at"].notnull(), known="customer_id"
            )
            found = found.left_join(known, found["customer_id"] == known["known"])
            found = found.filter(~found["erased"].coalesce(False))
        else:
            found = found.mutate(consent=ibis.literal(False))
        rows = relations.rows(
            found.order_by([found["at_risk"].desc(nulls_first=False), found["money"].desc(nulls_first=False)])
            .limit(MOST)
            .select("customer_id", "tier", "at_risk", "recency", "frequency", "money", "consent")
        )
        return [_customer(row) for row in rows]
    finally:
        relations.close()


def _customer(row: Mapping[str, object]) -> OwnCustomer:
    recency, money = row["recency"], row["money"]
    return OwnCustomer(
        customer=str(row["customer_id"]),
        tier=str(row["tier"] or UNSCORED),
        at_risk=bool(row["at_risk"]),
        recency=None if recency is None else int(str(recency)),
        orders=int(str(row["frequency"] or 0)),
        money=None if money is None else Decimal(str(money)),
        consent=bool(row["consent"]),
    )
