"""Inserting many rows at once. They travel as one JSON text and PostgreSQL takes them apart.

A whole organisation is a hundred thousand rows; building a model instance and a SQL parameter for each of their values
takes longer than all checks together. (COPY is not open to a role that is under row-level security.)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from django.db import connection, models

Row = Mapping[str, object]
BATCH = 10_000


def insert(
    model: type[models.Model],
    rows: Iterable[Row],
    *,
    conflict: Sequence[str] = (),
    update: Sequence[str] = (),
) -> None:
    """Insert rows of column names and values; all rows name the same columns, and leave none without a default out.

    Where a row with the same `conflict` columns is there already, its `update` columns are set instead.
    """
    waiting = iter(rows)
    while chunk := list(islice(waiting, BATCH)):
        _insert(model, chunk, conflict=conflict, update=update)


def _insert(model: type[models.Model], rows: list[Row], *, conflict: Sequence[str], update: Sequence[str]) -> None:
    quote = connection.ops.quote_name
    columns = [quote(name) for name in rows[0]]
    types = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    typed = [f"{quote(name)} {types[name]}" for name in rows[0]]
    statement = (
        f"insert into {quote(model._meta.db_table)} ({', '.join(columns)}) "  # noqa: S608 - names of our own models
        f"select {', '.join(columns)} from json_to_recordset(%s::json) as row({', '.join(typed)})"
    )
    if conflict:
        kept = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in update)
        statement += f" on conflict ({', '.join(map(quote, conflict))}) do update set {kept}"
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(rows, default=_text, ensure_ascii=False)])


def days(start: date | None, end: date | None) -> str:
    """Write a half-open range of days as PostgreSQL reads it."""
    return f"[{start or ''},{end or ''})"


def _text(value: object) -> str:
    if isinstance(value, date | datetime | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a column")


def values(rows: Sequence[models.Model]) -> Iterator[Row]:
    """Return the columns of new instances of one model."""
    if rows:
        names = [(field.column, field.attname) for field in rows[0]._meta.concrete_fields if not field.primary_key]
        for row in rows:
            held = row.__dict__
            yield {column: held[attname] for column, attname in names}
