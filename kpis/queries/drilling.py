"""A figure taken apart by unit, person, channel, campaign or role, and what each part did to its change.

Parts are read as stored where they are; crossed with a filter, or where nobody stores them, they are counted anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import and_, itemgetter
from typing import NamedTuple

from django.db.models import Q, QuerySet

from kpis.engine.arithmetic import rounded
from kpis.engine.contribution import ONE, Effects, Share, Shares, quotient_effects, ratio_effects, spread, sum_effects
from kpis.engine.explain import Shape, shape_of
from kpis.engine.narrowing import NotNarrowable, unavailable_at
from kpis.engine.plan import plan_kpi
from kpis.engine.ratios import MILLION, millionths
from kpis.engine.specs import COMPANY, Library, Scope, ScopeKind, Value
from kpis.models import KpiValue
from kpis.queries.counting import counted_parts
from kpis.queries.figure_places import Place
from kpis.queries.values import FIELDS, as_value, figures_known
from roles.queries.org_chart import UnitTree

DIMENSIONS = (ScopeKind.UNIT, ScopeKind.EMPLOYEE, ScopeKind.CHANNEL, ScopeKind.CAMPAIGN, ScopeKind.ROLE)
REST = "rest"
# decimals in which the parts of a change add up, by unit; a count moves by whole ones
PLACES = {"CNY": 2, "CNY/month": 2, "percent": 2, "per_mille": 2, "0..1": 4}
# a stored figure that says nothing: no rows and no number
_NOTHING_THERE = Q(rows=0) & reduce(
    and_, (Q(**{name: None}) | Q(**{name: 0}) for name in ("value", "numerator", "denominator"))
)


@dataclass(frozen=True, slots=True)
class Dimension:
    """A kind of part. `measure` and `table`: what has no column for it; empty where the figure can be taken apart."""

    kind: ScopeKind
    measure: str = ""
    table: str = ""

    @property
    def is_open(self) -> bool:
        """Return whether the figure can be taken apart by it."""
        return not self.measure


class Part(NamedTuple):
    """One part with its figure and what it did to the whole's change. `of`: the whole, where parts add up to it.

    `rate`, `mix` and `rest` are in the unit of the whole, rounded so that all parts add up to the change as shown.
    """

    scope: Scope
    value: Value | None
    before: Value | None
    of: Decimal | None
    rate: Decimal | None = None
    mix: Decimal | None = None
    total: Decimal | None = None

    @property
    def share(self) -> Decimal | None:
        """Return the part's share of the whole in percent; None where parts do not add up or it has no number."""
        if self.of is None or self.value is None or self.value.value is None:
            return None
        return rounded(Fraction(self.value.value) / Fraction(self.of) * 100)


