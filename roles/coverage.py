"""How well roles are filled: sums over holdings, and the comparison with what a sub-type expects. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from roles.catalogue import ExpectationLevel, RoleKey, SubtypeKey, roles_here
from roles.holdings import Holding

# The catalogue's question A1 counts a person as dedicated from this share of their time on.
DEDICATED_SHARE = Decimal("0.8")
# More roles or more time than this is marked as overload (a mark, not an error).
MOST_ROLES = 3
MOST_SHARE = Decimal("1.2")


@dataclass(frozen=True, slots=True)
class Cover:
    """People in a role: `fte` is share of time x FTE of the person, `dedicated` counts people with a share >= 0.8."""

    people: int = 0
    fte: Decimal = Decimal(0)
    dedicated: int = 0


class CoverState(StrEnum):
    """Where a role stands against the expectation."""

    FILLED = "filled"
    SHARED = "shared"
    MISSING = "missing"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class RoleCover:
    """One role of a unit: what its sub-type expects, and what is there."""

    role: RoleKey
    expected: ExpectationLevel
    cover: Cover
    state: CoverState


def cover_by_unit(holdings: Iterable[Holding]) -> dict[tuple[RoleKey, str], Cover]:
    """Sum holdings per role and unit: the cells of the coverage map."""
    cells: dict[tuple[RoleKey, str], list[Holding]] = {}
    for holding in holdings:
        cells.setdefault((holding.role_key, holding.unit_external_id), []).append(holding)
    return {cell: _cover(held) for cell, held in cells.items()}


def cover_by_role(holdings: Iterable[Holding]) -> dict[RoleKey, Cover]:
    """Sum holdings per role, whatever their units; a person with the role in two units counts once."""
    held: dict[RoleKey, list[Holding]] = {}
    for holding in holdings:
        held.setdefault(holding.role_key, []).append(holding)
    return {role: _cover(some) for role, some in held.items()}


def against_expectation(covers: Mapping[RoleKey, Cover], *, subtype: SubtypeKey) -> tuple[RoleCover, ...]:
    """Compare all roles of the workspace with what the sub-type expects, in the order of the map.

    A core role wants a dedicated holder: held by part-timers only, it counts as shared.
    """
    lines = []
    for role in roles_here().roles:
        expected, cover = roles_here().expected(role, subtype), covers.get(role, Cover())
        lines.append(RoleCover(role, expected, cover, _state(expected, cover)))
    return tuple(lines)


def share_total(holdings: Iterable[Holding]) -> Decimal:
    """Return the sum of shares."""
    return sum((holding.share for holding in holdings), Decimal(0))


def is_overloaded(holdings: Iterable[Holding]) -> bool:
    """Tell whether one person's holdings are more than three roles or more than 1.2 of their time."""
    held = list(holdings)
    return len({holding.role_key for holding in held}) > MOST_ROLES or share_total(held) > MOST_SHARE


def _cover(holdings: Iterable[Holding]) -> Cover:
    shares: dict[str, Decimal] = {}
    fte = Decimal(0)
    for holding in holdings:
        shares[holding.person_external_id] = shares.get(holding.person_external_id, Decimal(0)) + holding.share
        fte += holding.share * holding.person_fte
    return Cover(len(shares), fte, sum(share >= DEDICATED_SHARE for share in shares.values()))


def _state(expected: ExpectationLevel, cover: Cover) -> CoverState:
    if not cover.people:
        return CoverState.NOT_NEEDED if expected is ExpectationLevel.OPTIONAL else CoverState.MISSING
    if expected is ExpectationLevel.CORE and not cover.dedicated:
        return CoverState.SHARED
    return CoverState.FILLED
