"""The tree of units on a day, and how many people stand in each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from roles.choices import Ownership, Thing, UnitLevel
from roles.models import Assignment, Employment, OrgChange, OrgRevision, UnitVersion, as_known


@dataclass(frozen=True, slots=True)
class UnitNode:
    """A unit on a day, with its place in the tree. Ids are the customer's own (external) ids."""

    external_id: str
    name: str
    level: UnitLevel
    parent: str | None
    ownership: Ownership
    city: str
    is_leading: bool
    since: date | None
    children: tuple[str, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class UnitTree:
    """All units of a day, roots first, each parent before its children."""

    as_of: date
    nodes: Mapping[str, UnitNode]
    root_ids: tuple[str, ...]

    def __contains__(self, unit: object) -> bool:
        return unit in self.nodes

    def __iter__(self) -> Iterator[UnitNode]:
        return iter(self.nodes.values())

    def subtree(self, unit: str) -> frozenset[str]:
        """Return the unit and everything below it; nothing for an unknown unit."""
        return frozenset(self.walk(unit))

    def walk(self, unit: str) -> Iterator[str]:
        """Yield the unit and what is below it, each parent before its children."""
        waiting = [unit] if unit in self.nodes else []
        while waiting:
            here = waiting.pop()
            yield here
            waiting += reversed(self.nodes[here].children)

    def ancestors(self, unit: str) -> tuple[str, ...]:
        """Return what the unit belongs to, nearest first."""
        found = []
        parent = self.nodes[unit].parent if unit in self.nodes else None
        while parent is not None:
            found.append(parent)
            parent = self.nodes[parent].parent
        return tuple(found)

    def below(self, unit: str) -> UnitTree:
        """Return the subtree as a tree of its own, with the unit as its only root."""
        depth = self.nodes[unit].depth if unit in self.nodes else 0
        nodes = {key: replace(self.nodes[key], depth=self.nodes[key].depth - depth) for key in self.walk(unit)}
        if unit in nodes:
            nodes[unit] = replace(nodes[unit], parent=None)
        return UnitTree(self.as_of, nodes, (unit,) if unit in nodes else ())

    def inside(self, within: str | None) -> UnitTree:
        """Return what may be seen within bounds: the subtree of a unit, or all without one."""
        return self if within is None else self.below(within)

    def closure(self) -> tuple[tuple[str, str], ...]:
        """Return (ancestor, unit) for every pair, each unit with itself included."""
        return tuple((above, unit) for unit in self.nodes for above in (unit, *self.ancestors(unit)))


@dataclass(frozen=True, slots=True)
class UnitCount:
    """People and full-time equivalents: of the unit itself, and with everything below it."""

    people: int = 0
    fte: Decimal = Decimal(0)
    total_people: int = 0
    total_fte: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class UnitChange:
    """One version of a unit, for its history."""

    start: date | None
    end: date | None
    name: str
    level: UnitLevel
    parent: str | None
    parent_name: str
    ownership: Ownership
    city: str
    is_leading: bool


COLUMNS = (
    "unit__external_id", "name", "level", "parent__external_id", "ownership", "city", "is_leading", "during",
)  # fmt: skip

# Siblings stand as the directory they came from has them; those without a place follow by id.
SIBLINGS = (F("rank").asc(nulls_last=True), "unit__external_id")


def unit_tree(*, as_of: date, within: str | None = None) -> UnitTree:
    """Return the tree of the day in one query; with `within`, only that unit's subtree, with it as the root.

    An unknown `within` gives an empty tree.
    """
    rows = {row[0]: row for row in UnitVersion.objects.on(as_of).order_by(*SIBLINGS).values_list(*COLUMNS)}
    children: dict[str | None, list[str]] = {}
    for key, row in rows.items():
        children.setdefault(row[3] if row[3] in rows else None, []).append(key)
    roots = tuple(children.get(None, ()))
    nodes: dict[str, UnitNode] = {}
    waiting: list[tuple[str, str | None, int]] = [(root, None, 0) for root in reversed(roots)]
    while waiting:
        key, parent, depth = waiting.pop()
        _key, name, level, _parent, ownership, city, is_leading, during = rows[key]
        below = tuple(children.get(key, ()))
        nodes[key] = UnitNode(
            key, name, UnitLevel(level), parent, Ownership(ownership), city, is_leading, during.lower, below, depth
        )
        waiting += [(child, key, depth + 1) for child in reversed(below)]
    return UnitTree(as_of, nodes, roots).inside(within)


def unit_tree_known(*, as_of: date, known_at: datetime | None) -> UnitTree:
    """Return the tree of a day as it was known at a moment; None is now."""
    with as_known(known_at):
        return unit_tree(as_of=as_of)


def unit_counts(tree: UnitTree) -> dict[str, UnitCount]:
    """Return head counts of every unit of the tree on its day, in one query; totals are summed up the tree."""
    rows = (
        Employment.objects.on(tree.as_of)
        .values("unit__external_id")
        .annotate(people=Count("pk"), fte_sum=Sum("fte"))
        .values_list("unit__external_id", "people", "fte_sum")
    )
    own = {unit: (people, fte) for unit, people, fte in rows if unit in tree}
    totals: dict[str, tuple[int, Decimal]] = {}
    for unit in reversed(list(tree.nodes)):
        people, fte = own.get(unit, (0, Decimal(0)))
        for child in tree.nodes[unit].children:
            people, fte = people + totals[child][0], fte + totals[child][1]
        totals[unit] = (people, fte)
    return {unit: UnitCount(*own.get(unit, (0, Decimal(0))), *totals[unit]) for unit in tree.nodes}


def unit_history(external_id: str) -> tuple[UnitChange, ...]:
    """Return a unit's versions, newest first, with the parent named as it was at each version's start."""
    versions = list(
        UnitVersion.objects.filter(unit__external_id=external_id).select_related("parent").order_by("-during")
    )
    parents = {version.parent_id for version in versions if version.parent_id is not None}
    named = list(UnitVersion.objects.filter(unit_id__in=parents).order_by("during"))
    return tuple(
        UnitChange(
            start=version.during.lower,
            end=version.during.upper,
            name=version.name,
            level=UnitLevel(version.level),
            parent=version.parent.external_id if version.parent else None,
            parent_name=_name_on(named, version.parent_id, version.during.lower),
            ownership=Ownership(version.ownership),
            city=version.city,
            is_leading=version.is_leading,
        )
        for version in versions
    )


def _name_on(versions: Sequence[UnitVersion], unit_id: int | None, day: date | None) -> str:
    """Return the unit's name on the day; without a day its first name."""
    own = [version for version in versions if version.unit_id == unit_id]
    begun = [version for version in own if day is None or version.during.lower is None or version.during.lower <= day]
    return (begun[-1] if day is not None and begun else own[0]).name if own else ""


def organisation_changed_at(*, on: date | None = None, among: Collection[Thing] | None = None) -> datetime | None:
    """Return when the organisation, its people or their roles were last written; None while there are none.

    With `on` only what that day, or one before it, may look different by, with `among` only such things. Facts of files
    that came before there were revisions are asked for when they were recorded.
    """
    changes = OrgChange.objects.filter(revision=OuterRef("pk"))
    if on is not None:
        changes = changes.filter(Q(effective_on=None) | Q(effective_on__lte=on))
    if among is not None:
        changes = changes.filter(thing__in=among)
    # asked of one revision after another, the newest first: a join would read all changes of each
    written = OrgRevision.objects.filter(Exists(changes))
    last = written.order_by("-number").values_list("at", flat=True).first()
    begun = Q() if on is None else Q(during__lower_inf=True) | Q(during__startswith__lte=on)
    kept = (UnitVersion.objects, Employment.objects, Assignment.objects)
    if last is not None:
        return last
    units, *others = (
        rows.filter(begun).order_by("-recorded_at").values_list("recorded_at", flat=True)[:1] for rows in kept
    )
    return max(units.union(*others, all=True), default=None)
