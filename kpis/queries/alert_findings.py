"""What the rules find when they look at stored figures, loads and seats: pure reading, nothing is raised here.

Figures are looked at in the newest month that is over and whose data reach its end; rules on a value itself look at
the newest month even while it lasts, because what has crossed there does not come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max

from kpis.alert_choices import AlertSubject
from kpis.engine.alerting import MEAN_OF, Level, Measure, Reading, level_of, measure
from kpis.engine.specs import COMPANY, KpiSpec, Library, Scope, ScopeKind, Value
from kpis.models import Upload
from kpis.queries.alert_rules import EffectiveRule
from kpis.queries.card_document import company_hashes
from kpis.queries.definitions import library_at
from kpis.queries.targets import targets_of
from kpis.queries.uploads import newest_day, visible
from kpis.queries.values import Book, as_book, current_values, stored_periods
from omnichannel.core.periods import Period
from omnichannel.workspaces.queries.zones import current_zone
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.vacancies import critical_seats

Key = tuple[str, str, str, str, str]
Targets = Mapping[tuple[str, Scope], Decimal]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found for one subject at one scope. `measured` None: it cannot be told, so nothing changes."""

    rule: EffectiveRule
    subject_kind: AlertSubject
    subject: str
    scope: Scope
    episode: str
    measured: Decimal | None
    value: Decimal | None = None
    against: Decimal | None = None

    @property
    def level(self) -> Level | None:
        """The level reached; None when the rule is not crossed."""
        return level_of(self.measured, self.rule.thresholds)

    @property
    def key(self) -> Key:
        """What an alert is unique by while it is open."""
        return self.rule.id, self.subject_kind.value, self.subject, self.scope.kind.value, self.scope.id


def findings(rules: Iterable[EffectiveRule], *, today: date) -> list[Finding]:
    """Return what the rules that are switched on find today."""
    used = [rule for rule in rules if rule.is_on and rule.cuts]
    kpi_rules = [rule for rule in used if rule.measure.of_a_kpi]
    tree = unit_tree(as_of=today)
    found = list(_of_figures(kpi_rules, today=today)) if kpi_rules else []
    for rule in used:
        if rule.measure is Measure.STALE_DAYS:
            found += _of_loads(rule, today=today)
        elif rule.measure is Measure.VACANT_DAYS:
            found += _of_seats(rule, today=today, tree=tree)
    return found


@dataclass(frozen=True, slots=True)
class Months:
    """The months alerts look at: the newest with figures, and the newest that is over."""

    newest: Period | None
    whole: Period | None

    def of(self, kind: Measure) -> Period | None:
        """Return the month a measure is taken in."""
        return self.whole if kind.needs_whole_period else self.newest


def months_to_watch(today: date) -> Months:
    """Return the months alerts look at today."""
    stored = [period for period in stored_periods() if period.start <= today]
    reached = newest_day()
    whole = [each for each in stored if each.last_day < today and (reached is None or each.last_day <= reached)]
    return Months(next(iter(stored), None), next(iter(whole), None))


def _of_figures(rules: Sequence[EffectiveRule], *, today: date) -> Iterator[Finding]:
    months = months_to_watch(today)
    for period in dict.fromkeys(month for month in (months.newest, months.whole) if month is not None):
        here = [rule for rule in rules if months.of(rule.measure) == period]
        if here:
            yield from _in_period(here, period)


def _in_period(rules: Sequence[EffectiveRule], period: Period) -> Iterator[Finding]:
    library = library_at(period.last_day)
    scopes = {rule.id: scopes_of(rule, unit_tree(as_of=period.last_day)) for rule in rules}
    kpis = {rule.id: kpis_of(rule, library) for rule in rules}
    wanted = sorted({kpi.id for found in kpis.values() for kpi in found})
    everywhere = sorted({scope for found in scopes.values() for scope in found})
    back = MEAN_OF if any(rule.measure.looks_back > 1 for rule in rules) else 1
    months = [period.previous(step) for step in range(back + 1)]
    books = [as_book(current_values(month, kpis=wanted, scopes=everywhere)) for month in months]
    now = company_hashes(period)
    books[1:] = [_defined_as_in(now, month, book) for month, book in zip(months[1:], books[1:], strict=True)]
    targets = targets_of(period, kpis=wanted, scopes=everywhere)
    for rule in rules:
        for kpi in kpis[rule.id]:
            for scope in scopes[rule.id]:
                finding = _finding(rule, kpi, scope, books=books, targets=targets, period=period)
                if finding is not None:
                    yield finding


