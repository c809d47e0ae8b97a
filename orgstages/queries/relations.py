"""Relations of the sub-type a unit works in: between which real units they stand on a day, and who sees to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from omnichannel.core.text import Bilingual
from orgstages.catalogue import load_stages
from orgstages.catalogue.specs import Relation
from orgstages.models import RelationOwner
from roles.catalogue import SubtypeKey
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import employed, people_names
from roles.queries.stages import adopted_stages

RECONSTRUCTED = "reconstructed"


class Gap(StrEnum):
    """Why a named owner does not count on the day."""

    PERSON_GONE = "person_gone"
    UNIT_GONE = "unit_gone"


@dataclass(frozen=True, slots=True)
class OwnedPair:
    """One giver and receiver of a relation with the person who sees to it; with a `gap` the person does not count."""

    giver: str
    giver_name: str
    receiver: str
    receiver_name: str
    person: str
    person_name: str
    since: date
    note: str
    author: str
    gap: Gap | None


@dataclass(frozen=True, slots=True)
class OwnedRelation:
    """A numbered relation of a sub-type with the pairs of real units it stands between."""

    number: int
    names: Bilingual
    from_department: Bilingual
    to_department: Bilingual
    source: str
    pairs: tuple[OwnedPair, ...]

    @property
    def is_owned(self) -> bool:
        """True when somebody sees to it between at least one pair of units of the day."""
        return any(pair.gap is None for pair in self.pairs)

    @property
    def is_reconstructed(self) -> bool:
        """True for a relation that the sources lost."""
        return RECONSTRUCTED in self.source


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who gives what to whom: givers down, receivers across, and the numbers of the relations in each cell."""

    receivers: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, tuple[tuple[int, ...], ...]], ...]


def owned_relations(
    unit: str, *, as_of: date, subtype: SubtypeKey | None = None, tree: UnitTree | None = None
) -> tuple[OwnedRelation, ...]:
    """Return the relations of the sub-type the unit has adopted (or of another) in the order of their numbers."""
    tree = tree or unit_tree(as_of=as_of)
    if subtype is None:
        adopted = adopted_stages(as_of, tree=tree).get(unit)
        if adopted is None:
            return ()
        subtype = adopted.subtype
    return relations_of_units({unit: subtype}, as_of=as_of, tree=tree)[unit]


def relations_of_units(
    units: Mapping[str, SubtypeKey], *, as_of: date, tree: UnitTree
) -> dict[str, tuple[OwnedRelation, ...]]:
    """Return the relations of several units, each in its sub-type, in three queries however many there are."""
    rows = [row for row in _newest(units, as_of=as_of) if row.subtype == units[row.unit_external_id].value]
    people = {row.person for row in rows}
    here, names = employed(people, as_of=as_of), people_names(people)
    pairs: dict[tuple[str, int], list[OwnedPair]] = {}
    for row in rows:
        pair = _pair(row, tree=tree, here=here, names=names)
        pairs.setdefault((row.unit_external_id, row.number), []).append(pair)
    return {
        unit: tuple(
            _relation(spec, pairs.get((unit, spec.number), [])) for spec in load_stages().subtypes[key].relations
        )
        for unit, key in units.items()
    }


def matrix_of(relations: Iterable[OwnedRelation]) -> Matrix:
    """Lay the owned pairs out as giver x receiver; pairs whose owner does not count are left out."""
    cells: dict[tuple[str, str], list[int]] = {}
    names: dict[str, str] = {}
    for relation in relations:
        for pair in relation.pairs:
            if pair.gap is None:
                cells.setdefault((pair.giver, pair.receiver), []).append(relation.number)
                names |= {pair.giver: pair.giver_name, pair.receiver: pair.receiver_name}
    givers = sorted({giver for giver, _receiver in cells}, key=lambda unit: (names[unit], unit))
    receivers = sorted({receiver for _giver, receiver in cells}, key=lambda unit: (names[unit], unit))
    return Matrix(
        receivers=tuple((unit, names[unit]) for unit in receivers),
        rows=tuple(
            (giver, names[giver], tuple(tuple(sorted(cells.get((giver, receiver), ()))) for receiver in receivers))
            for giver in givers
        ),
    )


def _newest(units: Iterable[str], *, as_of: date) -> list[RelationOwner]:
    """Return what counts on the day for each pair; pairs taken back are left out."""
    key = ("unit_external_id", "subtype", "number", "giver", "receiver")
    rows = (
        RelationOwner.objects.filter(unit_external_id__in=list(units), since__lte=as_of)
        .order_by(*key, "-since", "-pk")
        .distinct(*key)
        .select_related("author")
    )
    return [row for row in rows if row.person]


def _relation(spec: Relation, pairs: Sequence[OwnedPair]) -> OwnedRelation:
    departments = load_stages().departments
    return OwnedRelation(
        spec.number,
        spec.names,
        departments[spec.from_department].names,
        departments[spec.to_department].names,
        spec.source,
        tuple(sorted(pairs, key=lambda pair: (pair.giver_name, pair.receiver_name))),
    )


def _pair(row: RelationOwner, *, tree: UnitTree, here: Mapping[str, str], names: Mapping[str, str]) -> OwnedPair:
    gap = None
    if row.giver not in tree or row.receiver not in tree:
        gap = Gap.UNIT_GONE
    elif row.person not in here:
        gap = Gap.PERSON_GONE
    giver, receiver = (tree.nodes[unit].name if unit in tree else unit for unit in (row.giver, row.receiver))
    return OwnedPair(
        giver=row.giver,
        giver_name=giver,
        receiver=row.receiver,
        receiver_name=receiver,
        person=row.person,
        person_name=names.get(row.person, row.person),
        since=row.since,
        note=row.note,
        author=str(row.author or ""),
        gap=gap,
    )
