"""Norms and driver values are entered; every entry stays in the history, and an older one can be brought back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from omnichannel.core.periods import parse_day
from roles.catalogue import load_roles
from roles.queries.library import role_keys
from roles.queries.org_chart import UnitTree
from talent.errors.headcount import PlanRefused
from talent.headcount.document import MOST_FTE, SMALLEST_RATE, Fault, Reading
from talent.models import DriverEntry, HeadcountNorm
from talent.queries.drivers import NormRow, catalogue_norm, norm_history

Said = Mapping[str, object]


def keep_norm(role: str, said: Said, *, actor_id: int | None, today: date) -> HeadcountNorm:
    """Keep what a post of a role carries: `driver`, `units_per_fte`, `minimum`, `since`, `note`. All faults at once."""
    reading = Reading()
    driver = reading.word(said.get("driver"), "/driver", load_roles().headcount.drivers)
    units = reading.needed(said.get("units_per_fte"), "/units_per_fte", low=SMALLEST_RATE)
    minimum = reading.needed(said.get("minimum"), "/minimum", high=MOST_FTE)
    since = _day(said.get("since"), "/since", reading, usual=today)
    if role not in role_keys():
        reading.fault("/role", Fault.UNKNOWN)
    if reading.issues:
        raise PlanRefused(reading.issues)
    return HeadcountNorm.objects.create(
        role_key=role,
        driver=driver,
        units_per_fte=units,
        minimum=minimum,
        since=since,
        note=_note(said),
        author_id=actor_id,
    )


def restore_norm(role: str, *, row: int, actor_id: int | None, today: date) -> HeadcountNorm:
    """Let an earlier norm hold again from today on; `row` 0 is the catalogue's. PlanRefused for what is not there."""
    found: NormRow | None = next((each for each in norm_history(role) if each.pk == row), None)
    if found is None:
        reading = Reading()
        reading.fault("/row", Fault.UNKNOWN)
        raise PlanRefused(reading.issues)
    shipped = catalogue_norm(role)
    return HeadcountNorm.objects.create(
        role_key=role,
        driver=found.norm.driver,
        units_per_fte=found.norm.units_per_fte,
        minimum=found.norm.minimum,
        since=today,
        is_catalogue=found.norm == shipped,
        author_id=actor_id,
    )


def enter_driver(said: Said, *, tree: UnitTree, actor_id: int | None, today: date) -> DriverEntry:
    """Keep the value of a driver: `driver`, `unit`, `on`, `value`, `note`. Without a value the entry is taken back."""
    reading = Reading()
    driver = reading.word(said.get("driver"), "/driver", load_roles().headcount.drivers)
    unit = reading.word(said.get("unit"), "/unit", tree.nodes)
    value: Decimal | None = reading.number(said.get("value"), "/value")
    on = _day(said.get("on"), "/on", reading, usual=today)
    if reading.issues:
        raise PlanRefused(reading.issues)
    return DriverEntry.objects.create(
        driver=driver, unit_external_id=unit, on=on, value=value, note=_note(said), author_id=actor_id
    )


def _day(said: object, pointer: str, reading: Reading, *, usual: date) -> date:
    if said is None or said == "":
        return usual
    try:
        return parse_day(str(said))
    except ValueError:
        reading.fault(pointer, Fault.NOT_A_DAY)
        return usual


def _note(said: Said) -> str:
    return str(said.get("note") or "").strip()[:300]
