"""What the organisation's API reads and writes: one shape of rows and one of documents for each kind of thing.

A row shape declares every field a caller may send; a document shape what is shown. Ids are the customer's own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from roles.api.fields import AmountField, DayField, FlagField, IdField, RankField, RoleField, TextField, WordField
from roles.choices import FillMode, LineKind, Ownership, StageName, UnitLevel

BETWEEN = ("units", "people")
MOST_FTE, MOST_SEAT_FTE, MOST_MONEY = "2", "100", "99999999999999"


class ClosedShape(serializers.Serializer[Any]):
    """A shape without any other field than those it names."""


class UnitFields(ClosedShape):
    """What a caller says of a unit."""

    name = TextField(most=120, least=1, help_text="What people call it.")
    level = WordField(UnitLevel, help_text="What kind of unit it is.")
    parent_external_id = IdField(
        allow_null=True, default=None, help_text="The unit it belongs to; null at the top of the tree."
    )
    ownership = WordField(Ownership, default="na", help_text="Who owns a store; `na` for other units.")
    city = TextField(most=60, default="", help_text="Where it is.")
    is_leading = FlagField(
        allow_null=True, default=None, help_text="Whether it leads omnichannel work; null keeps what is stored."
    )
    rank = RankField(
        allow_null=True, default=None, help_text="Its place among its siblings, smallest first; null keeps it."
    )


class UnitRow(UnitFields):
    """A unit with its id."""

    external_id = IdField(help_text="The unit's id in your own system.")


class SeatFields(ClosedShape):
    """What a caller says of a seat, a planned place."""

    unit_external_id = IdField(help_text="The unit it belongs to.")
    title = TextField(most=120, least=1, help_text="The position, such as store manager.")
    role = RoleField(may_be_empty=True, default="", help_text="The role of the talent map; empty for none.")
    grade = TextField(most=20, default="", help_text="The grade in your own scheme.")
    planned_fte = AmountField(
        places=3, least="0.001", most=MOST_SEAT_FTE, default=Decimal(1), help_text="Full-time equivalents; 1 is full."
    )
    monthly_budget = AmountField(
        places=4, most=MOST_MONEY, allow_null=True, default=None, help_text="CNY a month; null keeps what is stored."
    )
    is_head = FlagField(default=False, help_text="Whether who sits here leads the unit.")


class SeatRow(SeatFields):
    """A seat with its id."""

    external_id = IdField(help_text="The position's id in your own system.")


class PersonFields(ClosedShape):
    """What a caller says of a person."""

    display_name = TextField(most=80, default="", help_text="A name or a pseudonym.")
    unit_external_id = IdField(help_text="The unit they work in.")
    manager_external_id = IdField(allow_null=True, default=None, help_text="Whom they report to; null for nobody.")
    seat_external_id = IdField(
        least=0,
        allow_null=True,
        default=None,
        help_text="Where they sit; null keeps the seat while the unit stays, an empty text leaves it.",
    )
    fill_mode = WordField(FillMode, default="internal", help_text="Own staff, lent, or of an outside firm.")
    fte = AmountField(places=3, most=MOST_FTE, default=Decimal(1), help_text="Full-time equivalents; 1 is full time.")
    hired_on = DayField(help_text="The first day of their present stint.")
    left_on = DayField(allow_null=True, default=None, help_text="The first day they are gone; null while they stay.")
    monthly_cost = AmountField(
        places=4, most=MOST_MONEY, allow_null=True, default=None, help_text="CNY a month; null keeps what is stored."
    )


class PersonRow(PersonFields):
    """A person with their id."""

    external_id = IdField(help_text="The employee number in your own system.")


class AssignmentFields(ClosedShape):
    """What a caller says of an assignment, besides its key of person, role and first day."""

    unit_external_id = IdField(help_text="The unit in which the role is held.")
    share = AmountField(
        places=4, least="0.0001", most="1", default=Decimal(1), help_text="Share of the person's time, above 0."
    )
    end_on = DayField(allow_null=True, default=None, help_text="The first day the role is no longer held; null: open.")


class AssignmentRow(AssignmentFields):
    """A person holds a role in a unit from `start_on` up to, not including, `end_on`."""

    person_external_id = IdField(help_text="Who holds the role.")
    role = RoleField(help_text="The role of the talent map.")
    start_on = DayField(help_text="The first day the role is held.")


class LineFields(ClosedShape):
    """What a caller says of a secondary (dotted) line."""

    between = WordField(BETWEEN, help_text="Whether it runs between two units or two people.")
    kind = WordField(LineKind, help_text="Why the line exists.")
    from_external_id = IdField(help_text="Who answers.")
    to_external_id = IdField(help_text="To whom.")
    start_on = DayField(allow_null=True, default=None, help_text="The first day; null: from ever.")
    end_on = DayField(allow_null=True, default=None, help_text="The first day the line no longer runs; null: open.")
    note = TextField(most=200, default="", help_text="What it is about.")


class LineRow(LineFields):
    """A secondary line with its id."""

    external_id = IdField(help_text="The line's id in your own system.")


class DocumentShape(ClosedShape):
    """What every document says of the thing as such."""

    external_id = IdField(most=160, help_text="Its id.")
    source_ids = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="By which ids outside systems call it: `{source: [id]}`.",
    )
    revision = serializers.IntegerField(
        help_text="The last revision that touched it: what `If-Match` compares; 0 for none."
    )


class UnitDocument(DocumentShape, UnitFields):
    """A unit on a day; `since` and `until` bound what is said here (null: open)."""

    is_leading = FlagField(help_text="Whether it leads omnichannel work.")
    since = DayField(allow_null=True, help_text="From when on what is said here holds; null: from ever.")
    until = DayField(allow_null=True, help_text="The first day it no longer does; null: open.")


class SeatDocument(DocumentShape, SeatFields):
    """A seat on a day. `monthly_budget` is shown to owners and HR leads only."""

    since = DayField(allow_null=True, help_text="From when on what is said here holds.")
    until = DayField(allow_null=True, help_text="The first day it no longer does; null: open.")
    monthly_budget = AmountField(
        places=4, most=MOST_MONEY, allow_null=True, required=False, help_text="CNY a month, for those who see pay."
    )


class PersonDocument(DocumentShape, PersonFields):
    """A person on a day, with the employment of that day. `monthly_cost` is shown to owners and HR leads only."""

    since = DayField(allow_null=True, help_text="From when on what is said here holds.")
    until = DayField(allow_null=True, help_text="The first day it no longer does; null: open.")
    monthly_cost = AmountField(
        places=4, most=MOST_MONEY, allow_null=True, required=False, help_text="CNY a month, for those who see pay."
    )


class AssignmentDocument(DocumentShape, AssignmentRow):
    """An assignment; its `external_id` is person, role and first day."""


class LineDocument(DocumentShape, LineFields):
    """A secondary line."""


class StageDocument(ClosedShape):
    """The organisation stage a unit works in on a day, which the weights of KPIs follow."""

    external_id = IdField(help_text="The unit.")
    stage = WordField(StageName, help_text="The stage.")
    subtype = TextField(most=24, help_text="The sub-type of the stage.")
    decided_in = IdField(allow_null=True, help_text="The unit that decided it, at or above this one; null: nobody did.")
    since = DayField(allow_null=True, help_text="From when on; null where nobody decided.")
    note = TextField(most=10_000, help_text="Why.")
    revision = serializers.IntegerField(help_text="The last revision that touched the unit's own decision; 0 for none.")
