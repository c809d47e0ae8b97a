"""What the fields of the organisation are called, and how their values read, in the active language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from omnichannel.core.numerals import show
from roles.catalogue import RoleKey, roles_here
from roles.choices import PAY, SUBTYPE_NAMES, FillMode, LineKind, Ownership, StageName, Thing, UnitLevel
from roles.state_lines import EXISTS, FieldLine

Names = Mapping[tuple[Thing, str], str]
Days = tuple[str | None, str | None]
ALL_DAYS: Days = (None, None)

FIELDS = {
    "name": gettext_lazy("Name"),
    "level": gettext_lazy("Level"),
    "parent": gettext_lazy("Belongs to"),
    "ownership": gettext_lazy("Ownership"),
    "city": gettext_lazy("City"),
    "is_leading": gettext_lazy("Leads omnichannel work"),
    "rank": gettext_lazy("Place among its neighbours"),
    "unit": gettext_lazy("Unit"),
    "title": pgettext_lazy("seat", "Title"),
    "role_key": gettext_lazy("Role"),
    "grade": gettext_lazy("Grade"),
    "planned_fte": gettext_lazy("Planned FTE"),
    "monthly_budget": gettext_lazy("Budget a month"),
    "is_head": gettext_lazy("Leads the unit"),
    "display_name": gettext_lazy("Name"),
    "hired_on": gettext_lazy("Hired"),
    "left_on": gettext_lazy("First day gone"),
    "manager": gettext_lazy("Manager"),
    "seat": gettext_lazy("Seat"),
    "fill_mode": gettext_lazy("Filled by"),
    "fte": gettext_lazy("FTE"),
    "monthly_cost": gettext_lazy("Cost a month"),
    "share": gettext_lazy("Share of time"),
    "kind": gettext_lazy("Kind of line"),
    "person": gettext_lazy("Person"),
    "to_unit": gettext_lazy("Leads to"),
    "to_person": gettext_lazy("Leads to"),
    "note": gettext_lazy("Remark"),
    "stage": gettext_lazy("Stage"),
    "subtype": gettext_lazy("Sub-type"),
    "start": gettext_lazy("Starts"),
    "end": gettext_lazy("Ends"),
    "ends_on": gettext_lazy("First day it is closed"),
    "during": gettext_lazy("Exists"),
}
LINKS = {
    "parent": Thing.UNITS,
    "unit": Thing.UNITS,
    "to_unit": Thing.UNITS,
    "manager": Thing.PEOPLE,
    "person": Thing.PEOPLE,
    "to_person": Thing.PEOPLE,
    "seat": Thing.SEATS,
}
CHOICES: dict[str, Any] = {"level": UnitLevel, "ownership": Ownership, "fill_mode": FillMode, "kind": LineKind}
FIGURES = {"planned_fte": "FTE", "fte": "FTE", "monthly_budget": "CNY", "monthly_cost": "CNY", "share": "0..1"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One field that differs, in words; `days` is empty where it holds on all of them."""

    label: str
    days: str
    before: str
    after: str


def diff_line(line: FieldLine, *, names: Names, whole: Days = ALL_DAYS, is_kept: bool = False) -> DiffLine:
    """Put a field that differs into words; its days are named unless they are `whole`.

    Of a thing that `is_kept`, days on which it is no more there are told as its end, its later beginning or a gap.
    """
    label, days = field_label(line.field), span_text(line.start, line.end)
    if line.field == EXISTS:
        gone = gone_text(line.start, line.end) if is_kept else ""
        return DiffLine(label, "", days if line.before else "", days if line.after else gone)
    before, after = (value_text(line.field, value, names=names) for value in (line.before, line.after))
    return DiffLine(label, "" if (line.start, line.end) in (ALL_DAYS, whole) else days, before, after)


def field_label(field: str) -> str:
    """Return what a field is called."""
    return str(FIELDS.get(field, field))


def value_text(field: str, value: Any, *, names: Names) -> str:
    """Return how a value reads; empty where there is none. References are named, with their id."""
    if value is None or value == "":
        return _("nothing above it") if field == "parent" else ""
    if field in LINKS:
        name = names.get((LINKS[field], value), "")
        return f"{name} ({value})" if name and name != value else str(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field in CHOICES and value in CHOICES[field].values:
        return str(CHOICES[field](value).label)
    if field in FIGURES:
        return _figure(field, Decimal(value))
    return _keyed(field, str(value))


def references(fields: Iterable[tuple[str, Any]]) -> set[tuple[Thing, str]]:
    """Return the things that values point to, so that all can be named at once."""
    return {(LINKS[field], str(value)) for field, value in fields if field in LINKS and value}


def span_text(start: date | str | None, end: date | str | None) -> str:
    """Return how a half-open span of days reads."""
    if start and end:
        return _("from %(start)s, until before %(end)s") % {"start": start, "end": end}
    if start:
        return _("from %(start)s on") % {"start": start}
    return _("until before %(end)s") % {"end": end} if end else _("always")


def gone_text(start: str | None, end: str | None) -> str:
    """Return how it reads that something is no more there over a half-open span of days."""
    if start and end:
        return _("not there from %(start)s, until before %(end)s") % {"start": start, "end": end}
    if start:
        last = date.fromisoformat(start) - timedelta(days=1)
        return _("ends: its last day is %(day)s") % {"day": last}
    return _("begins on %(day)s only") % {"day": end} if end else _("is not there")


def _figure(field: str, value: Decimal) -> str:
    if field not in PAY and field != "share":
        return f"{value.normalize():f}"
    places = 2 if field in PAY or value * 100 % 1 else 0
    return str(show(value, FIGURES[field], language=get_language() or "", places=places))


def _keyed(field: str, value: str) -> str:
    """Read keys of the catalogue; a stage stands with its sub-type behind a slash."""
    if field == "role_key" and value in roles_here().roles:
        return roles_here().roles[RoleKey(value)].names.in_language(get_language())
    if field == "stage":
        stage, _slash, subtype = value.partition("/")
        return " · ".join(filter(None, [_stage(stage), _subtype(subtype)]))
    return _subtype(value) if field == "subtype" else value


def _stage(key: str) -> str:
    return str(StageName(key).label) if key in StageName.values else key


def _subtype(key: str) -> str:
    return next((str(name) for subtype, name in SUBTYPE_NAMES.items() if subtype.value == key), key)