@dataclass(frozen=True, slots=True)
class Remainder:
    """What the parts leave of the whole: rows that name no part, or people counted in several (then below zero)."""

    top: Decimal | None
    bottom: Decimal | None
    effect: Decimal | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A figure by its parts. `change` is the whole's; `by_top` and `by_bottom` split it by numerator and denominator.

    `counted_anew`: not stored, worked out from the rows just now. `fits` is False when what was counted anew does not
    give the stored whole: the data changed since, and the parts are left out.
    """

    kind: ScopeKind
    whole: Value
    before: Value | None
    shape: Shape
    parts: tuple[Part, ...]
    rest: Remainder | None
    places: int
    change: Decimal | None
    by_top: Decimal | None
    by_bottom: Decimal | None
    counted_anew: bool
    fits: bool = True

    @property
    def adds_up(self) -> bool:
        """Return whether the parts add up to the whole, for all that is left over."""
        return self.shape.adds_up

    @property
    def has_mix(self) -> bool:
        """Return whether a change is told apart into rate and mix."""
        return self.shape.is_ratio and self.change is not None


def dimensions(library: Library, place: Place, *, tree: UnitTree) -> tuple[Dimension, ...]:
    """Return by what the figure can be taken apart, and why not by the others. What it is fixed to is left out."""
    fixed = {scope.kind for scope in place.scopes} - {ScopeKind.UNIT}
    if not _children(place, tree):
        fixed.add(ScopeKind.UNIT)
    found = []
    for kind in DIMENSIONS:
        if kind in fixed:
            continue
        missing = unavailable_at(library, place.kpi, kind)
        found.append(Dimension(kind, *(missing or ())))
    return tuple(found)


# a figure to compare with, and the organisation of its day, which is read once and only where it is asked for
Before = tuple[Place, Value, Callable[[], UnitTree]]


@dataclass(frozen=True, slots=True)
class _Parts:
    values: Mapping[Scope, Value]
    whole: Value | None
    counted_anew: bool


def breakdown(
    place: Place,
    whole: Value,
    kind: ScopeKind,
    *,
    library: Library,
    tree: UnitTree,
    before: Before | None,
) -> Breakdown | None:
    """Take a figure apart; None where the KPI cannot be. `before`: the figure it is compared with, and its tree."""
    shape = shape_of(library, plan_kpi(library, place.kpi))
    try:
        now = _parts(place, kind, library=library, tree=tree)
        then = None if before is None else _parts_then(before, kind, library=library, tree=tree)
    except NotNarrowable:
        return None
    if before is not None and then is not None:
        now, then = _beside(now, place, kind, then.values), _beside(then, before[0], kind, now.values)
    fits = now.whole is None or now.whole.value == whole.value
    old = None if before is None else before[1]
    moved = _moved(shape, whole, old, now.values, then.values) if then is not None and old is not None else None
    places = PLACES.get(library.kpis[place.kpi].unit, 0 if _counts(shape, whole) else 4)
    return _put_together(
        kind, whole, old, shape, now, {} if then is None else then.values, moved, places=places, fits=fits
    )


def _parts_then(before: Before, kind: ScopeKind, *, library: Library, tree: UnitTree) -> _Parts:
    """Return the parts of another day: by the organisation of that day where it decides on them."""
    place, _value, its_tree = before
    units = kind is ScopeKind.UNIT or any(scope.kind is ScopeKind.UNIT for scope in place.scopes)
    return _parts(place, kind, library=library, tree=its_tree() if units else tree)


def _counts(shape: Shape, whole: Value) -> bool:
    return not shape.is_ratio and whole.value is not None and whole.value == whole.value.to_integral_value()


def _parts(place: Place, kind: ScopeKind, *, library: Library, tree: UnitTree) -> _Parts:
    children = _children(place, tree) if kind is ScopeKind.UNIT else None
    if not place.where and (place.scope == COMPANY or (children is not None and place.scope.kind is ScopeKind.UNIT)):
        stored = stored_parts(place, kind, ids=children)
        if stored or (children is None and _figures(place, kind).exists()):
            return _Parts(stored, None, counted_anew=False)
    found, whole = counted_parts(place, kind, library=library, tree=tree, ids=children)
    return _Parts(found, whole, counted_anew=True)


def _beside(parts: _Parts, place: Place, kind: ScopeKind, others: Collection[Scope]) -> _Parts:
    """Return the parts with the stored figures of those that say something on the other side only: 0 is not nothing."""
    missing = [scope.id for scope in others if scope not in parts.values]
    if parts.counted_anew or not missing:
        return parts
    return replace(parts, values={**parts.values, **stored_parts(place, kind, ids=missing)})


def _children(place: Place, tree: UnitTree) -> tuple[str, ...]:
    """Return the units a figure is taken apart into: those below its unit; of a single root, those below the root."""
    units = [scope.id for scope in place.scopes if scope.kind is ScopeKind.UNIT]
    if units:
        lowest = max(units, key=lambda unit: len(tree.ancestors(unit)))
        return tree.nodes[lowest].children if lowest in tree else ()
    roots = tree.root_ids
    return tree.nodes[roots[0]].children if len(roots) == 1 else roots


def stored_parts(place: Place, kind: ScopeKind, *, ids: Collection[str] | None = None) -> dict[Scope, Value]:
    """Return the stored figures of some scopes of a kind, or of all that say something, as they are or were known."""
    rows = _figures(place, kind)
    rows = rows.exclude(_NOTHING_THERE) if ids is None else rows.filter(scope_id__in=list(ids))
    values = map(as_value, rows.values_list(*FIELDS))
    return {value.scope: value for value in values}


def _figures(place: Place, kind: ScopeKind) -> QuerySet[KpiValue]:
    known = figures_known(place.known_at)
    return KpiValue.objects.filter(known, kpi=place.kpi, period=str(place.period), scope_kind=kind.value)


def _share(value: Value, shape: Shape) -> Share:
    """Return a part's numerator and denominator in millionths; 0 where it has none."""
    if not shape.is_ratio:
        return Share(millionths(value.value), 0)
    return Share(millionths(value.numerator), millionths(value.denominator))


class _Moved(NamedTuple):
    """What every part did to the change of the whole, before its factor; at REST what the parts leave over."""

    parts: Sequence[Scope | str]
    effects: Effects


def _moved(
    shape: Shape, whole: Value, before: Value, now: Mapping[Scope, Value], then: Mapping[Scope, Value]
) -> _Moved | None:
    if whole.value is None or before.value is None:
        return None
    parts: list[Scope | str] = [*then, REST, *(scope for scope in now if scope not in then)]
    old, new = _shares(parts, then, before, shape), _shares(parts, now, whole, shape)
    effects = ratio_effects(old, new) if shape.is_ratio else sum_effects(old, new, over=MILLION)
    return None if effects is None else _Moved(parts, effects)


