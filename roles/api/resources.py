"""The kinds of things of the organisation as resources: their shapes, their words, an example of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from rest_framework import serializers

from roles.api import shapes
from roles.api.answers import MOST_ROWS
from roles.api.fields import DayField, RankField
from roles.choices import Thing


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One kind of thing. `fields` is what a caller says of one whose id stands in the address, `row` with the id.

    `keys` are the fields of a row that make up its id.
    """

    thing: Thing
    one: str
    document: type[serializers.Serializer[Any]]
    fields: type[serializers.Serializer[Any]]
    row: type[serializers.Serializer[Any]]
    example_id: str
    example: Mapping[str, Any]
    keys: tuple[str, ...] = ("external_id",)

    @property
    def many(self) -> str:
        """Return the plural, which is also the name in addresses."""
        return self.thing.value

    @property
    def is_dated(self) -> bool:
        """True where a change takes an effective day; the others carry their own days."""
        return self.thing not in {Thing.ASSIGNMENTS, Thing.LINES}

    @property
    def example_row(self) -> dict[str, Any]:
        """Return the example as a row of a batch."""
        return {"external_id": self.example_id, **self.example} if self.keys == ("external_id",) else dict(self.example)


@cache
def body_of(resource: Resource) -> type[serializers.Serializer[Any]]:
    """Return the shape of what PUT takes: the fields, the id again if one likes, and the effective day."""
    return _extended(resource.fields, f"{resource.one.title()}Body", _also(resource))


@cache
def patch_of(resource: Resource) -> type[serializers.Serializer[Any]]:
    """Return the shape of what PATCH takes: the same, and nothing of it must be there."""
    also = {**resource.fields().fields, **_also(resource)}
    return _extended(shapes.ClosedShape, f"{resource.one.title()}Patch", {n: _optional(f) for n, f in also.items()})


@cache
def batch_of(resource: Resource) -> type[serializers.Serializer[Any]]:
    """Return the shape of a batch."""
    known = RankField(required=False, help_text="The revision you know; the row is refused when there is a later one.")
    row = _extended(resource.row, f"{resource.one.title()}BatchRow", {"revision": known})
    rows = serializers.ListField(child=row(), min_length=1, max_length=MOST_ROWS, help_text="In any order.")
    dated = {"effective_on": _effective_on()} if resource.is_dated else {}
    return _extended(shapes.ClosedShape, f"{resource.one.title()}Batch", {"rows": rows, **dated})


def _also(resource: Resource) -> dict[str, Any]:
    keys = {name: _optional(resource.row().fields[name]) for name in resource.keys}
    return keys | ({"effective_on": _effective_on()} if resource.is_dated else {})


def _effective_on() -> DayField:
    return DayField(required=False, help_text="The day from which this holds, unless the query says it.")


def _optional(field: Any) -> Any:
    kwargs = {name: value for name, value in field._kwargs.items() if name not in {"default", "required"}}
    return type(field)(*field._args, **kwargs, required=False)


def _extended(base: type[Any], name: str, fields: Mapping[str, Any]) -> type[serializers.Serializer[Any]]:
    return type(name, (base,), {**fields, "__doc__": base.__doc__, "__module__": __name__})


UNITS = Resource(
    Thing.UNITS,
    "unit",
    shapes.UnitDocument,
    shapes.UnitFields,
    shapes.UnitRow,
    "S0101",
    {
        "name": "上海静安店",
        "level": "store",
        "parent_external_id": "R01",
        "ownership": "direct",
        "city": "上海",
    },
)
SEATS = Resource(
    Thing.SEATS,
    "seat",
    shapes.SeatDocument,
    shapes.SeatFields,
    shapes.SeatRow,
    "P0101-1",
    {
        "unit_external_id": "S0101",
        "title": "店长",
        "role": "digital-guide",
        "grade": "M2",
        "planned_fte": "1",
        "monthly_budget": "12000",
        "is_head": True,
    },
)
PEOPLE = Resource(
    Thing.PEOPLE,
    "person",
    shapes.PersonDocument,
    shapes.PersonFields,
    shapes.PersonRow,
    "E1001",
    {
        "display_name": "导购甲",
        "unit_external_id": "S0101",
        "manager_external_id": "E0007",
        "fill_mode": "internal",
        "fte": "1",
        "hired_on": "2024-03-01",
    },
)
ASSIGNMENTS = Resource(
    Thing.ASSIGNMENTS,
    "assignment",
    shapes.AssignmentDocument,
    shapes.AssignmentFields,
    shapes.AssignmentRow,
    "E1001/digital-guide/2024-03-01",
    {
        "person_external_id": "E1001",
        "role": "digital-guide",
        "unit_external_id": "S0101",
        "share": "0.6",
        "start_on": "2024-03-01",
        "end_on": None,
    },
    keys=("person_external_id", "role", "start_on"),
)
LINES = Resource(
    Thing.LINES,
    "line",
    shapes.LineDocument,
    shapes.LineFields,
    shapes.LineRow,
    "L-0007",
    {
        "between": "units",
        "kind": "functional",
        "from_external_id": "S0101",
        "to_external_id": "D-MKT",
        "start_on": "2024-03-01",
        "end_on": None,
        "note": "content and member operations",
    },
)
RESOURCES = (UNITS, SEATS, PEOPLE, ASSIGNMENTS, LINES)
