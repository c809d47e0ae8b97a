"""Where a role stands in the real organisation of a day: path, superior, head count, the team around."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from roles.catalogue import RoleKey
from roles.holdings import Holding
from roles.queries.chart_facts import Facts, SeatRow, WorkRow, is_on
from roles.queries.library import role_library
from talent.descriptions.material import Place, TeamLine


def place_in(chart: Facts, *, role: str, unit: str, seat: str = "") -> Place | None:
    """Return the place of a role in a unit, or of a seat; None where neither is asked for."""
    own = chart.seats[seat][0] if seat else None
    unit = own.unit if own else unit
    if not unit:
        return None
    node, below = chart.tree.nodes[unit], chart.tree.subtree(unit)
    staff = [row for row in _working(chart) if row.unit in below]
    held = [one for one in chart.holdings if one.unit_external_id in below]
    mine = [one for one in held if one.role_key == role]
    line = (unit, *chart.tree.ancestors(unit))
    return Place(
        unit=node.name,
        path=tuple(chart.tree.nodes[each].name for each in reversed(line)),
        superior=_superior(chart, role=role, unit=unit, own=own),
        staff=len({row.external_id for row in staff}),
        staff_fte=sum((row.fte for row in staff), Decimal(0)),
        holders=_people(mine),
        holders_fte=_fte(mine),
        team=_team(held, but=role),
        city=next((city for each in line if (city := chart.tree.nodes[each].city)), ""),
        seat=own.title if own else "",
        seat_fte=own.planned_fte if own else None,
        grade=own.grade if own else "",
    )


def _working(chart: Facts) -> list[WorkRow]:
    return [row for rows in chart.work.values() for row in rows if is_on(row, chart.as_of)]


def _superior(chart: Facts, *, role: str, unit: str, own: SeatRow | None) -> str:
    """Return the seat that heads the unit, or the nearest one above; without such seats whom the people report to."""
    heads: dict[str, SeatRow] = {}
    for rows in chart.seats.values():
        for row in rows:
            if row.is_head and is_on(row, chart.as_of) and (own is None or row.external_id != own.external_id):
                heads.setdefault(row.unit, row)
    is_head = own is not None and own.is_head
    above = chart.tree.ancestors(unit) if is_head else (unit, *chart.tree.ancestors(unit))
    for each in above:
        if each in heads:
            return f"{heads[each].title} · {chart.tree.nodes[each].name}"
    return _manager(chart, role=role, unit=unit)


def _manager(chart: Facts, *, role: str, unit: str) -> str:
    """Return whom most holders of the role in the unit report to, or else most people who work there."""
    working = {row.external_id: row for row in _working(chart)}
    holders = {one.person_external_id for one in chart.holdings if (one.role_key, one.unit_external_id) == (role, unit)}
    for people in (holders, {key for key, row in working.items() if row.unit == unit}):
        managers = Counter(
            row.manager for key in sorted(people) if (row := working.get(key)) and row.manager in working
        )
        if managers:
            boss = working[managers.most_common(1)[0][0] or ""]
            place = chart.tree.nodes.get(boss.unit)
            return f"{boss.name} · {place.name}" if place else boss.name
    return ""


def _team(held: Iterable[Holding], *, but: str) -> tuple[TeamLine, ...]:
    by_role: dict[RoleKey, list[Holding]] = {}
    for one in held:
        by_role.setdefault(one.role_key, []).append(one)
    roles = role_library().roles
    return tuple(
        TeamLine(spec.names, _people(by_role[key]), _fte(by_role[key]))
        for key, spec in roles.items()
        if key in by_role and key != but
    )


def _people(held: Iterable[Holding]) -> int:
    return len({one.person_external_id for one in held})


def _fte(held: Iterable[Holding]) -> Decimal:
    return sum((one.share * one.person_fte for one in held), Decimal(0))
