"""What goes with the library: scoring, funnel, RFM, shared groups, attribution, alerts, systems, labels, long texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from kpis.library.loader import DATA, kpi_nodes, load_library, measure_nodes
from omnichannel.core.datafiles import Data, bilingual, freeze, optional_text, read_yaml
from omnichannel.core.text import Bilingual


@dataclass(frozen=True, slots=True)
class Band:
    """A band of scores: from `minimum` (reached counts) up to the next band."""

    id: str
    minimum: Decimal
    names: Bilingual


@dataclass(frozen=True, slots=True)
class Scoring:
    """Numbers of the scorecard. `clamp` and `minimum_coverage` are percent; `rules` tells them in words."""

    bands: tuple[Band, ...]
    clamp: tuple[Decimal, Decimal]
    minimum_coverage: Decimal
    qualitative: Mapping[int, Decimal]
    rules: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """A step of the effectiveness funnel; `threshold` is percent of the private users."""

    id: str
    names: Bilingual
    kpi: str
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class RfmTier:
    """One of the three RFM tiers with its rule over R, F and M."""

    id: str
    names: Bilingual
    rule: str
    source: str


@dataclass(frozen=True, slots=True)
class SharedGroup:
    """KPIs that count the same thing. `second_views` maps a member to the one it must never be added to."""

    id: str
    names: Bilingual
    members: tuple[str, ...]
    total: str
    second_views: Mapping[str, str]
    rule: Bilingual
    source: str


@dataclass(frozen=True, slots=True)
class AttributionModel:
    """A way to split the credit for an order over its touches."""

    id: str
    names: Bilingual
    rule: Bilingual
    source: str


@dataclass(frozen=True, slots=True)
class AlertLevel:
    """How urgent an alert is and who hears of it."""

    id: str
    names: Bilingual
    respond_within_hours: int
    notify: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """What raises an alert. `side` is below or above the threshold; `kpi` is empty when the rule fits any KPI.

    `measure` is what is held against the thresholds. `kpis`, `tables` and `scopes` say where it looks by default;
    without `kpis` a rule for any KPI looks at all of them.
    """

    id: str
    names: Bilingual
    kpi: str
    test: Bilingual
    measure: str
    watch: str
    scopes: tuple[str, ...]
    side: str
    thresholds: Mapping[str, Decimal]
    unit: Bilingual
    source: str
    kpis: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataSystem:
    """A system operating data comes from; `feeds` are table ids, `fields` names found in its exports.

    `history_days`: how many days back the system itself still tells of `history_tables`; None: no limit is known.
    `query_days`: how many days one query or export spans.
    """

    id: str
    names: Bilingual
    feeds: tuple[str, ...]
    fields: tuple[str, ...]
    limits: Bilingual | None
    source: str
    history_days: int | None = None
    query_days: int | None = None
    history_tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LibraryExtras:
    """Everything beside the definitions. The last four are frozen data: mappings, tuples and Bilingual texts."""

    scoring: Scoring
    review_scale: Mapping[int, Bilingual]
    review_rule: Bilingual
    funnel: tuple[FunnelStep, ...]
    rfm_tiers: Mapping[str, RfmTier]
    shared_groups: Mapping[str, SharedGroup]
    attribution_models: Mapping[str, AttributionModel]
    alert_levels: Mapping[str, AlertLevel]
    alert_rules: Mapping[str, AlertRule]
    systems: Mapping[str, DataSystem]
    enum_labels: Mapping[str, Bilingual]
    algorithms: Mapping[str, Bilingual]
    measure_notes: Mapping[str, Bilingual]
    kpi_notes: Mapping[str, Bilingual]
    formula_language: Mapping[str, Any]
    effectiveness: Mapping[str, Any]
    incentives: Mapping[str, Any]
    alerts: Mapping[str, Any]


@cache
def library_extras() -> LibraryExtras:
    """Return what goes with the library, read once per process."""
    review, effectiveness, alerts = _file("review_guide"), _file("effectiveness"), _file("alerts")
    return LibraryExtras(
        scoring=_scoring(_file("scoring")),
        review_scale=MappingProxyType({row["score"]: bilingual(row["names"]) for row in review["scale"]}),
        review_rule=bilingual(review["rule"]),
        funnel=tuple(_step(row) for row in effectiveness["funnel"]["steps"]),
        rfm_tiers=MappingProxyType({row["id"]: _tier(row) for row in effectiveness["rfm"]["tiers"]}),
        shared_groups=MappingProxyType({row["id"]: _group(row) for row in _file("shared_groups")["groups"]}),
        attribution_models=MappingProxyType({row["id"]: _model(row) for row in _file("attribution")["models"]}),
        alert_levels=MappingProxyType({row["id"]: _level(row) for row in alerts["levels"]}),
        alert_rules=MappingProxyType({row["id"]: _rule(row) for row in alerts["rules"]}),
        systems=MappingProxyType({row["id"]: _system(row) for row in _file("systems")["systems"]}),
        enum_labels=freeze(_file("enums")["labels"]),
        algorithms=_texts("algorithm"),
        measure_notes=_texts("note"),
        kpi_notes=freeze({node["id"]: node["note"] for node in kpi_nodes() if "note" in node}),
        formula_language=freeze(_file("formula_language")),
        effectiveness=freeze(effectiveness),
        incentives=freeze(_file("incentives")),
        alerts=freeze(alerts),
    )


def _file(name: str) -> Data:
    return read_yaml(DATA / f"{name}.yaml")


def _texts(field: str) -> Mapping[str, Bilingual]:
    nodes = [node for _, node in measure_nodes(load_library().tables) if field in node]
    return MappingProxyType({node["id"]: bilingual(node[field]) for node in nodes})


def _scoring(node: Data) -> Scoring:
    low, high = node["clamp"]
    bands = [Band(row["id"], Decimal(row["minimum"]), bilingual(row["names"])) for row in node["bands"]]
    return Scoring(
        bands=tuple(sorted(bands, key=lambda band: band.minimum, reverse=True)),
        clamp=(Decimal(low), Decimal(high)),
        minimum_coverage=Decimal(node["minimum_coverage"]),
        qualitative=MappingProxyType({score: Decimal(percent) for score, percent in node["qualitative"].items()}),
        rules=freeze({name: node[name] for name in ("attainment", "scorecard", "company")}),
    )


def _step(row: Data) -> FunnelStep:
    return FunnelStep(row["id"], bilingual(row["names"]), row["kpi"], Decimal(row["threshold"]))


def _tier(row: Data) -> RfmTier:
    return RfmTier(row["id"], bilingual(row["names"]), row["rule"], row["source"])


def _group(row: Data) -> SharedGroup:
    return SharedGroup(
        id=row["id"],
        names=bilingual(row["names"]),
        members=tuple(row["members"]),
        total=row["total"],
        second_views=MappingProxyType(dict(row.get("second_views", {}))),
        rule=bilingual(row["rule"]),
        source=row["source"],
    )


def _model(row: Data) -> AttributionModel:
    return AttributionModel(row["id"], bilingual(row["names"]), bilingual(row["rule"]), row["source"])


def _level(row: Data) -> AlertLevel:
    return AlertLevel(row["id"], bilingual(row["names"]), row["respond_within_hours"], tuple(row["notify"]))


def _rule(row: Data) -> AlertRule:
    return AlertRule(
        id=row["id"],
        names=bilingual(row["names"]),
        kpi=row.get("kpi", ""),
        test=bilingual(row["test"]),
        measure=row["measure"],
        watch=row["watch"],
        scopes=tuple(row["scopes"]),
        side=row["side"],
        thresholds=MappingProxyType({level: Decimal(value) for level, value in row["thresholds"].items()}),
        unit=bilingual(row["unit"]),
        source=row["source"],
        kpis=tuple(row.get("kpis", ())),
        tables=tuple(row.get("tables", ())),
    )


def _system(row: Data) -> DataSystem:
    return DataSystem(
        id=row["id"],
        names=bilingual(row["names"]),
        feeds=tuple(row["feeds"]),
        fields=tuple(row["fields"]),
        limits=optional_text(row.get("limits")),
        source=row["source"],
        history_days=row.get("history_days"),
        query_days=row.get("query_days"),
        history_tables=tuple(row.get("history_tables", ())),
    )
