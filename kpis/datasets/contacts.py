"""First contacts: the same person added twice is one new private user, credited to the first contact.

A load fills `is_first` over the rows of its own file, so that a part is complete. The current table may see an earlier
contact in another upload: whoever reads several parts replaces the column by FIRST_CONTACT_SQL over the visible rows.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

# An unknown person is known by the contact alone; the prefixes keep the two kinds of id apart.
FIRST_CONTACT_SQL = (
    "(row_number() over (partition by coalesce('p' || customer_id, 'c' || contact_id) "
    "order by added_at, contact_id) = 1)"
)


def first_contacts(rows: pa.Table) -> pa.Table:
    """Return the contacts in the same order with `is_first` computed over these rows."""
    place = rows.schema.get_field_index("is_first")
    numbered = rows.append_column("_place", pa.array(range(rows.num_rows), pa.int64()))
    with duckdb.connect() as engine:
        engine.register("given", numbered)
        first = engine.sql(f"select {FIRST_CONTACT_SQL} as is_first from given order by _place").to_arrow_table()  # noqa: S608
    return rows.set_column(place, pa.field("is_first", pa.bool_()), first.column("is_first"))
