"""From SCIM to the organisation: who is here, where they work and for whom, for many people in a few statements.

A department names the unit; without one the first group does. A department that nobody knows leaves people where
another door placed them, and those whom SCIM had placed without a place, in sight among the unplaced.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from scim2_models import ConflictException, InvalidValueException

from roles.choices import OrgSource, ScimKind, Thing
from roles.models import Employment, ScimMembership, ScimResource
from roles.models.scim import ATTRIBUTE_LENGTH
from roles.scim.enrolling import user_key
from roles.scim.places import (
    UnitPlaces,
    above_department,
    department_of,
    find_users,
    ids_of,
    manager_of,
    unit_places,
)
from roles.scim.reading import Presence, presences, said_name
from roles.services.ending import end, remove
from roles.services.placeless import PlacelessInput, keep_without_place
from roles.services.source_ids import remember
from roles.services.sync import PersonInput, SyncIssue, SyncResult, upsert_people

SOURCE = OrgSource.SCIM


def said_issues(issues: Sequence[SyncIssue]) -> str:
    """Return why the organisation refuses, as the detail of an error."""
    return " ".join(dict.fromkeys(issue.message for issue in issues))


@dataclass(frozen=True, slots=True)
class Change:
    """A user whose row says something new, and about what. `left` is a unit whose group has let them go."""

    row: ScimResource
    placed: bool = False
    managed: bool = False
    named: bool = False
    earlier_department: str = ""
    left: str = ""


@dataclass(slots=True)
class _Wanted:
    """What a person is to be."""

    change: Change
    found: Presence | None
    unit: str
    manager: str | None = None
    terms: tuple[str, Decimal] = ("internal", Decimal(1))

    @property
    def key(self) -> str:
        return self.change.row.external_id


@dataclass(frozen=True, slots=True)
class Settling:
    """One write of SCIM: the day it holds from, who writes, and the moment of its revision."""

    day: date
    actor_id: int
    at: datetime

    def settle(self, changes: Sequence[Change]) -> None:
        """Bring the organisation in line with the rows of the changes, and save the rows."""
        seen: set[int] = set()
        while changes:
            self._settle(changes)
            rows = [change.row for change in changes]
            seen |= {row.pk for row in rows}
            ids = {name for row in rows for name in ids_of(row)}
            # those who wait for one of these people; who closes a loop goes on waiting
            waiting = ScimResource.objects.filter(kind=ScimKind.USER, awaits__in=ids).exclude(pk__in=seen)
            changes = [Change(row, managed=True) for row in waiting]

    def _settle(self, changes: Sequence[Change]) -> None:
        rows = [change.row for change in changes]
        people = presences([row.external_id for row in rows], day=self.day)
        leaving = {
            row.external_id: found
            for row in rows
            if row.attributes.get("active") is False
            and (found := people.get(row.external_id)) is not None
            and found.is_here(self.day)
            and found.left_on is None
        }
        staying = [change for change in changes if change.row.attributes.get("active") is not False]
        self.let_go(leaving)
        wanted = self._wanted(staying, people)
        self._write([each for each in wanted if _differs(each, day=self.day)])
        for each in wanted:
            # without a place nobody has a manager in the chart: it is given with the place
            each.change.row.unit, each.change.row.manager = each.unit, (each.manager or "") if each.unit else ""
        ScimResource.objects.bulk_update(rows, ["unit", "manager", "awaits"])
        remember(SOURCE, Thing.PEOPLE, {str(row.scim_id): row.external_id for row in rows if row.linked_at})

    def _wanted(self, changes: Sequence[Change], people: Mapping[str, Presence]) -> list[_Wanted]:
        stays = {
            change.row.external_id
            for change in changes
            if not change.placed and (known := people.get(change.row.external_id)) and known.is_here(self.day)
        }
        placed = [change for change in changes if change.row.external_id not in stays]
        departments = {department_of(change.row.attributes) for change in placed}
        places = unit_places(day=self.day, departments=departments | {change.earlier_department for change in placed})
        groups = _groups([change.row.pk for change in changes])
        last = _last_terms([change.row.external_id for change in changes])
        found = []
        for change in changes:
            row, known = change.row, people.get(change.row.external_id)
            before = last.get(row.external_id)
            if known is not None and row.external_id in stays:
                unit = known.unit
            else:
                unit = _place(change, known, places, groups.get(row.pk, ()), before)
            terms = (before[1], before[2]) if before else ("internal", Decimal(1))
            found.append(_Wanted(change, known, unit, terms=terms))
        self._add_managers(found)
        return found

    def _add_managers(self, wanted: Sequence[_Wanted]) -> None:
        """Find the managers whom the rows name; one who is not here yet is waited for."""
        named = {each.key: manager_of(each.change.row.attributes) for each in wanted}
        users = find_users({name for name in named.values() if name}, day=self.day)
        people = presences([user.external_id for user in users.values()], day=self.day)
        here = {key for key, found in people.items() if found.is_here(self.day)} | set(named)
        for each in wanted:
            row, known, name = each.change.row, each.found, named[each.key]
            is_open = bool(name) and known is not None and not (row.manager or known.manager)
            if known is not None and known.is_here(self.day) and not (each.change.managed or is_open):
                each.manager = known.manager or None
                continue
            user, row.awaits = users.get(name), ""
            if user is not None and user.external_id == each.key:
                continue  # the head of a firm is often written as their own manager
            if user is not None and user.external_id in here:
                each.manager = user.external_id
            elif name:
                row.awaits = user_key(name)[:ATTRIBUTE_LENGTH]

    def let_go(self, people: Mapping[str, Presence]) -> None:
        """Let people leave today; who reports to them goes on to their manager. Who came today was never here.

        Where something points to somebody who came today already, they leave tomorrow.
        """
        for key, found in people.items():
            if found.hired_on >= self.day:
                if remove(Thing.PEOPLE, [key], actor_id=self.actor_id, source=SOURCE).is_ok:
                    continue
                on = found.hired_on + timedelta(days=1)
            else:
                on = self.day
            written = end(Thing.PEOPLE, key, on=on, hand_over=True, actor_id=self.actor_id, source=SOURCE)
            if not written.is_ok:
                raise ConflictException(detail=said_issues(written.issues))

    def _write(self, wanted: Sequence[_Wanted]) -> None:
        placeless = [
            PlacelessInput(each.key, self._name(each), self._hired_on(each)) for each in wanted if not each.unit
        ]
        keep_without_place(placeless, on=self.day, actor_id=self.actor_id, source=SOURCE)
        placed = [each for each in wanted if each.unit]
        # each round lets one manager go who closes a loop; the directory will say later how it is meant
        for _round in range(len(placed) + 1):
            result = self._upsert(placed)
            loops = {issue.external_id for issue in result.issues if issue.code == "loop"}
            if not result.issues:
                return
            if len(loops) < len({issue.external_id for issue in result.issues}):
                raise InvalidValueException(detail=said_issues(result.issues))
            for each in placed:
                if each.key in loops:
                    each.manager = None
                    each.change.row.awaits = user_key(manager_of(each.change.row.attributes))[:ATTRIBUTE_LENGTH]

    def _upsert(self, wanted: Sequence[_Wanted]) -> SyncResult:
        rows = [
            PersonInput(
                external_id=each.key,
                unit_external_id=each.unit,
                hired_on=self._hired_on(each),
                display_name=self._name(each),
                manager_external_id=each.manager,
                fill_mode=each.terms[0],
                fte=each.terms[1],
                left_on=each.found.left_on if each.found and each.found.is_here(self.day) else None,
            )
            for each in wanted
        ]
        if not rows:
            return SyncResult()
        return upsert_people(rows, effective_on=self.day, actor_id=self.actor_id, source=SOURCE)

    def _hired_on(self, each: _Wanted) -> date:
        """Return the day hired: as it is known; of somebody who left before today and comes back, today."""
        found = each.found
        if found is None or (found.left_on is not None and found.left_on < self.day):
            return self.day
        return found.hired_on

    @staticmethod
    def _name(each: _Wanted) -> str:
        return said_name(each.change.row.attributes) if each.found is None or each.change.named else each.found.name


def _differs(each: _Wanted, *, day: date) -> bool:
    """Tell whether the organisation is not yet as it is to be."""
    found = each.found
    if found is None or not found.is_here(day) or each.change.named:
        return True
    return each.unit != found.unit or bool(each.unit and (each.manager or "") != found.manager)


Terms = tuple[str, str, Decimal]


def _place(
    change: Change, known: Presence | None, places: UnitPlaces, groups: Sequence[str], last: Terms | None
) -> str:
    """Return the unit where somebody is to work; empty for none."""
    current = known.unit if known is not None else ""
    department = department_of(change.row.attributes)
    if department:
        unit = places.find(department, within=above_department(change.row.attributes))
        if unit is not None:
            return unit
        was_placed = bool(change.earlier_department) and places.find(change.earlier_department) == current
        return "" if was_placed else current
    if current in groups:
        return current
    there = [unit for unit in groups if unit in places.names]
    if there:
        return there[0]
    if current and current != change.left:
        return current
    if not current and not change.left and last is not None and last[0] in places.names:
        return last[0]
    return ""


def _groups(users: Collection[int]) -> dict[int, list[str]]:
    """Return the units of the groups that SCIM put each user into, earliest first."""
    found: dict[int, list[str]] = {}
    rows = ScimMembership.objects.filter(user__in=users).order_by("recorded_at", "pk")
    for user, unit in rows.values_list("user_id", "group__external_id"):
        found.setdefault(user, []).append(unit)
    return found


def _last_terms(keys: Collection[str]) -> dict[str, Terms]:
    """Return unit, fill mode and FTE of the last employment of each person."""
    rows = Employment.objects.filter(person__external_id__in=keys).order_by("during")
    columns = ("person__external_id", "unit__external_id", "fill_mode", "fte")
    return {person: (unit, mode, fte) for person, unit, mode, fte in rows.values_list(*columns)}
