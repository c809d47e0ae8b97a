"""What is wrong with targets that somebody wants to save: every fault of every row, in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.choices import ScopeKindChoice
from kpis.engine.specs import KpiSpec
from kpis.engine.targets import out_of_order
from kpis.queries.definitions import absence_words, library_at
from kpis.queries.targets import LastHand, TargetKey, changed_since, last_hands, target_key
from omnichannel.core.periods import Period, period_or_none
from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import roles_here
from roles.queries.listing import listed_people
from roles.queries.org_chart import UnitTree, unit_tree

LIMIT = Decimal(10) ** 14  # a stored target has 18 digits, 4 of them decimals
PARTS = ("floor", "value", "stretch")


@dataclass(frozen=True, slots=True)
class TargetInput:
    """A target as somebody wants it. Without a value it is to be removed. The company has no `scope_id`."""

    period: str
    kpi: str
    scope_kind: str
    scope_id: str
    value: Decimal | None
    floor: Decimal | None = None
    stretch: Decimal | None = None

    @property
    def key(self) -> TargetKey:
        """The row's key."""
        return self.period, self.kpi, self.scope_kind, self.scope_id


@dataclass(frozen=True, slots=True)
class TargetIssue:
    """One fault: which row (from 0), which field of it, and what is wrong."""

    index: int
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Bound:
    """Whose targets somebody may set: everybody's, or only what is below `within` (not the unit's own)."""

    within: str | None = None
    with_people: bool = True


@dataclass(frozen=True, slots=True)
class _Known:
    """The organisation that targets may be set for: today's and that of the periods asked for."""

    kpis: Mapping[str, KpiSpec]
    trees: tuple[UnitTree, ...]
    unit_of: Mapping[str, str]
    roles: frozenset[str]

    def has_unit(self, unit: str) -> bool:
        return any(unit in tree for tree in self.trees)

    def is_below(self, unit: str, above: str) -> bool:
        return any(above in tree.ancestors(unit) for tree in self.trees)


def check_targets(
    rows: Sequence[TargetInput],
    *,
    bound: Bound,
    seen_at: datetime | None = None,
    told_at: Mapping[TargetKey, datetime] | None = None,
) -> tuple[TargetIssue, ...]:
    """Return every fault of every row. `seen_at`: when the writer looked; `told_at`: when they were told of one."""
    periods = {row.period: period_or_none(row.period) for row in rows}
    known = _known(rows, periods=[period for period in periods.values() if period is not None])
    twice = Counter(row.key for row in rows)
    since = _since({row.key for row in rows}, seen_at=seen_at, told_at=told_at or {})
    issues: list[TargetIssue] = []
    for index, row in enumerate(rows):
        found = list(_faults(row, period=periods[row.period], known=known, bound=bound))
        if twice[row.key] > 1:
            found.append(("", "twice", _("The same target stands in this batch more than once.")))
        if target_key(row.key) in since:
            found.append(("value", "changed_since", _hand_words(since[target_key(row.key)])))
        issues += [TargetIssue(index, field, code, message) for field, code, message in found]
    return tuple(issues)


def _since(
    keys: Collection[TargetKey], *, seen_at: datetime | None, told_at: Mapping[TargetKey, datetime]
) -> Mapping[str, LastHand]:
    """Return the targets that somebody has written since the writer looked at them, or was told of them."""
    if seen_at is None:
        return {}
    looked: dict[datetime, set[TargetKey]] = {}
    for key in keys:
        looked.setdefault(told_at.get(key, seen_at), set()).add(key)
    changed = {text for moment, some in looked.items() for text in changed_since(some, moment=moment)}
    hands = last_hands([key for key in keys if target_key(key) in changed])
    return {text: hands[text] for text in changed}


def _hand_words(hand: LastHand) -> str:
    facts = {"who": hand.who or _("A file"), "value": "" if hand.value is None else f"{hand.value.normalize():,f}"}
    if hand.value is None:
        told = _("%(who)s has removed this target since you opened the page. Save again to put yours in its place.")
    else:
        told = _(
            "%(who)s has set this target to %(value)s since you opened the page. Save again to put yours in its place."
        )
    return told % facts


Fault = tuple[str, str, str]