def _shares(parts: Sequence[Scope | str], values: Mapping[Scope, Value], total: Value, shape: Shape) -> Shares:
    """Return the shares of the parts, 0 where one has no figure; what they leave of the total stands at REST."""
    found = [_share(values[part], shape) if part in values else Share(0, 0) for part in parts]  # type: ignore[index]
    tops, bottoms = [each.top for each in found], [each.bottom for each in found]
    full, rest = _share(total, shape), parts.index(REST)
    tops[rest], bottoms[rest] = full.top - sum(tops), full.bottom - sum(bottoms)
    return Shares.of(tops, bottoms)


def _put_together(
    kind: ScopeKind,
    whole: Value,
    before: Value | None,
    shape: Shape,
    now: _Parts,
    then: Mapping[Scope, Value],
    moved: _Moved | None,
    *,
    places: int,
    fits: bool,
) -> Breakdown:
    change = None
    if moved is not None and whole.value is not None and before is not None and before.value is not None:
        change = rounded(Fraction(whole.value) - Fraction(before.value)).quantize(Decimal(1).scaleb(-places))
    factor = shape.factor if shape.is_ratio else ONE  # an amount has it already
    shown = {} if moved is None or change is None else _shown(moved, change, places, factor)
    scopes = list(dict.fromkeys([*now.values, *then]))
    of = whole.value if shape.adds_up and whole.value and whole.value > 0 else None
    parts = tuple(
        Part(
            scope,
            now.values.get(scope),
            then.get(scope),
            of,
            *shown.get(scope, (None, None, None)),
        )
        for scope in scopes
    )
    top, bottom = _drivers(shape, whole, before, change, places)
    return Breakdown(
        kind=kind,
        whole=whole,
        before=before,
        shape=shape,
        parts=parts if fits else (),
        rest=_rest(whole, now.values, shape, shown),
        places=places,
        change=change,
        by_top=top,
        by_bottom=bottom,
        counted_anew=now.counted_anew,
        fits=fits,
    )


def _shown(
    moved: _Moved, change: Decimal, places: int, factor: Fraction
) -> dict[Scope | str, tuple[Decimal | None, Decimal | None, Decimal | None]]:
    """Return (rate, mix, total) of every part, rounded so that all of them add up to the change."""
    found = spread(moved.effects.cells, change, places=places, factor=factor)
    return {part: (rate, mix, rate + mix) for part, rate, mix in zip(moved.parts, found[::2], found[1::2], strict=True)}


def _rest(
    whole: Value,
    now: Mapping[Scope, Value],
    shape: Shape,
    shown: Mapping[Scope | str, tuple[Decimal | None, Decimal | None, Decimal | None]],
) -> Remainder | None:
    """Return what the parts leave over; None where nothing is."""
    if whole.value is None or not now:
        return None
    full = whole.numerator if shape.is_ratio else whole.value
    tops = [value.numerator if shape.is_ratio else value.value for value in now.values()]
    top = None if full is None else full - sum((each for each in tops if each is not None), Decimal(0))
    bottom = None
    if shape.is_ratio and whole.denominator is not None:
        bottom = whole.denominator - sum((each.denominator or Decimal(0) for each in now.values()), Decimal(0))
    effect = shown.get(REST, (None, None, None))[2]
    return Remainder(top, bottom, effect) if top or bottom or effect else None


def _drivers(
    shape: Shape, whole: Value, before: Value | None, change: Decimal | None, places: int
) -> tuple[Decimal | None, Decimal | None]:
    if change is None or before is None or not shape.is_ratio:
        return None, None
    found = quotient_effects(_share(before, shape), _share(whole, shape))
    if found is None:
        return None, None
    top, bottom = spread(found, change, places=places, factor=shape.factor)
    return top, bottom


_PLACE = itemgetter(0, 1)


def sorted_parts(parts: Sequence[Part], sort: str, names: Mapping[Scope, str]) -> list[Part]:
    """Return the parts in the order asked for (`-` first: descending); missing numbers come last either way."""
    key, down = sort.lstrip("-"), sort.startswith("-")
    if key == "name":
        return sorted(parts, key=lambda part: names.get(part.scope, part.scope.id), reverse=down)

    def number(part: Part) -> Decimal | None:
        if key == "rows":
            return Decimal(part.value.rows) if part.value else None
        if key == "change":
            return part.total
        # parts of one whole stand by their shares as they stand by their figures
        return part.value.value if part.value and (key != "share" or part.of is not None) else None

    numbers = [(number(part), part) for part in parts]
    known = sorted(((n, part.scope.id, part) for n, part in numbers if n is not None), key=_PLACE, reverse=down)
    return [*(part for _number, _id, part in known), *(part for n, part in numbers if n is None)]