def _defined_as_in(now: Mapping[str, str], month: Period, book: Book) -> Book:
    """Leave out the figures of KPIs that counted something else then: another definition is no surge and no fall."""
    then = company_hashes(month)
    moved = {kpi for kpi in now.keys() & then.keys() if now[kpi] != then[kpi]}
    return {key: value for key, value in book.items() if key[0] not in moved}


def _finding(
    rule: EffectiveRule, kpi: KpiSpec, scope: Scope, *, books: Sequence[Book], targets: Targets, period: Period
) -> Finding | None:
    now = books[0].get((kpi.id, scope))
    if now is None:
        return None
    earlier = [_number(book.get((kpi.id, scope))) for book in books[1:]]
    target = targets.get((kpi.id, scope))
    told = measure(rule.measure, kpi, Reading(now.value, target, earlier))
    if rule.measure is Measure.ATTAINMENT and not _is_aimed(kpi, scope, target):
        told = None
    return Finding(
        rule=rule,
        subject_kind=AlertSubject.KPI,
        subject=kpi.id,
        scope=scope,
        episode=str(period),
        measured=told.number if told else None,
        value=now.value,
        against=told.against if told else None,
    )


def _is_aimed(kpi: KpiSpec, scope: Scope, target: Decimal | None) -> bool:
    """Tell whether somebody has set an aim here: a target, or at the company the library's band."""
    return target is not None or (scope == COMPANY and kpi.target_band is not None)


def _number(value: Value | None) -> Decimal | None:
    return value.value if value else None


def scopes_of(rule: EffectiveRule, tree: UnitTree) -> list[Scope]:
    """Return the scopes a rule looks at. The only root is the whole company, not a unit beside it."""
    units = [node for node in tree if node.level.value in rule.scopes and tree.root_ids != (node.external_id,)]
    company = [COMPANY] if "company" in rule.scopes else []
    return [*company, *(Scope(ScopeKind.UNIT, node.external_id) for node in units)]


def kpis_of(rule: EffectiveRule, library: Library) -> list[KpiSpec]:
    """Return the KPIs a rule looks at: its own, else those named for it, else all."""
    named = (rule.spec.kpi,) if rule.spec.kpi else rule.subjects
    return [library.kpis[kpi] for kpi in named if kpi in library.kpis] if named else list(library.kpis.values())


def _of_loads(rule: EffectiveRule, *, today: date) -> list[Finding]:
    """Count the days since the last load of each watched table that has ever been loaded."""
    loaded = Upload.objects.filter(visible(), table_id__in=rule.subjects).order_by()
    newest = dict(loaded.values_list("table_id").annotate(last=Max("loaded_at")))
    zone = current_zone()
    days = {table: moment.astimezone(zone).date() for table, moment in newest.items() if moment is not None}
    return [
        Finding(rule, AlertSubject.TABLE, table, COMPANY, str(day), Decimal(max((today - day).days, 0)))
        for table, day in sorted(days.items())
    ]


def _of_seats(rule: EffectiveRule, *, today: date, tree: UnitTree) -> list[Finding]:
    """Count the days a critical role of a unit's adopted stage has had no holder."""
    found = []
    for seat in critical_seats(today, tree=tree):
        is_company = tree.root_ids == (seat.unit,)
        level = "company" if is_company else tree.nodes[seat.unit].level.value
        if level not in rule.scopes or (rule.subjects and seat.role.value not in rule.subjects):
            continue
        scope = COMPANY if is_company else Scope(ScopeKind.UNIT, seat.unit)
        days = Decimal(0) if seat.vacant_since is None else Decimal((today - seat.vacant_since).days)
        episode = str(seat.vacant_since or today)
        found.append(Finding(rule, AlertSubject.ROLE, seat.role.value, scope, episode, days))
    return found
