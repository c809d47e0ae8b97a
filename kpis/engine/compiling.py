"""The SQL of a query, compiled once per process: Ibis takes longer to compile one than DuckDB to run it on a month.

A query names its tables and their columns, never the connection they are on, and its dates are parameters (see
`bounds`): the next computation asks the same, and its dates are written into the same text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import ibis

from kpis.engine.bounds import stand_ins

if TYPE_CHECKING:
    import ibis.expr.operations as ops
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

_MOST = 512  # queries: several times what all KPIs ask


def named(name: str, backend: BaseBackend) -> ir.Table:
    """Return a table of the embedded engine by its name and columns alone: what is compiled keeps nothing open."""
    return ibis.table(backend.get_schema(name), name=name)  # type: ignore[attr-defined] # of every SQL backend


@lru_cache(maxsize=_MOST)
def numbers(name: str) -> ir.Table:
    """Return a table that numbers texts: `id`, `code`."""
    return ibis.table({"id": "string", "code": "int32"}, name=name)


def compiled(expr: ir.Table) -> str:
    """Return the DuckDB SQL of an expression over `named` tables; parameters stand as their stand-ins."""
    return _compiled(expr.op())


def compiled_alone(expr: ir.Table) -> str:
    """Return the same without keeping it: for what is asked once, with dates and ids in it, or kept by who asks."""
    return str(ibis.duckdb.compile(expr, params=stand_ins()))


@lru_cache(maxsize=_MOST)
def _compiled(query: ops.Node) -> str:
    return str(ibis.duckdb.compile(query.to_expr(), params=stand_ins()))
