"""Owners of relations: named from a day on, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.queries.zones import current_day
from orgstages.catalogue import load_stages
from orgstages.errors import (
    NobodyOwns,
    ReasonMissing,
    UnitsOfRelation,
    UnknownOwner,
    UnknownRelation,
    refuse,
)
from orgstages.models import RelationOwner
from orgstages.queries.diagnosis import tree_with
from orgstages.queries.relations import owned_relations
from orgstages.services.bounds import day_faults
from orgstages.services.owners import is_unheard, owner_faults, owner_named, unit_named
from roles.catalogue import SubtypeKey
from roles.choices import Thing
from roles.queries.org_chart import unit_tree


@transaction.atomic
def own_relation(
    unit: str,
    *,
    subtype: SubtypeKey,
    number: int,
    giver: str,
    receiver: str,
    owner: str,
    since: date,
    actor_id: int | None,
    note: str = "",
    within: str | None = None,
) -> RelationOwner:
    """Name who sees to a relation between two units from a day on; units and person must be there on that day."""
    tree = unit_tree(as_of=since)
    faults = day_faults(unit, day=since, today=current_day(), within=within)
    _check(subtype=subtype, number=number)
    refuse([*faults, *relation_faults(giver=giver, receiver=receiver, owner=owner, since=since)])
    gives, receives = unit_named(giver, tree=tree), unit_named(receiver, tree=tree)
    person = owner_named(owner, on=since)
    return RelationOwner.objects.create(
        unit_external_id=unit,
        subtype=subtype.value,
        number=number,
        giver=gives,
        receiver=receives,
        person=person,
        since=since,
        note=note.strip(),
        author_id=actor_id,
    )


def relation_faults(
    *, giver: str | None, receiver: str | None, owner: str | None, since: date | None
) -> list[DomainError]:
    """Return what is wrong with units and owner as typed; None is what could not be read, and not judged.

    Without a day only those are wrong that nothing is called at all.
    """
    ends = {field: text for field, text in (("giver", giver), ("receiver", receiver)) if text is not None}
    owners = owner_faults(owner, on=since)
    if since is None:
        return [
            *(UnitsOfRelation(field, text) for field, text in ends.items() if is_unheard(Thing.UNITS, text)),
            *owners,
        ]
    if owner is not None and not owner.strip():
        owners = [UnknownOwner(text=owner, day=since)]
    tree = unit_tree(as_of=since)
    return [*_unit_faults({field: (text, unit_named(text, tree=tree)) for field, text in ends.items()}), *owners]


@transaction.atomic
def take_back_relation(
    unit: str,
    *,
    subtype: SubtypeKey,
    number: int,
    giver: str,
    receiver: str,
    since: date,
    actor_id: int | None,
    note: str,
    within: str | None = None,
) -> RelationOwner:
    """Let nobody own the relation between two units from a day on, with the reason."""
    tree = tree_with(unit, as_of=since, within=within)
    _check(subtype=subtype, number=number)
    if not note.strip():
        raise ReasonMissing
    there = [one for one in owned_relations(unit, as_of=since, subtype=subtype, tree=tree) if one.number == number]
    if not any((pair.giver, pair.receiver) == (giver, receiver) for one in there for pair in one.pairs):
        raise NobodyOwns
    return RelationOwner.objects.create(
        unit_external_id=unit,
        subtype=subtype.value,
        number=number,
        giver=giver,
        receiver=receiver,
        since=since,
        note=note.strip(),
        author_id=actor_id,
    )


def _unit_faults(ends: Mapping[str, tuple[str, str]]) -> list[UnitsOfRelation]:
    """Return what is wrong with the units typed: each is told as its text and the unit found."""
    faults = [UnitsOfRelation(field, text) for field, (text, found) in ends.items() if not found]
    if not faults and len({found for _text, found in ends.values()}) < len(ends):
        faults = [UnitsOfRelation("receiver")]
    return faults


def _check(*, subtype: SubtypeKey, number: int) -> None:
    if number not in {relation.number for relation in load_stages().subtypes[subtype].relations}:
        raise UnknownRelation
