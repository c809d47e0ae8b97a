"""The silo map: which system feeds which tables, which KPIs that enables, and what stops when one is disconnected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from kpis.engine.specs import KpiSpec, TableSpec
from kpis.library import load_library
from kpis.library.extras import DataSystem, library_extras
from kpis.queries.definitions import library_at
from kpis.queries.systems import UNKNOWN, Arrival, Loss, Supply, arrivals, supply, without
from kpis.queries.usage import tables_of_kpis
from omnichannel.core.text import Bilingual
from roles.catalogue import roles_here

NOBODY = Bilingual("公司与共用", "Company and shared")


@dataclass(frozen=True, slots=True)
class SystemLine:
    """One system: the tables it feeds, those it has sent, its newest day, the KPIs that read any of its tables.

    `system` is None for uploads of which nobody has said where they came from. `alone` would be lost without it.
    """

    id: str
    system: DataSystem | None
    tables: tuple[TableSpec, ...]
    sent: tuple[Arrival, ...]
    kpis: int
    alone: int
    is_off: bool

    @property
    def last_day(self) -> date | None:
        """Return the newest day of any row it has sent."""
        return max((each.last_day for each in self.sent if each.last_day), default=None)


@dataclass(frozen=True, slots=True)
class KpiGroup:
    """KPIs drawn as one node: those of a role, or a single one when the map is narrowed to a system."""

    id: str
    names: Bilingual
    kpis: tuple[str, ...]
    lost: int
    degraded: int
    is_kpi: bool


@dataclass(frozen=True, slots=True)
class SiloMap:
    """The three columns with what is disconnected, and the KPIs lost or degraded by it."""

    systems: tuple[SystemLine, ...]
    tables: tuple[TableSpec, ...]
    groups: tuple[KpiGroup, ...]
    feeds: frozenset[tuple[str, str]]
    sent: frozenset[tuple[str, str]]
    loss: Loss
    lost: tuple[KpiSpec, ...]
    degraded: tuple[KpiSpec, ...]
    focus: str


def silo_map(*, focus: str = "", off: Collection[str] = ()) -> SiloMap:
    """Draw up the map from the catalogue and from what has arrived; two queries, nothing is written.

    `focus` narrows it to one system; `off` are the systems thought away. Unknown ids are ignored.
    """
    found = arrivals()
    of = supply(found)
    systems = _systems(found, of, off=off)
    known = {line.id for line in systems}
    off = [line.id for line in systems if line.is_off]
    focus = focus if focus in known else ""
    shown = [line for line in systems if not focus or line.id == focus]
    tables = [spec for spec in load_library().tables.values() if any(spec in line.tables for line in shown)]
    loss, kpis = without(off, of=of), library_at().kpis
    return SiloMap(
        systems=tuple(systems),
        tables=tuple(tables),
        groups=tuple(_groups({spec.id for spec in tables}, loss, single=bool(focus))),
        feeds=frozenset((line.id, spec.id) for line in shown for spec in line.tables),
        sent=of.arrived,
        loss=loss,
        lost=tuple(kpis[kpi] for kpi in loss.lost),
        degraded=tuple(kpis[kpi] for kpi in loss.degraded),
        focus=focus,
    )


def _systems(found: Sequence[Arrival], of: Supply, *, off: Collection[str]) -> list[SystemLine]:
    tables, read = load_library().tables, tables_of_kpis()
    lines = []
    for key in (*library_extras().systems, UNKNOWN):
        system = library_extras().systems.get(key)
        sent = tuple(each for each in found if each.system == key and each.table in tables)
        fed = dict.fromkeys((*(system.feeds if system else ()), *(each.table for each in sent)))
        if not fed:
            continue
        lines.append(
            SystemLine(
                id=key,
                system=system,
                tables=tuple(tables[table] for table in fed),
                sent=sent,
                kpis=sum(1 for needed in read.values() if needed & set(fed)),
                alone=len(without([key], of=of).lost),
                is_off=key in off,
            )
        )
    return lines


def _groups(tables: Collection[str], loss: Loss, *, single: bool) -> list[KpiGroup]:
    library, roles = library_at(), roles_here().roles
    read = tables_of_kpis()
    grouped: dict[str, list[str]] = {}
    for kpi in library.kpis.values():
        if read[kpi.id] & set(tables):
            key = kpi.id if single else next((role for role in kpi.roles if role in roles), "")
            grouped.setdefault(key, []).append(kpi.id)
    names = {str(key): role.names for key, role in roles.items()}
    places = {"": -1, **{key: place for place, key in enumerate(names)}}
    lost, degraded = set(loss.lost), set(loss.degraded)
    ordered = grouped.items() if single else sorted(grouped.items(), key=lambda item: places[item[0]])
    return [
        KpiGroup(
            id=key,
            names=library.kpis[key].names if single else names.get(key, NOBODY),
            kpis=tuple(members),
            lost=len(lost & set(members)),
            degraded=len(degraded & set(members)),
            is_kpi=single,
        )
        for key, members in ordered
    ]
