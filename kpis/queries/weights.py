"""Which weights count for a role on a day: of the unit, of the sub-type, of the workspace, else the library's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from kpis.choices import WeightsSource
from kpis.models import WeightSet
from kpis.queries.definitions import library_at
from roles.catalogue import RoleKey, StageKey, roles_here
from roles.queries.org_chart import UnitTree

Key = tuple[str, str]
HUNDRED_CENTS = 10_000
Place = tuple[str, str, str, str]  # role, stage, sub-type, unit; the last two empty where they do not narrow


@dataclass(frozen=True, slots=True)
class EffectiveWeights:
    """Weights that count on a day, in the order of the library, and who set them since when.

    `subtype` and `unit` name the place that set them. Without weights the place hands on to the next wider one.
    """

    role: str
    stage: str
    weights: Mapping[str, Decimal]
    source: WeightsSource
    weight_set_id: int | None = None
    since: date | None = None
    note: str = ""
    subtype: str = ""
    unit: str = ""

    @property
    def place(self) -> Place:
        """Where these weights were set."""
        return self.role, self.stage, self.subtype, self.unit


@dataclass(frozen=True, slots=True, eq=False)
class WeightBook(Mapping[Key, EffectiveWeights]):
    """All weights of a day. As a mapping it tells what counts in the whole workspace, whatever the sub-type."""

    library: Mapping[Key, EffectiveWeights]
    own: Mapping[Place, EffectiveWeights]

    def of(self, role: str, stage: str, *, subtype: str = "", units: Sequence[str] = ()) -> EffectiveWeights:
        """Return what counts for a role in a unit. `units`: the unit and what it belongs to, nearest first.

        The nearest unit with weights wins, in it those of the sub-type; then the sub-type's, the workspace's, the
        library's. An own role that names no KPI any more, though an earlier card does, has no weights.
        """
        for unit in (*units, ""):
            for narrow in dict.fromkeys((subtype, "")):
                found = self.own.get((role, stage, narrow, unit))
                if found is not None and found.weights:
                    return found
        return self.library.get((role, stage)) or EffectiveWeights(role, stage, {}, WeightsSource.EQUAL)

    def with_set(self, changed: EffectiveWeights) -> WeightBook:
        """Return the book as it would be with other weights in one place."""
        return replace(self, own={**self.own, changed.place: changed})

    def __getitem__(self, key: Key) -> EffectiveWeights:
        if key not in self.library:
            raise KeyError(key)
        return self.of(*key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self.library)

    def __len__(self) -> int:
        return len(self.library)


def unit_line(unit: str, tree: UnitTree) -> tuple[str, ...]:
    """Return the unit and what it belongs to, nearest first; the company (no unit) works where its only root does."""
    if unit:
        return (unit, *tree.ancestors(unit))
    return tree.root_ids if len(tree.root_ids) == 1 else ()


def own_weighed_roles() -> tuple[RoleKey, ...]:
    """Return the workspace's own roles that name a KPI: they get weights and cards as the 12 do."""
    return tuple(key for key, role in roles_here().roles.items() if key.is_own and role.kpis)


def weighed_roles() -> tuple[RoleKey, ...]:
    """Return the roles that have weights and cards, the 12 of the map first."""
    return (*RoleKey, *own_weighed_roles())


def equal_weights(kpis: Sequence[str]) -> dict[str, Decimal]:
    """Share 100.00 out in equal parts; the cents that are left go to the first ones."""
    part, left = divmod(HUNDRED_CENTS, len(kpis)) if kpis else (0, 0)
    return {kpi: Decimal(part + (at < left)).scaleb(-2) for at, kpi in enumerate(kpis)}


def weights_on(on: date, *, role: str | None = None) -> WeightBook:
    """Return the weights of every role (or of one) on a day, in one query."""
    library = library_at(on)
    found = {
        (each.role, each.stage): EffectiveWeights(each.role, each.stage, each.weights, WeightsSource.LIBRARY)
        for each in library.weights.values()
        if role is None or each.role == role
    }
    for own_role in own_weighed_roles():
        if role is None or role == own_role.value:
            equal = equal_weights([kpi for kpi in roles_here().roles[own_role].kpis if kpi in library.kpis])
            for stage in StageKey:
                key = (own_role.value, stage.value)
                found[key] = EffectiveWeights(*key, equal, WeightsSource.EQUAL)
    own = WeightSet.objects.filter(effective_from__lte=on)
    if role is not None:
        own = own.filter(role_key=role)
    place = ("role_key", "stage", "subtype", "unit")
    newest = own.order_by(*place, "-effective_from", "-id").distinct(*place)
    places = {kpi: at for at, kpi in enumerate(library.kpis)}
    # sets of an own role that has been taken back stay in the history and count for nobody
    known = [(each, found[each.role_key, each.stage]) for each in newest if (each.role_key, each.stage) in found]
    sets = [_own(each, first=before.weights, places=places) for each, before in known]
    return WeightBook(found, {each.place: each for each in sets})


def _own(row: WeightSet, *, first: Mapping[str, Decimal], places: Mapping[str, int]) -> EffectiveWeights:
    """Read a stored set, its KPIs in the order of the library's own set and then of all KPIs."""
    order = {kpi: at for at, kpi in enumerate(first)}
    ids = sorted(row.weights, key=lambda kpi: (order.get(kpi, len(order)), places.get(kpi, len(places)), kpi))
    return EffectiveWeights(
        role=row.role_key,
        stage=row.stage,
        weights={kpi: Decimal(row.weights[kpi]) for kpi in ids},
        source=source_of_place(row.subtype, row.unit),
        weight_set_id=row.pk,
        since=row.effective_from,
        note=row.note,
        subtype=row.subtype,
        unit=row.unit,
    )


def newest_set(role: RoleKey, place: tuple[str, str, str]) -> WeightSet | None:
    """Return what was saved last for a stage, sub-type and unit, whatever day it counts from."""
    stage, subtype, unit = place
    sets = WeightSet.objects.filter(role_key=role.value, stage=stage, subtype=subtype, unit=unit)
    return sets.select_related("created_by").order_by("-id").first()


def source_of_place(subtype: str, unit: str) -> WeightsSource:
    """Return what the source of weights set in a place is called."""
    if unit:
        return WeightsSource.UNIT
    return WeightsSource.SUBTYPE if subtype else WeightsSource.WORKSPACE


def weight_history(role: str, *, limit: int = 50) -> list[WeightSet]:
    """Return the workspace's own sets of a role wherever they count, newest first."""
    return list(WeightSet.objects.filter(role_key=role).select_related("created_by").order_by("-id")[:limit])


def allowed_kpis(role: str) -> tuple[str, ...]:
    """Return the KPIs a role may be weighed by: its own, then the company's and any role's."""
    kpis = library_at().kpis.values()
    named = set(roles_here().roles[RoleKey(role)].kpis) if RoleKey(role) in own_weighed_roles() else set()
    own = [kpi.id for kpi in kpis if role in kpi.roles or kpi.id in named]
    return tuple(dict.fromkeys([*own, *(kpi.id for kpi in kpis if kpi.company or kpi.any_role)]))
