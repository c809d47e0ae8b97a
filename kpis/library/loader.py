"""Reads kpis/library/data into the typed Library. A file that cannot be typed raises; sense is checks.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType

from kpis.engine.specs import (
    Aggregation,
    ColumnSpec,
    ColumnType,
    DerivedMeasure,
    Direction,
    KpiKind,
    KpiLayer,
    KpiSpec,
    Library,
    Measure,
    Params,
    ScopeKind,
    SimpleMeasure,
    TableSpec,
    WeightSet,
)
from kpis.library.filters import parse_filter
from omnichannel.core.datafiles import Data, bilingual, content_hash, optional_text, read_ordered, read_yaml
from omnichannel.core.periods import Grain
from roles.catalogue import RoleKey, load_roles

DATA = Path(__file__).parent / "data"
COMPANY_FILE = "company"


@cache
def load_library() -> Library:
    """Return the library, read once per process. The version changes with any byte of the data files."""
    release = load_roles().version.partition("+")[0]
    tables = {spec.id: spec for spec in map(_table, read_ordered(DATA / "tables"))}
    return Library(
        version=f"{release}+{content_hash(DATA)}",
        tables=MappingProxyType(tables),
        measures=_measures(tables),
        kpis=MappingProxyType({node["id"]: kpi_spec(node) for node in kpi_nodes()}),
        weights=MappingProxyType({(found.role, found.stage): found for found in _weights()}),
        params=Params(**read_yaml(DATA / "params.yaml")["params"]),
    )


def catalogue_counts() -> dict[str, int]:
    """Return how much the library holds, for `./run catalogue --json`."""
    library = load_library()
    return {
        "kpis": len(library.kpis),
        "measures": len(library.measures),
        "derived_measures": sum(isinstance(measure, DerivedMeasure) for measure in library.measures.values()),
        "tables": sum(table.feeds_kpis for table in library.tables.values()),
        "organisation_tables": sum(not table.feeds_kpis for table in library.tables.values()),
        "core_tables": sum(table.core for table in library.tables.values()),
        "weight_sets": len(library.weights),
    }


def kpi_nodes() -> Iterator[Data]:
    """Yield the KPI entries: by first role in the order of the map, the company's last."""
    for name in (*RoleKey, COMPANY_FILE):
        yield from read_yaml(DATA / "kpis" / f"{name}.yaml")["kpis"]


def measure_nodes(tables: Mapping[str, object]) -> Iterator[tuple[str, Data]]:
    """Yield (table, entry) of the simple measures by table, then ("", entry) of the derived ones."""
    names = {path.stem for path in (DATA / "measures").glob("*.yaml")} - {"derived"}
    if unknown := names - set(tables):
        raise ValueError(f"measures/{min(unknown)}.yaml belongs to no table")
    for name in tables:
        if name in names:
            yield from ((name, node) for node in read_yaml(DATA / "measures" / f"{name}.yaml")["measures"])
    yield from (("", node) for node in read_yaml(DATA / "measures" / "derived.yaml")["measures"])


def _table(node: Data) -> TableSpec:
    return TableSpec(
        id=node["id"],
        names=bilingual(node["names"]),
        core=node["core"],
        key=tuple(node["key"]),
        columns=tuple(_column(column) for column in node["columns"]),
        scopes=MappingProxyType({ScopeKind(kind): column for kind, column in node["scopes"].items()}),
        dated=node.get("dated", ""),
        feeds_kpis=node.get("feeds_kpis", True),
        after=tuple(node.get("after", ())),
    )


def _column(node: Data) -> ColumnSpec:
    return ColumnSpec(
        name=node["name"],
        type=ColumnType(node["type"]),
        nullable=node["nullable"],
        unit=node.get("unit", ""),
        enum=tuple(node.get("enum", ())),
        ref=node.get("ref", ""),
        example=node.get("example", ""),
        computed=node.get("computed", False),
        names=bilingual(node["names"]),
        aliases=tuple(node["aliases"]),
    )


def _measures(tables: Mapping[str, TableSpec]) -> Mapping[str, Measure]:
    found: dict[str, Measure] = {}
    for table, node in measure_nodes(tables):
        if node["id"] in found:
            raise ValueError(f"the measure {node['id']} is given twice")
        found[node["id"]] = _simple(node, table=table) if table else _derived(node)
    return MappingProxyType(found)


def _simple(node: Data, *, table: str) -> SimpleMeasure:
    note = optional_text(node.get("note"))
    return SimpleMeasure(
        id=node["id"],
        names=bilingual(node["names"]),
        table=table,
        agg=Aggregation(node["agg"]),
        column=node["column"],
        time=node["time"],
        end=node.get("end", ""),
        weight=node.get("weight", ""),
        by=node.get("by", ""),
        filters=tuple(parse_filter(text) for text in node.get("filters", ())),
        note=note.en if note else "",
    )


def _derived(node: Data) -> DerivedMeasure:
    return DerivedMeasure(
        id=node["id"],
        names=bilingual(node["names"]),
        tables=tuple(node["tables"]),
        columns=tuple(node["columns"]),
        algorithm=bilingual(node["algorithm"]).en,
        params=tuple(node.get("params", ())),
    )


def kpi_spec(node: Data) -> KpiSpec:
    """Type one KPI's entry. KeyError, TypeError, ValueError or ArithmeticError for one that cannot be."""
    band, note = node.get("target_band"), optional_text(node.get("note"))
    return KpiSpec(
        id=node["id"],
        names=bilingual(node["names"]),
        definition=bilingual(node["definition"]),
        kind=KpiKind(node["kind"]),
        layer=KpiLayer(node["layer"]),
        qualitative=node.get("qualitative", False),
        unit=node["unit"],
        direction=Direction(node["direction"]),
        formula=node["formula"],
        grain=Grain(node["grain"]),
        source=node["source"],
        recovery=node["recovery"],
        roles=tuple(node["roles"]),
        shared_group=node.get("shared_group", ""),
        company=node.get("company", False),
        any_role=node.get("any_role", False),
        target_band=(Decimal(band[0]), Decimal(band[1])) if band else None,
        params=tuple(node.get("params", ())),
        note=note.en if note else "",
    )


def _weights() -> Iterator[WeightSet]:
    for role in RoleKey:
        for node in read_yaml(DATA / "weights" / f"{role}.yaml")["sets"]:
            weights = MappingProxyType({kpi: Decimal(weight) for kpi, weight in node["weights"].items()})
            yield WeightSet(role=str(role), stage=node["stage"], weights=weights, source=node["source"])
