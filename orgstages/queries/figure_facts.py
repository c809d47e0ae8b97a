"""Facts from computed figures and targets. Pages never compute: what is not stored is said to be missing."""

from __future__ import annotations

from decimal import Decimal

from kpis.choices import NoDataReason
from kpis.engine.specs import COMPANY, Scope, ScopeKind, Value
from kpis.library import library_extras
from kpis.queries.definitions import library_at
from kpis.queries.scope_words import scope_text
from omnichannel.core.text import Bilingual
from orgstages import sentences as words
from orgstages.catalogue import load_stages
from orgstages.facts import Fact, Source, SourceKind, decide, joined, measured, say, unanswered
from orgstages.queries.evidence import ALL_SALES, MALL, OTHER_CHANNELS, Evidence
from orgstages.queries.wording import in_both
from roles.choices import UnitLevel

PLACES = Decimal("0.0001")
# Units of the operands of the KPIs asked for.
BRAND_COSTS = frozenset({"content", "campaign", "ad_media"})
LABOUR = "labour"
PARTS = {"unified_id_rate": "people", "tag_coverage_rate": "people", "private_sales_share": "CNY"}


def kpi_fact(question: str, evidence: Evidence, unit: str) -> Fact:
    """A8, A12, E3, E4: a stored KPI value of the unit, with its numerator and denominator."""
    kpi = _kpi_of(question)
    source = _source(kpi, evidence)
    if evidence.period is None:
        return unanswered(question, words.NO_PERIOD, source=source)
    figure = evidence.figure(kpi, unit)
    source = _source(kpi, evidence, figure.scope)
    if figure.value is None:
        return unanswered(question, _no_value(kpi, figure, evidence), source=source)
    parts_unit = PARTS.get(kpi, "")
    period, shown = str(evidence.period), (figure.value, library_at().kpis[kpi].unit)
    text = say(words.KPI_VALUE, kpi=_names(kpi), period=period, value=shown)
    if figure.numerator is not None and figure.denominator is not None:
        top, bottom = (figure.numerator, parts_unit), (figure.denominator, parts_unit)
        text = say(words.KPI_RATE, kpi=_names(kpi), period=period, numerator=top, denominator=bottom, value=shown)
    text = joined(text, *_of_company(figure, evidence, unit))
    parts = (figure.numerator, figure.denominator)
    return measured(question, figure.value, text, source=source, parts=parts, parts_unit=parts_unit)


def shared_targets(evidence: Evidence, unit: str) -> Fact:
    """A9: the share of departments with a KPI of a shared group among their targets in force."""
    departments = [node.external_id for node in evidence.within(unit) if node.level is UnitLevel.DEPARTMENT]
    name = evidence.tree.nodes[unit].name
    source = Source(SourceKind.UNIT, unit)
    if not departments:
        return unanswered("A9", say(words.NO_DEPARTMENTS, unit=name), source=source)
    period = evidence.target_period
    if not evidence.has_targets:
        return unanswered("A9", say(words.NO_TARGETS, period=str(period)), source=source)
    shared = {kpi for group in library_extras().shared_groups.values() for kpi in group.members}
    with_shared = {scope.id for kpi, scope in evidence.targets if scope.kind is ScopeKind.UNIT and kpi in shared}
    count, total = Decimal(len(with_shared.intersection(departments))), Decimal(len(departments))
    value = (count / total * 100).quantize(PLACES)
    text = say(
        words.SHARED_KPIS,
        period=str(period),
        numerator=(count, "count"),
        denominator=(total, "count"),
        value=(value, "percent"),
    )
    return measured("A9", value, text, source=source, parts=(count, total), parts_unit="count")


def own_store_sales(evidence: Evidence, unit: str) -> Fact:
    """B1: net sales of own stores outside mall and platforms / all net sales, from stored figures of each store."""
    source = _source(ALL_SALES, evidence)
    if evidence.period is None:
        return unanswered("B1", words.NO_PERIOD, source=source)
    stores = evidence.own_stores(unit)
    if not stores and unit in evidence.counted:
        return unanswered("B1", say(words.NO_STORES, unit=evidence.tree.nodes[unit].name), source=source)
    total = evidence.figure(ALL_SALES, unit)
    if not total.value or total.scope != evidence.scopes(unit)[0]:
        return unanswered("B1", _no_value(ALL_SALES, total, evidence), source=source)
    sold = sum(map(evidence.sold_in, stores), Decimal(0))
    value = (sold / total.value * 100).quantize(PLACES)
    text = say(
        words.DIRECT_STORES,
        stores=(Decimal(len(stores)), "count"),
        period=str(evidence.period),
        numerator=(sold, "CNY"),
        denominator=(total.value, "CNY"),
        value=(value, "percent"),
    )
    note = [words.WITH_OTHER_CHANNELS] if _other_channels_sell(evidence) else []
    text = joined(text, *note)
    return measured("B1", value, text, source=source, parts=(sold, total.value), parts_unit="CNY")


