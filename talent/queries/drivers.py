"""What drives head count on a day: norms in force, and the value of each driver in a unit with where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kpis.engine.specs import Scope, Value
from kpis.queries.subjects import answers_for
from kpis.queries.values import as_book, current_values, stored_periods
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, load_roles
from roles.choices import UnitLevel
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from roles.queries.posts import Post
from talent.choices import DriverSource
from talent.headcount.staffing import ZERO, Norm
from talent.models import DriverEntry, HeadcountNorm

# which stored figure holds a driver: the KPI, and the part of it
MEASURED = {
    "members_n": ("member_active_rate", "denominator"),
    "mall_orders_per_month": ("mall_orders", "value"),
    "content_items_per_month": ("content_output", "value"),
    "monthly_ad_spend_cny": ("ad_roi", "denominator"),
}
TENANT, STORES, ROLES_SERVED = "tenant", "stores", "roles_served"
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class NormRow:
    """A norm as it holds from a day on. `since` is None for the catalogue's, which nobody has changed."""

    norm: Norm
    since: date | None = None
    is_catalogue: bool = True
    note: str = ""
    author: str = ""
    written_at: datetime | None = None
    pk: int = 0


@dataclass(frozen=True, slots=True)
class DriverValue:
    """The value of a driver in a unit. `on` is the day it was entered for, `period` the month it was measured in.

    `elsewhere` is what was taken off because it counts in stage areas below the unit.
    """

    driver: str
    unit: str
    value: Decimal | None
    source: DriverSource
    on: date | None = None
    period: Period | None = None
    kpi: str = ""
    scope: Scope | None = None
    note: str = ""
    author: str = ""
    elsewhere: Decimal = ZERO

    @property
    def names(self) -> Bilingual:
        """Return what the driver is called."""
        return load_roles().headcount.drivers[self.driver].names


@dataclass(frozen=True, slots=True)
class UnitDrivers:
    """The drivers of a unit: those that count, and what the data say of one that was entered."""

    counting: Mapping[str, DriverValue]
    beside: Mapping[str, DriverValue]


def catalogue_norm(role: str) -> Norm | None:
    """Return what the catalogue says of a role; None for a role of the workspace's own."""
    rule = load_roles().headcount.rules.get(RoleKey(role)) if role in {each.value for each in RoleKey} else None
    return None if rule is None else Norm(role, rule.driver, rule.units_per_fte, rule.minimum)


def planned_roles() -> tuple[str, ...]:
    """Return the roles that are planned for: all that are not hidden."""
    return tuple(role.key.value for role in role_library().offered)


def norms_on(day: date) -> dict[str, NormRow]:
    """Return the norm of each role on a day in one query; roles without any are absent."""
    newest = HeadcountNorm.objects.filter(since__lte=day).order_by("role_key", "-since", "-pk").distinct("role_key")
    kept = {row.role_key: _norm_row(row) for row in newest.select_related("author")}
    found: dict[str, NormRow] = {}
    for role in planned_roles():
        shipped = catalogue_norm(role)
        if row := kept.get(role) or (NormRow(shipped) if shipped else None):
            found[role] = row
    return found


def norm_history(role: str) -> tuple[NormRow, ...]:
    """Return what has been said of a role's norm, newest first; the catalogue's own stands last."""
    rows = HeadcountNorm.objects.filter(role_key=role).select_related("author").order_by("-pk")
    shipped = catalogue_norm(role)
    return (*map(_norm_row, rows), *([NormRow(shipped)] if shipped else []))


def _norm_row(row: HeadcountNorm) -> NormRow:
    norm = Norm(row.role_key, row.driver, row.units_per_fte, row.minimum)
    return NormRow(norm, row.since, row.is_catalogue, row.note, str(row.author or ""), row.created_at, row.pk)


