"""The workspace's own labour-market facts: added, reworded, withdrawn and brought back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from omnichannel.workspaces.queries.zones import current_day
from talent.errors.pay import PayFault, PayRefused, UnknownPayChange
from talent.models import LabourFact

FIRST_YEAR = 1990
LENGTHS = {"statement": 300, "unit": 40, "source": 300, "url": 500}


@dataclass(frozen=True, slots=True)
class FactInput:
    """A fact as it is said; a missing year or figure is None."""

    statement: str
    figure: Decimal | None
    unit: str
    year: int | None
    source: str
    url: str = ""


@transaction.atomic
def save_fact(said: FactInput, *, key: str = "", actor_id: int | None) -> LabourFact:
    """Keep a fact, or with `key` a newer wording of one. PayRefused names every missing part at once."""
    faults = fact_faults(said)
    if faults:
        raise PayRefused(faults)
    if key and _newest(key) is None:
        raise UnknownPayChange
    row = LabourFact(author_id=actor_id, **_fields(said))
    row.key = uuid.UUID(key) if key else uuid.uuid4()
    row.save()
    return row


@transaction.atomic
def withdraw_fact(key: str, *, actor_id: int | None) -> LabourFact:
    """Take the fact off the page; its wordings stay in the history."""
    now = _newest(key)
    if now is None or now.is_withdrawn:
        raise UnknownPayChange
    return _again(now, is_withdrawn=True, actor_id=actor_id)


@transaction.atomic
def restore_fact(pk: int, *, actor_id: int | None) -> LabourFact:
    """Let an earlier wording count again."""
    row = LabourFact.objects.filter(pk=pk).first()
    if row is None:
        raise UnknownPayChange
    return _again(row, is_withdrawn=False, actor_id=actor_id)


def _again(row: LabourFact, *, is_withdrawn: bool, actor_id: int | None) -> LabourFact:
    again = LabourFact(author_id=actor_id, **_fields(row))
    again.key, again.is_withdrawn = row.key, is_withdrawn
    again.save()
    return again


def _fields(said: FactInput | LabourFact) -> dict[str, Any]:
    return {name: getattr(said, name) for name in FactInput.__slots__}


def _newest(key: str) -> LabourFact | None:
    return LabourFact.objects.filter(key=key).order_by("-pk").first()


def fact_faults(said: FactInput) -> list[PayFault]:
    """Return everything that is wrong with a fact: a year and a source are never left out."""
    return [PayFault(1, *fault) for fault in _faults(said)]


def _faults(said: FactInput) -> list[tuple[str, str, str]]:
    found = [
        (name, "required", message)
        for name, value, message in (
            ("statement", said.statement.strip(), _("Say what the fact is.")),
            ("figure", said.figure is not None, _("A fact needs its figure.")),
            ("unit", said.unit.strip(), _("A figure needs its unit, such as CNY/month or %.")),
            ("year", said.year is not None, _("A fact without a year is not kept: say which year it is about.")),
            ("source", said.source.strip(), _("A fact without a source is not kept: say where it is from.")),
        )
        if not value
    ]
    if said.year is not None and not FIRST_YEAR <= said.year <= current_day().year:
        bounds = {"first": FIRST_YEAR, "last": current_day().year}
        found.append(("year", "out_of_range", _("The year lies between %(first)s and %(last)s.") % bounds))
    if said.figure is not None and (abs(said.figure) >= Decimal(10) ** 14 or said.figure != round(said.figure, 4)):
        found.append(("figure", "too_many_places", _("At most 14 digits before and 4 after the point.")))
    return found + [
        (name, "too_long", _("This is longer than %(most)s characters.") % {"most": most})
        for name, most in LENGTHS.items()
        if len(getattr(said, name)) > most
    ]
