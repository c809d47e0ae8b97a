"""What is asked of the ledger of credit, the ledger opened for it, and what its sides are called."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.core.cache import cache
from django.utils.translation import gettext_noop

from kpis.engine.attribution import MODELS
from kpis.incentives.touches import NO_ONE, By, Narrow, Sides, TouchLedger
from kpis.library import library_extras
from kpis.queries.definitions import library_at
from kpis.queries.scope_words import both
from kpis.queries.uploads import last_change
from kpis.queries.values import months_with_data
from kpis.queries.warehouse import open_relations
from omnichannel.core.periods import Grain, Period, parse_period
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.scoping import current_workspace_id
from roles.catalogue import roles_here
from roles.queries.frames import employees_rows
from roles.queries.org_chart import UnitTree, organisation_changed_at, unit_tree
from roles.queries.people import holders

TABLES = ("orders", "order_touches", "contacts")
MOST_MONTHS = 12
KEPT_SECONDS = 600
CHANNELS = ("store", "private_mall", "public_platform", "local_life", "livestream", "other")
# A person's department is the nearest of the first kind at or above their unit, else of the next kind, else the unit.
DEPARTMENTS = (frozenset({"department", "hq", "project_team"}), frozenset({"region"}), frozenset({"business_unit"}))
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CreditAsk:
    """Months `first` to `last`, by what sides are told apart, the model, and which orders: of a unit, of a channel."""

    first: Period
    last: Period
    by: By = By.DEPARTMENT
    model: str = ""
    unit: str = ""
    channel: str = ""

    @property
    def is_month(self) -> bool:
        """Tell one month from several."""
        return self.first == self.last


def read_ask(source: Mapping[str, str]) -> CreditAsk | None:
    """Read `period`, `since`, `by`, `model`, `unit` and `channel`; None without data and without a period asked for.

    The newest month with data and the workspace's own model are meant where nothing is said. ValueError with the name
    of what cannot be read.
    """
    last = _month(source, "period")
    if last is None:
        months = months_with_data(limit=1)
        if not months:
            return None
        last = months[-1]
    first = _month(source, "since") or last
    if first.start > last.start or _months(first, last) > MOST_MONTHS:
        raise ValueError("since")
    model = source.get("model", "") or library_at(last.last_day).params.attribution_model
    if model not in MODELS:
        raise ValueError("model")
    by, channel, unit = source.get("by", "") or By.DEPARTMENT.value, source.get("channel", ""), source.get("unit", "")
    if by not in set(By):
        raise ValueError("by")
    if channel and channel not in CHANNELS:
        raise ValueError("channel")
    if unit and unit not in unit_tree(as_of=last.last_day):
        raise ValueError("unit")
    return CreditAsk(first, last, By(by), model, unit, channel)


def _month(source: Mapping[str, str], name: str) -> Period | None:
    if not source.get(name):
        return None
    try:
        period = parse_period(source[name])
    except ValueError as error:
        raise ValueError(name) from error
    if period.grain is not Grain.MONTH:
        raise ValueError(name)
    return period


def _months(first: Period, last: Period) -> int:
    return (last.start.year - first.start.year) * 12 + last.start.month - first.start.month + 1


@contextmanager
def opened_ledger(ask: CreditAsk) -> Iterator[TouchLedger]:
    """Open the touches of the months asked for; LookupError with the name of the table that was never loaded."""
    day = ask.last.last_day
    tree = unit_tree(as_of=day)
    narrow = Narrow(units=tree.subtree(ask.unit) if ask.unit else None, channel=ask.channel)
    relations = open_relations(as_of=day, only=TABLES)
    try:
        yield TouchLedger(
            relations,
            ask.first.start,
            ask.last.end,
            params=library_at(day).params,
            sides=sides_on(day, ask.by, tree=tree),
            narrow=narrow,
        )
    finally:
        relations.close()


def sides_on(day: date, by: By, *, tree: UnitTree) -> Sides:
    """Return which side people and roles stand for on a day. A role held in several departments stands for none."""
    if by in (By.ROLE, By.CHANNEL):
        return Sides(by)
    people = {str(row["employee_id"]): str(row["unit_id"]) for row in employees_rows(day) if row["unit_id"]}
    places: dict[str, set[str]] = {}
    for holding in holders(as_of=day, tree=tree):
        places.setdefault(holding.role_key.value, set()).add(holding.unit_external_id)
    if by is By.DEPARTMENT:
        people = {person: department_of(unit, tree) for person, unit in people.items()}
        places = {role: {department_of(unit, tree) for unit in units} for role, units in places.items()}
    return Sides(by, people, {role: next(iter(units)) for role, units in places.items() if len(units) == 1})


def department_of(unit: str, tree: UnitTree) -> str:
    """Return the department that a unit belongs to."""
    chain = [each for each in (unit, *tree.ancestors(unit)) if each in tree]
    for levels in DEPARTMENTS:
        for each in chain:
            if tree.nodes[each].level in levels:
                return each
    return unit


def side_names(sides: Iterable[str], by: By, *, tree: UnitTree) -> dict[str, Bilingual]:
    """Return what sides are called; what nobody has named goes by its id."""
    return {side: _name(side, by, tree) for side in sides}


def _name(side: str, by: By, tree: UnitTree) -> Bilingual:
    if by is By.CHANNEL:
        return library_extras().enum_labels[side] if side else both(gettext_noop("No channel named"))
    if by is By.ROLE:
        return role_name(side)
    if side.startswith(NO_ONE):
        return both(gettext_noop("%(role)s, no one department"), role=role_name(side.removeprefix(NO_ONE)))
    name = tree.nodes[side].name if side in tree else side
    return Bilingual(name, name)


def role_name(role: str) -> Bilingual:
    """Return what a role is called in both languages."""
    for key, found in roles_here().roles.items():
        if key.value == role:
            return found.names
    return Bilingual(role, role)


def kept(name: str, told: object, make: Callable[[], T]) -> T:
    """Return what was worked out lately from the same rows, organisation and definitions, else work it out."""
    rests_on = (current_workspace_id(), last_change(), organisation_changed_at(), library_at().version, told)
    key = f"{name}:{hashlib.sha256(repr(rests_on).encode()).hexdigest()}"
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEPT_SECONDS)
    return found