def _faults(row: TargetInput, *, period: Period | None, known: _Known, bound: Bound) -> Iterator[Fault]:
    if period is None or str(period) != row.period:
        yield "period", "no_period", _("%(text)s is no period. Write 2026-11, 2026-Q4 or 2026.") % {"text": row.period}
    spec = known.kpis.get(row.kpi)
    if spec is None:
        yield "kpi_id", "unknown_kpi", _("There is no KPI %(kpi)s.") % {"kpi": row.kpi}
    elif spec.qualitative and row.value is not None:
        yield "kpi_id", "judged", _("This KPI is judged by managers and needs no target.")
    elif row.value is not None and period is not None and (why := absence_words(row.kpi, period.last_day)):
        yield "period", "not_counting", why
    yield from _scope_faults(row, known=known, bound=bound)
    yield from _number_faults(row, spec)


def _scope_faults(row: TargetInput, *, known: _Known, bound: Bound) -> Iterator[Fault]:
    kind, key = row.scope_kind, row.scope_id
    if kind not in ScopeKindChoice.values:
        yield "scope_kind", "unknown_kind", _("%(kind)s is no kind of scope.") % {"kind": kind}
        return
    if (kind == "company") == bool(key):
        yield "scope_id", "scope_id", _("The company has no id, everything else needs one.")
    elif kind == "unit" and not known.has_unit(key):
        yield "scope_id", "unknown_unit", _("There is no unit %(unit)s.") % {"unit": key}
    elif kind == "employee" and key not in known.unit_of:
        yield "scope_id", "unknown_person", _("There is no person %(person)s.") % {"person": key}
    elif kind == "role" and key not in known.roles:
        yield "scope_id", "unknown_role", _("There is no role %(role)s.") % {"role": key}
    elif not _may_set(kind, key, known=known, bound=bound):
        yield "scope_id", "not_yours", _("You set targets for what is below your unit.")


def _may_set(kind: str, key: str, *, known: _Known, bound: Bound) -> bool:
    if bound.within is None:
        return bound.with_people or kind != "employee"
    if kind == "unit":
        return known.is_below(key, bound.within)
    if kind == "employee" and bound.with_people:
        unit = known.unit_of[key]
        return unit == bound.within or known.is_below(unit, bound.within)
    return False


def _number_faults(row: TargetInput, spec: KpiSpec | None) -> Iterator[Fault]:
    wrong = False
    for name in PARTS:
        number = getattr(row, name)
        if number is None:
            continue
        if not number.is_finite() or abs(number) >= LIMIT:
            wrong = True
            yield name, "no_number", _("This is no number that a target can have.")
        elif number != number.quantize(Decimal("0.0001")):
            wrong = True
            yield name, "decimals", _("A target has at most four decimals.")
    if row.value is None:
        if row.floor is not None or row.stretch is not None:
            yield "value", "no_target", _("A floor or stretch needs a target between them.")
    elif spec is not None and not wrong:
        for name in out_of_order(spec.direction, floor=row.floor, value=row.value, stretch=row.stretch):
            yield name, "order", ORDER[name, spec.direction.value]()


ORDER = {
    ("floor", "up"): lambda: _("The floor lies above the target, though more is better here."),
    ("floor", "down"): lambda: _("The floor lies below the target, though less is better here."),
    ("stretch", "up"): lambda: _("The stretch lies below the target, though more is better here."),
    ("stretch", "down"): lambda: _("The stretch lies above the target, though less is better here."),
}


def _known(rows: Sequence[TargetInput], *, periods: Sequence[Period]) -> _Known:
    today = current_day()
    days: list[date] = [today]
    if periods:
        days += [min(each.last_day for each in periods), max(each.last_day for each in periods)]
    people = {row.scope_id for row in rows if row.scope_kind == "employee"}
    needs_units = bool(people) or any(row.scope_kind == "unit" for row in rows)
    unit_of: dict[str, str] = {}
    for day in dict.fromkeys(reversed(days)) if people else ():
        asked = listed_people(as_of=day).filter(person__external_id__in=people).order_by()
        unit_of |= dict(asked.values_list("person__external_id", "unit__external_id"))
    return _Known(
        kpis=library_at(max(days)).kpis,
        trees=tuple(unit_tree(as_of=day) for day in dict.fromkeys(days)) if needs_units else (),
        unit_of=unit_of,
        roles=frozenset(role.value for role in roles_here().roles),
    )
