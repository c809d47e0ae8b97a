"""Lists of customers behind an analysis: pseudonymous ids, paged straight from the stored file.

Consent and erasure are those of now, not of the day of the analysis: an erased customer is in no list, and a list that
serves to write to people (`OUTREACH`) holds only those who agreed to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import duckdb
from django.conf import settings

from kpis.analysis_choices import AnalysisName
from kpis.engine.results import KINDS
from kpis.engine.specs import Scope
from kpis.models import AnalysisResult
from kpis.queries.warehouse import overlapping, part_paths

PAGE = 50
CHUNK = 5000


@dataclass(frozen=True, slots=True)
class ListSpec:
    """What a list shows, how it may be narrowed (value -> condition), its first order, and what serves outreach."""

    columns: tuple[str, ...]
    views: Mapping[str, str]
    sort: str
    outreach: frozenset[str]
    base: str = "true"


SPECS: Mapping[AnalysisName, ListSpec] = {
    AnalysisName.RFM: ListSpec(
        columns=("recency", "frequency", "money", "r", "f", "m", "tier"),
        views={
            "at_risk": "at_risk",
            "high": "tier = 'high'",
            "potential": "tier = 'potential'",
            "dormant": "tier = 'dormant'",
            "all": "true",
        },
        sort="-money",
        outreach=frozenset({"at_risk"}),
    ),
    AnalysisName.AIPL: ListSpec(
        columns=("l0", "l1", "l2", "l3"),
        views={
            "up": "l0 > l1",
            "down": "l0 < l1",
            "loyalty": "l0 = 4",
            "purchase": "l0 = 3",
            "interest": "l0 = 2",
            "awareness": "l0 = 1",
            "all": "true",
        },
        sort="-l0",
        outreach=frozenset(),
        base="l0 > 0 or l1 > 0",
    ),
    AnalysisName.CHURN: ListSpec(
        columns=("last_order", "silent_days", "churns_on", "back_on", "away_days", "orders", "money"),
        views={
            "churned": "state = 'churned'",
            "soon": "state = 'soon'",
            "recalled": "state = 'recalled'",
        },
        sort="-money",
        outreach=frozenset({"churned", "soon"}),
    ),
}


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """One page of a list. `found` = `listed` + `without_consent` + `erased`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    found: int
    listed: int
    without_consent: int
    erased: int
    start: int
    is_outreach: bool


def customer_page(
    result: AnalysisResult, *, scope: Scope, view: str, sort: str = "", page: int = 1, least: int = 0
) -> CustomerPage:
    """Return a page of a view of the list. KeyError for an unknown view or column to sort by."""
    spec = SPECS[AnalysisName(result.name)]
    with duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT, "threads": 1}) as engine:
        counts = _open(engine, result, scope, view, least=least)
        start = (max(page, 1) - 1) * PAGE
        rows = engine.execute(
            f"select customer_id, {', '.join(spec.columns)}, consent from listed "  # noqa: S608 - names of ours
            f"order by {_order(spec, sort)} limit {PAGE} offset {start}"
        ).fetchall()
    found, erased, without = counts
    return CustomerPage(
        columns=spec.columns,
        rows=tuple(tuple(row) for row in rows),
        found=found,
        listed=found - erased - without,
        without_consent=without,
        erased=erased,
        start=start,
        is_outreach=view in spec.outreach,
    )


def every_customer(
    result: AnalysisResult, *, scope: Scope, view: str, sort: str = "", least: int = 0
) -> Iterator[Sequence[object]]:
    """Return the whole list in its order; the columns are those of its page.

    What is needed of the database is read now: a stream is sent after the workspace has been closed.
    """
    spec = SPECS[AnalysisName(result.name)]
    engine = duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT, "threads": 1})
    try:
        _open(engine, result, scope, view, least=least)
        rows = engine.execute(
            f"select customer_id, {', '.join(spec.columns)}, consent from listed order by {_order(spec, sort)}"  # noqa: S608
        )
    except BaseException:
        engine.close()
        raise
    return _fetched(engine, rows)


def _fetched(engine: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyConnection) -> Iterator[Sequence[object]]:
    with closing(engine):
        while chunk := rows.fetchmany(CHUNK):
            yield from chunk


def _order(spec: ListSpec, sort: str) -> str:
    asked = sort or spec.sort
    column, descending = asked.removeprefix("-"), asked.startswith("-")
    if column not in (*spec.columns, "customer_id", "consent"):
        raise KeyError(asked)
    return f"{column} {'desc' if descending else 'asc'} nulls last, customer_id"


def _open(
    engine: duckdb.DuckDBPyConnection, result: AnalysisResult, scope: Scope, view: str, *, least: int
) -> tuple[int, int, int]:
    """Make the table `listed`; return how many were found, are erased, and are left out for want of consent."""
    spec = SPECS[AnalysisName(result.name)]
    condition = spec.views[view]
    _customers(engine)
    path = str(settings.DATA_ROOT / result.list_path)
    base = "base_n >= $least" if result.name == AnalysisName.RFM else "$least >= 0"
    engine.execute(
        f"""
        create temp table found as
        select list.*, coalesce(people.consent, false) as consent, coalesce(people.erased, false) as erased
        from read_parquet($path) as list left join people using (customer_id)
        where list._kind = $kind and list._scope = $scope and ({spec.base}) and ({condition}) and {base}
        """,  # noqa: S608 - the conditions are ours
        {"path": path, "kind": KINDS.index(scope.kind), "scope": scope.id, "least": least},
    )
    outreach = "consent" if view in spec.outreach else "true"
    engine.execute(f"create temp view listed as select * from found where not erased and ({outreach})")  # noqa: S608
    row = engine.execute(
        f"select count(*), count(*) filter (erased), count(*) filter (not erased and not ({outreach})) from found"  # noqa: S608
    ).fetchone()
    return (0, 0, 0) if row is None else (row[0], row[1], row[2])


def _customers(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the view `people`: consent and erasure of every customer as the newest loads tell them."""
    paths = [str(path) for path in part_paths("customers")]
    if not paths:
        engine.execute("create temp table people (customer_id varchar, consent boolean, erased boolean)")
        return
    engine.read_parquet(paths, union_by_name=True).create_view("loaded")
    newest = "qualify row_number() over (partition by customer_id order by _seq desc, _line desc) = 1"
    engine.execute(
        f"""
        create temp view people as
        select customer_id, consent_marketing as consent, erased_at is not null as erased from loaded
        {newest if "customers" in overlapping() else ""}
        """  # noqa: S608 - no word of it comes from outside
    )
