"""What every analysis stands on: tables, scopes, one month, the parameters; and rows grouped by scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from kpis.engine.bounds import midnight
from kpis.engine.compiling import named
from kpis.engine.derived.case import VALID_STATUS
from kpis.engine.scoping import ScopeRequest, Scoping, UnitTree, scope_of
from kpis.engine.specs import COMPANY, Library, Params, Scope, ScopeKind

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Relations, Row
    from omnichannel.core.periods import Period

KEYS = ("_kind", "_scope", "customer_id")
SCOPE = ("_kind", "_scope")
SCRATCH = "scratch-"  # files of this name are steps on the way and are thrown away


@dataclass(frozen=True, slots=True)
class Ground:
    """One month's data seen for the company and for some units; `folder` takes the lists of customers."""

    library: Library
    relations: Relations
    scoping: Scoping
    period: Period
    params: Params
    tree: UnitTree
    folder: Path

    @classmethod
    def of(
        cls,
        *,
        library: Library,
        relations: Relations,
        tree: UnitTree,
        units: Iterable[str],
        period: Period,
        folder: Path,
    ) -> Ground:
        """See the data for the company and the units named; the parameters are the library's."""
        wanted = frozenset(units) & frozenset(tree.units())
        kinds = {ScopeKind.COMPANY, ScopeKind.UNIT} if wanted else {ScopeKind.COMPANY}
        request = ScopeRequest(frozenset(kinds), {ScopeKind.UNIT: wanted} if wanted else None)
        scoping = Scoping(library, relations, tree, request)
        return cls(library, relations, scoping, period, library.params, tree, folder)

    @property
    def units(self) -> frozenset[str]:
        """The units that are looked at beside the company."""
        return self.scoping.request.wanted(ScopeKind.UNIT) or frozenset()

    @property
    def scopes(self) -> list[Scope]:
        """The company and the units."""
        return [COMPANY, *(Scope(ScopeKind.UNIT, unit) for unit in sorted(self.units))]

    def has(self, *names: str) -> bool:
        """Tell whether all of these tables were ever loaded."""
        return all(self.relations.table(name) is not None for name in names)

    def table(self, name: str) -> ir.Table:
        """Return a loaded table; LookupError otherwise."""
        found = self.relations.table(name)
        if found is None:
            raise LookupError(f"{name} is not loaded")
        return found

    def valid_orders(self, start: date | None, end: date) -> ir.Table:
        """Return the orders that count, paid in [start, end); None leaves the beginning open."""
        orders = self.table("orders")
        orders = orders.filter(orders["status"].isin(VALID_STATUS), orders["paid_at"] < midnight(end))
        return orders if start is None else orders.filter(orders["paid_at"] >= midnight(start))

    def customer_orders(self, start: date | None, end: date, keep: Sequence[str] = ()) -> ir.Table:
        """Return the valid orders of known customers, once per scope, with `customer_id`, `paid_at` and `keep`."""
        orders = self.valid_orders(start, end)
        known = orders.filter(orders["customer_id"].notnull())
        return self.spread(known, "orders", ["customer_id", "paid_at", *keep])

    def spread(self, rows: ir.Table, table: str, keep: Sequence[str], *, prefix: str = "") -> ir.Table:
        """Repeat rows that carry the scope columns of a table for every scope they count for."""
        return self.scoping.spread(rows, self.library.tables[table], keep, prefix=prefix)

    def grouped(self, rows: ir.Table) -> dict[Scope, list[Row]]:
        """Run a query and return its rows by scope; a scope without rows has none."""
        found: dict[Scope, list[Row]] = {scope: [] for scope in self.scopes}
        for row in self.relations.rows(rows):
            found.setdefault(scope_of(row), []).append(row)
        return found

    def kept(self, rows: ir.Table, name: str) -> ir.Table:
        """Write a list of customers into the folder and return it as it was written: the work is done once."""
        path = self.folder / f"{name}.parquet"
        self.relations.backend.to_parquet(rows, str(path), compression="zstd")
        found = self.relations.backend.read_parquet(str(path))
        return named(found.get_name(), self.relations.backend)


def number(cell: object) -> int:
    """Return a count; null is nothing counted."""
    return 0 if cell is None else int(str(cell))


def money(cell: object) -> Decimal:
    """Return a sum of money as it was added up; null is no money."""
    return Decimal(0) if cell is None else Decimal(str(cell))


def only(rows: Mapping[Scope, Sequence[Row]], scope: Scope) -> Row:
    """Return the single row of a scope, empty when it has none."""
    found = rows.get(scope) or [{}]
    return found[0]
