"""The SQL of a query, compiled once: Ibis takes longer to compile one than DuckDB to run it on a month.

A query names its tables and their columns, never the connection they are on, and its dates are parameters (see
`bounds`): the next computation asks the same, and its dates are written into the same text. Each process keeps what it
has compiled; where a folder is given (`keep_in`), all processes find there what one of them has compiled.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import ibis.expr.operations as ops

from kpis.engine.bounds import stand_ins

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

_MOST = 512  # queries: several times what all KPIs ask
_SHORT = 16  # bytes of a digest
VERSIONS = "-".join(version(name) for name in ("ibis-framework", "sqlglot", "duckdb"))
_kept: list[Path] = []  # the folder, once there is one


def keep_in(folder: Path) -> None:
    """Keep compiled queries in a folder, apart for each version of who compiles them; processes may share it."""
    _kept[:] = [folder / VERSIONS]


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
    file = _file_of(query) if _kept else None
    if file is None:
        return compiled_alone(query.to_expr())
    with suppress(OSError):
        return file.read_text(encoding="utf-8")
    text = compiled_alone(query.to_expr())
    # a sweep may take the folder away, a disk may be full: the text is there all the same
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    return text


def _file_of(query: ops.Node) -> Path | None:
    """Return where the text of a query is kept; None for one that holds rows itself."""
    if query.find(ops.InMemoryTable):
        return None
    known: dict[ops.Node, str] = {param.op(): f"on {day}" for param, day in stand_ins().items()}
    return _kept[0] / f"{_digest(query, known)}.sql"


def _digest(part: object, known: dict[ops.Node, str]) -> str:
    """Return what stands for a query or a part of it: the same in every process."""
    if isinstance(part, ops.Node):
        if part not in known:
            text = f"{type(part).__name__}{[_digest(each, known) for each in part.__args__]}"
            known[part] = blake2b(text.encode(), digest_size=_SHORT).hexdigest()
        return known[part]
    if isinstance(part, Mapping):
        return str([(name, _digest(each, known)) for name, each in part.items()])
    if isinstance(part, tuple):
        return str([_digest(each, known) for each in part])
    return f"{type(part).__name__} {part!r}"
