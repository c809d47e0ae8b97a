"""What the columns of a table are called in a file that the door takes back without a question."""

from __future__ import annotations

from collections.abc import Collection

from kpis.datasets.meaning.mapping import propose_mapping
from kpis.engine.specs import TableSpec
from kpis.library import load_library


def template_header(table: TableSpec, *, language: str | None, columns: Collection[str] | None = None) -> list[str]:
    """Return the names of the table's columns; the canonical one where the mapper would have to ask about the other.

    `columns` limits it to some, in the order of the table.
    """
    wanted = [one for one in table.columns if not one.computed and (columns is None or one.name in columns)]
    names = [column.names.in_language(language) or column.name for column in wanted]
    proposal = propose_mapping(names, tables=load_library().tables, hint_table=table.id)
    unsure = set(proposal.unresolved)
    return [column.name if name in unsure else name for column, name in zip(wanted, names, strict=True)]