def unit_drivers(
    units: Sequence[str], *, tree: UnitTree, posts: Iterable[Post], as_of: date
) -> Mapping[str, UnitDrivers]:
    """Return the drivers of units in three queries however many. What was entered counts before what was measured."""
    entered = _entered(units, as_of=as_of)
    measured = _measured(units, tree=tree, posts=posts, as_of=as_of)
    found = {}
    for unit in units:
        counting, beside = {}, {}
        for driver in load_roles().headcount.drivers:
            data, said = measured.get((unit, driver)), entered.get((unit, driver))
            missing = DriverValue(driver, unit, None, DriverSource.MISSING)
            counting[driver] = said or data or missing
            if said is not None and data is not None:
                beside[driver] = data
        found[unit] = UnitDrivers(counting, beside)
    return found


def _entered(units: Sequence[str], *, as_of: date) -> dict[tuple[str, str], DriverValue]:
    rows = DriverEntry.objects.filter(unit_external_id__in=units, on__lte=as_of)
    newest = rows.order_by("unit_external_id", "driver", "-on", "-pk").distinct("unit_external_id", "driver")
    return {
        (row.unit_external_id, row.driver): DriverValue(
            row.driver,
            row.unit_external_id,
            row.value,
            DriverSource.ENTERED,
            on=row.on,
            note=row.note,
            author=str(row.author or ""),
        )
        for row in newest.select_related("author")
        if row.value is not None
    }


def _measured(
    units: Sequence[str], *, tree: UnitTree, posts: Iterable[Post], as_of: date
) -> dict[tuple[str, str], DriverValue]:
    scopes = {unit: answers_for(unit, tree) for unit in units if unit in tree}
    period = next((each for each in stored_periods() if each.last_day <= as_of), None)
    kpis = {kpi for kpi, _part in MEASURED.values()}
    book = as_book(current_values(period, kpis=kpis, scopes=frozenset(scopes.values()))) if period and scopes else {}
    held = list(posts)
    found = {}
    for unit, scope in scopes.items():
        for value in _counted(unit, tree, held, as_of):
            found[unit, value.driver] = value
        if not _is_own(unit, scope, tree):
            continue  # the figures of the unit above are not its own
        for driver, (kpi, part) in MEASURED.items():
            number = _part(book.get((kpi, scope)), part)
            if number is not None:
                source = DriverSource.MEASURED
                found[unit, driver] = DriverValue(driver, unit, number, source, period=period, kpi=kpi, scope=scope)
    return found


def _is_own(unit: str, scope: Scope, tree: UnitTree) -> bool:
    return scope.id == unit or (not scope.id and tree.nodes[unit].parent is None)


def _part(value: Value | None, part: str) -> Decimal | None:
    number: Decimal | None = getattr(value, part) if value is not None else None
    return number


def _counted(unit: str, tree: UnitTree, posts: Sequence[Post], as_of: date) -> tuple[DriverValue, ...]:
    below = tree.subtree(unit)
    stores = sum(tree.nodes[each].level is UnitLevel.STORE for each in below)
    served = roles_served(posts, below)
    counted = DriverSource.COUNTED
    return (
        DriverValue(TENANT, unit, ONE, DriverSource.CONSTANT, on=as_of),
        DriverValue(STORES, unit, Decimal(stores), counted, on=as_of),
        DriverValue(ROLES_SERVED, unit, Decimal(len(served)), counted, on=as_of),
    )


def roles_served(posts: Iterable[Post], units: Collection[str]) -> frozenset[str]:
    """Return the roles held in the units but that of the analyst, who serves the others."""
    return frozenset(post.role for post in posts if post.unit in units) - {RoleKey.DATA_ANALYSIS.value}


def entries_of(unit: str) -> tuple[DriverValue, ...]:
    """Return everything that was entered for a unit, the newest first; an entry taken back has no value."""
    rows = DriverEntry.objects.filter(unit_external_id=unit).select_related("author").order_by("-pk")[:200]
    return tuple(
        DriverValue(
            row.driver, unit, row.value, DriverSource.ENTERED, on=row.on, note=row.note, author=str(row.author or "")
        )
        for row in rows
    )
