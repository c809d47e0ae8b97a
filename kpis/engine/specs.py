"""Typed, frozen definitions the engine computes from: tables, measures, KPIs, weights, scoring. No I/O here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from omnichannel.core.periods import Grain
from omnichannel.core.text import Bilingual

NO_TEXT = Bilingual("", "")


class ColumnType(StrEnum):
    """Types of a canonical column; `decimal` is DECIMAL(18,4), `datetime` is local wall time of the workspace."""

    STRING = "string"
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    ENUM = "enum"


class ScopeKind(StrEnum):
    """Whose figure it is. `company` is the whole workspace."""

    COMPANY = "company"
    UNIT = "unit"
    EMPLOYEE = "employee"
    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of a canonical table. `ref` is `table.column`; `computed` columns are filled at load."""

    name: str
    type: ColumnType
    nullable: bool
    unit: str = ""
    enum: tuple[str, ...] = ()
    ref: str = ""
    example: str = ""
    computed: bool = False
    names: Bilingual = NO_TEXT
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A canonical operating-data table. `scopes` maps a scope kind to the column that carries it.

    `dated` names the column whose day tells several rows of one key in a file apart: the history of one thing.
    `feeds_kpis` is False for tables that only describe the organisation. `after` names tables to be loaded before it
    beside those that its columns refer to: a column that may hold ids of either has no single `ref`.
    """

    id: str
    names: Bilingual
    core: bool
    key: tuple[str, ...]
    columns: tuple[ColumnSpec, ...]
    scopes: Mapping[ScopeKind, str]
    dated: str = ""
    feeds_kpis: bool = True
    after: tuple[str, ...] = ()

    @property
    def parents(self) -> tuple[str, ...]:
        """Return the tables that this one's rows point to, itself included where they point to each other."""
        referred = (column.ref.partition(".")[0] for column in self.columns if column.ref)
        return tuple(dict.fromkeys((*referred, *self.after)))

    @property
    def row_key(self) -> tuple[str, ...]:
        """Return the columns that no two rows of a file have alike."""
        return (*self.key, self.dated) if self.dated else self.key

    def column(self, name: str) -> ColumnSpec:
        """Return the column; KeyError when the table has none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.id}.{name}")


class Aggregation(StrEnum):
    """How a simple measure aggregates one table; meanings in `library/data/formula_language.yaml`."""

    SUM = "sum"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    AVG = "avg"
    WEIGHTED_AVG = "weighted_avg"
    AVG_RATIO_100 = "avg_ratio_100"
    STOCK_COUNT = "stock_count"
    STOCK_DISTINCT = "stock_distinct"
    AVG_OF_DAILY_SUM = "avg_of_daily_sum"
    LAST_DAILY_SUM = "last_daily_sum"


class FilterOp(StrEnum):
    """Comparisons a measure's own filter may use."""

    IN = "in"
    EQ = "="
    GT = ">"
    GE = ">="
    LE = "<="
    IS_NOT_NULL = "is_not_null"


@dataclass(frozen=True, slots=True)
class Filter:
    """`column op values`; a value that names another column of the table compares the two columns."""

    column: str
    op: FilterOp
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SimpleMeasure:
    """One aggregate over one table. `time` may reach through a reference (`orders.paid_at`)."""

    id: str
    names: Bilingual
    table: str
    agg: Aggregation
    column: str
    time: str
    end: str = ""
    weight: str = ""
    by: str = ""
    filters: tuple[Filter, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class DerivedMeasure:
    """A measure with an algorithm of its own over customer-level states (churn, RFM, activation ...)."""

    id: str
    names: Bilingual
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    algorithm: str
    params: tuple[str, ...] = ()


Measure = SimpleMeasure | DerivedMeasure


class KpiKind(StrEnum):
    """The four KPI kinds of seed 004."""

    RESULT = "result"
    PROCESS = "process"
    PROGRESS = "progress"
    SUBJECTIVE = "subjective"


class KpiLayer(StrEnum):
    """The three layers of seed 003."""

    EFFICIENCY = "efficiency"
    EFFECT = "effect"
    VALUE = "value"


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class KpiSpec:
    """One KPI of the library: both names, the formula text, and how it is judged."""

    id: str
    names: Bilingual
    definition: Bilingual
    kind: KpiKind
    layer: KpiLayer
    qualitative: bool
    unit: str
    direction: Direction
    formula: str
    grain: Grain
    source: str
    recovery: str
    roles: tuple[str, ...] = ()
    shared_group: str = ""
    company: bool = False
    any_role: bool = False
    target_band: tuple[Decimal, Decimal] | None = None
    params: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class WeightSet:
    """Weights of one role in one stage; they sum to 100."""

    role: str
    stage: str
    weights: Mapping[str, Decimal]
    source: str


@dataclass(frozen=True, slots=True)
class Params:
    """Tenant-wide parameters of the derived measures."""

    churn_days: int = 180
    activation_days: int = 7
    second_purchase_days: int = 90
    rfm_window_days: int = 365
    rfm_bins: int = 5
    rfm_min_customers: int = 50
    ltv_cap_years: int = 5
    attribution_model: str = "last_touch"
    attribution_window_days: int = 30
    attribution_half_life_days: int = 7


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Everything the engine needs to know: the definitions, keyed by id, and their version. Equal only to itself."""

    version: str
    tables: Mapping[str, TableSpec]
    measures: Mapping[str, Measure]
    kpis: Mapping[str, KpiSpec]
    weights: Mapping[tuple[str, str], WeightSet]
    params: Params = field(default_factory=Params)


class Scope(NamedTuple):
    """Whose figure: the kind and the external id (empty for the company). Thousands are looked up: a tuple."""

    kind: ScopeKind
    id: str = ""


COMPANY = Scope(ScopeKind.COMPANY)


class NoData(StrEnum):
    """Why a KPI has no value. Stored beside the null and shown in words, never as 0."""

    NO_ROWS = "no_rows"
    TABLE_MISSING = "table_missing"
    MISSING_OPERAND = "missing_operand"
    ZERO_DENOMINATOR = "zero_denominator"
    NOT_AT_SCOPE = "not_at_scope"
    TOO_FEW_CUSTOMERS = "too_few_customers"
    TOO_LARGE = "too_large"


class Value(NamedTuple):
    """One KPI for one period and scope. `rows` counts the table rows used. No value: `reason` and `detail` say why."""

    kpi: str
    scope: Scope
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    rows: int = 0
    reason: NoData | None = None
    detail: str = ""
