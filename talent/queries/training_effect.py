"""New private users of trained and untrained stores, before and after: whole months chosen by the reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from kpis.engine.specs import Scope, ScopeKind
from kpis.queries.training_rows import training_rows
from kpis.queries.values import stored_periods, trends
from omnichannel.core.periods import Grain, Period, period_or_none
from roles.choices import UnitLevel
from roles.queries.listing import listed_people
from roles.queries.org_chart import UnitTree, unit_tree
from talent.courses.effect import Effect, Pair, effect_of, mean_of

KPI = "training_private_users"
NAMES = ("before_from", "before_to", "train_from", "train_to", "after_from", "after_to")
USUAL = (3, 2, 3)  # months before, of training, after
CENT = Decimal("0.01")
MOST_MONTHS = 12


class Side(StrEnum):
    """Which group a store is in; `apart` is neither: trained outside the training months, or without figures."""

    TRAINED = "trained"
    UNTRAINED = "untrained"
    APART = "apart"


class Apart(StrEnum):
    """Why a store is in neither group."""

    TRAINED_OTHERWISE = "trained_otherwise"
    NO_FIGURES = "no_figures"


@dataclass(frozen=True, slots=True)
class Windows:
    """Months before, of training, and after: in this order, not overlapping."""

    before: tuple[Period, ...]
    training: tuple[Period, ...]
    after: tuple[Period, ...]

    @property
    def parts(self) -> dict[str, str]:
        """Return the windows as a query names them."""
        ends = [str(end) for window in (self.before, self.training, self.after) for end in (window[0], window[-1])]
        return dict(zip(NAMES, ends, strict=True))


@dataclass(frozen=True, slots=True)
class StoreLine:
    """A store: its group, its mean month before and after, how many of its people completed the programme."""

    unit: str
    name: str
    side: Side
    before: Decimal | None
    after: Decimal | None
    trained: int
    people: int
    apart: Apart | None = None

    @property
    def change(self) -> Decimal | None:
        """After less before."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class EffectView:
    """The effect, the same sum over the months before the training (`earlier`), and the stores behind both."""

    windows: Windows
    effect: Effect
    earlier: Effect | None
    stores: tuple[StoreLine, ...]

    def of(self, side: Side) -> tuple[StoreLine, ...]:
        """Return the stores of one group."""
        return tuple(line for line in self.stores if line.side is side)


def usual_windows() -> Windows | None:
    """Return the newest months with figures as windows; None where there are too few."""
    months = sorted(stored_periods(), key=lambda month: month.start)[-sum(USUAL) :]
    if len(months) < sum(USUAL):
        return None
    first, second = USUAL[0], USUAL[0] + USUAL[1]
    return Windows(tuple(months[:first]), tuple(months[first:second]), tuple(months[second:]))


def windows_from(asked: Mapping[str, str]) -> Windows | None:
    """Read windows from a query; None for what are no months, or not one after the other."""
    ends = [period_or_none(asked.get(name, "")) for name in NAMES]
    months = [end for end in ends if end is not None and end.grain is Grain.MONTH]
    starts = [month.start for month in months]
    if len(months) < len(NAMES) or starts != sorted(starts) or starts[1] >= starts[2] or starts[3] >= starts[4]:
        return None
    spans = [_months(months[at], months[at + 1]) for at in (0, 2, 4)]
    return Windows(*spans) if max(map(len, spans)) <= MOST_MONTHS else None


def training_effect(programme: str, windows: Windows) -> EffectView:
    """Compare the stores. A person's store is where they work on the last day of the training months."""
    day = windows.training[-1].last_day
    tree = unit_tree(as_of=day)
    stores = [node.external_id for node in tree if node.level is UnitLevel.STORE]
    working = _working(tree, day=day)
    in_window, otherwise = _completed(programme, windows, working)
    months = (*windows.before, *windows.after)
    scopes = [Scope(ScopeKind.UNIT, store) for store in stores]
    figures = trends([KPI], months, scopes=scopes)
    people = Counter(working.values())
    pairs: dict[Side, list[tuple[list[Decimal], Pair]]] = {side: [] for side in Side}
    lines, cut = [], len(windows.before)
    for store, scope in zip(stores, scopes, strict=True):
        values = figures[KPI, scope]
        line = _line(tree, store, values, cut, in_window[store], otherwise[store], people[store])
        lines.append(line)
        known = [value for value in values if value is not None]
        if line.side is not Side.APART:
            pairs[line.side].append((known[:cut], (mean_of(known[:cut]), mean_of(known[cut:]))))
    return EffectView(
        windows,
        effect_of([pair for _b, pair in pairs[Side.TRAINED]], [pair for _b, pair in pairs[Side.UNTRAINED]]),
        _earlier(pairs, months=len(windows.before)),
        tuple(sorted(lines, key=lambda line: (list(Side).index(line.side), line.unit))),
    )


def _months(first: Period, last: Period) -> tuple[Period, ...]:
    found = [last]
    while found[-1].start > first.start and len(found) <= MOST_MONTHS:
        found.append(found[-1].previous())
    return tuple(reversed(found))


def _working(tree: UnitTree, *, day: date) -> dict[str, str]:
    """Return the store of everybody who works in one, or below one, on the day."""
    found = {}
    for person, unit in listed_people(as_of=day).values_list("person__external_id", "unit__external_id"):
        for above in (unit, *tree.ancestors(unit)):
            if above in tree and tree.nodes[above].level is UnitLevel.STORE:
                found[person] = above
                break
    return found


def _completed(programme: str, windows: Windows, working: Mapping[str, str]) -> tuple[Counter[str], Counter[str]]:
    """Return per store how many completed the programme in the training months, and in the windows around them."""
    start, end = windows.training[0].start, windows.training[-1].last_day + timedelta(days=1)
    first, last = windows.before[0].start, windows.after[-1].last_day + timedelta(days=1)
    inside: set[str] = set()
    around: set[str] = set()
    for row in training_rows(people=working):
        if row.programme != programme or row.completed_on is None or not first <= row.completed_on < last:
            continue
        (inside if start <= row.completed_on < end else around).add(row.person)
    return Counter(working[person] for person in inside), Counter(working[person] for person in around - inside)


def _line(
    tree: UnitTree, store: str, values: Sequence[Decimal | None], cut: int, trained: int, around: int, people: int
) -> StoreLine:
    known = [value for value in values if value is not None]
    complete = len(known) == len(values)
    apart = None if complete else Apart.NO_FIGURES
    if complete and not trained and around:
        apart = Apart.TRAINED_OTHERWISE
    side = Side.APART if apart else Side.TRAINED if trained else Side.UNTRAINED
    before, after = (_shown(mean_of(part)) if complete else None for part in (known[:cut], known[cut:]))
    return StoreLine(store, tree.nodes[store].name, side, before, after, trained, people, apart)


def _earlier(pairs: Mapping[Side, Sequence[tuple[list[Decimal], Pair]]], *, months: int) -> Effect | None:
    """Return the same comparison inside the months before: its second half against its first, without a training."""
    if months < 2:
        return None
    half = months // 2
    halves = {
        side: [(mean_of(known[:half]), mean_of(known[-half:])) for known, _pair in found]
        for side, found in pairs.items()
    }
    return effect_of(halves[Side.TRAINED], halves[Side.UNTRAINED])


def _shown(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(CENT)