def spending(evidence: Evidence, unit: str) -> Fact:
    """B4: a year's content, campaign and ad-media costs of the unit against the labour costs of its stores.

    Costs booked on no unit count for the unit at the top only.
    """
    month, source = str(evidence.target_period), Source(SourceKind.UNIT, unit)
    nodes = {node.external_id: node for node in evidence.within(unit)}
    top = not evidence.tree.ancestors(unit)
    booked = {key: cost for key, cost in evidence.costs.items() if key[1] in nodes or (top and not key[1])}
    brand = sum((cost for (kind, _unit), cost in booked.items() if kind in BRAND_COSTS), Decimal(0))
    stores = {each for each, node in nodes.items() if node.level is UnitLevel.STORE}
    labour = sum((cost for (kind, at), cost in booked.items() if kind == LABOUR and at in stores), Decimal(0))
    if not brand and not labour:
        return unanswered("B4", say(words.NO_COSTS, period=month), source=source)
    text = say(words.COSTS, period=month, brand=(brand, "CNY"), labour=(labour, "CNY"))
    observed = {"larger": "brand" if brand > labour else "labour"}
    return Fact("B4", text, decide("B4", observed), brand, "CNY", brand, labour, "CNY", source, observed)


def private_share_target(evidence: Evidence, unit: str) -> Fact:
    """C3: the target of the private share of sales in force."""
    kpi = _kpi_of("C3")
    source = _source(kpi, evidence)
    for scope in evidence.scopes(unit):
        if (kpi, scope) in evidence.targets:
            value, period = evidence.targets[kpi, scope]
            text = say(words.TARGET, kpi=_names(kpi), period=str(period), value=(value, library_at().kpis[kpi].unit))
            company = [words.TARGET_OF_COMPANY] if scope != evidence.scopes(unit)[0] else []
            return measured("C3", value, joined(text, *company), source=source, parts=(value, None))
    text = say(words.NO_TARGET, kpi=_names(kpi), period=str(evidence.target_period))
    return unanswered("C3", text, source=source)


def mall_growth(evidence: Evidence, unit: str) -> Fact:
    """E5: growth of private-mall net sales over the same month a year earlier."""
    source = _source(MALL, evidence)
    if evidence.period is None:
        return unanswered("E5", words.NO_PERIOD, source=source)
    now = evidence.figure(MALL, unit)
    before = evidence.figure(MALL, unit, book=evidence.year_earlier)
    if now.value is None:
        return unanswered("E5", _no_value(MALL, now, evidence), source=source)
    if not before.value or before.scope != now.scope:
        reason = say(words.NO_YEAR_EARLIER, kpi=_names(MALL), period=str(evidence.period.year_earlier()))
        return unanswered("E5", reason, source=source)
    value = ((now.value - before.value) / before.value * 100).quantize(PLACES)
    text = say(
        words.GROWTH,
        kpi=_names(MALL),
        period=str(evidence.period),
        now=(now.value, "CNY"),
        before=(before.value, "CNY"),
        value=(value, "percent"),
    )
    text = joined(text, *_of_company(now, evidence, unit))
    return measured("E5", value, text, source=source, parts=(now.value - before.value, before.value), parts_unit="CNY")


def _other_channels_sell(evidence: Evidence) -> bool:
    scopes = [Scope(ScopeKind.CHANNEL, channel) for channel in OTHER_CHANNELS]
    return any(evidence.book[ALL_SALES, scope].value for scope in scopes if (ALL_SALES, scope) in evidence.book)


def _kpi_of(question: str) -> str:
    rule = load_stages().questions[question].auto
    return rule.kpi if rule else ""


def _names(kpi: str) -> Bilingual:
    return library_at().kpis[kpi].names


def _source(kpi: str, evidence: Evidence, scope: Scope | None = None) -> Source:
    return Source(SourceKind.KPI, kpi, str(evidence.period or ""), scope_text(scope) if scope else "")


def _no_value(kpi: str, figure: Value, evidence: Evidence) -> Bilingual:
    reason = in_both(NoDataReason(figure.reason or NoDataReason.NO_ROWS).label)
    return say(words.NO_VALUE, kpi=_names(kpi), period=str(evidence.period), reason=reason)


def _of_company(figure: Value, evidence: Evidence, unit: str) -> list[Bilingual]:
    """Return the remark that a unit's answer rests on the company's figure."""
    return [words.OF_COMPANY] if figure.scope == COMPANY and evidence.scopes(unit)[0] != COMPANY else []
