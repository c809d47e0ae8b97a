"""Plans of posts and money: the list, one with its versions and steps, and what a new one is proposed to hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from kpis.queries.costs import ACTUAL, cost_rows
from omnichannel.core.periods import month_of
from roles.catalogue import RoleKey, load_roles
from roles.choices import FillMode
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from roles.queries.posts import Post, posts_held
from roles.queries.stages import adopted_stages
from talent.choices import NEXT_STATUS, PlanStatus
from talent.errors.headcount import UnknownPlan
from talent.headcount.budgeting import ENTERED_TYPES
from talent.headcount.document import Known, read_plan
from talent.headcount.plan import PlanResult, PlanSpec, Rate, RateSource, Section, work_out
from talent.headcount.staffing import CENT, ZERO, Line
from talent.models import BudgetTakeover, HeadcountPlan, HeadcountPlanVersion
from talent.people.pay import Level
from talent.queries.areas import Area, own_drivers, stage_areas
from talent.queries.drivers import DriverValue, norms_on, unit_drivers
from talent.queries.headcount import levels_of, outsourced_posts
from talent.queries.pay_bands import PayBands, pay_bands

MONTHS_LOOKED_AT = 12
FEW_PEOPLE = 3  # a mean of fewer tells what somebody earns


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a plan: who kept it, when and why."""

    number: int
    author: str
    written_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """A plan came to a status."""

    status: PlanStatus
    author: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Takeover:
    """A plan that became budget rows; `is_undone` once they were taken back."""

    pk: int
    version: int
    upload: int
    rows: int
    cleared: int
    amount: Decimal
    author: str
    at: datetime
    is_undone: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan in one of its versions, and what it comes to."""

    pk: int
    name: str
    status: PlanStatus
    version: VersionRow
    newest: int
    content: Mapping[str, Any]
    result: PlanResult

    @property
    def spec(self) -> PlanSpec:
        """Return what the plan holds."""
        return self.result.spec

    @property
    def is_open(self) -> bool:
        """True for a draft in its newest version, which may be changed."""
        return self.status == PlanStatus.DRAFT and self.version.number == self.newest

    @property
    def following(self) -> tuple[PlanStatus, ...]:
        """Return the statuses it may take."""
        return NEXT_STATUS[self.status]

    @property
    def rests_on_few(self) -> bool:
        """True where some rate or invoice is that of so few people that it tells what somebody earns."""
        rates, outside = self.spec.rates.values(), (each.outsourced.values() for each in self.spec.sections)
        return any(rate.source is RateSource.PEOPLE and rate.people < FEW_PEOPLE for rate in rates) or any(
            each.invoice > ZERO and each.fte < FEW_PEOPLE for section in outside for each in section
        )

    def for_reader(self, *, sees_pay: bool) -> PlanView:
        """Return what the reader may see: without seeing pay no invoice, and no labour that tells what few earn."""
        if sees_pay:
            return self
        units = [{key: each for key, each in unit.items() if key != "outsourced"} for unit in self.content["units"]]
        content = {**self.content, "units": units}
        if not self.rests_on_few:
            return replace(self, content=content)
        del content["rates"]
        return replace(self, content=content, result=self.result.without_labour())


def plans() -> tuple[PlanView, ...]:
    """Return all plans in their newest versions, those under way first, in two queries."""
    rows = HeadcountPlanVersion.objects.order_by("plan_id", "-number").distinct("plan_id")
    order = {status: place for place, status in enumerate((PlanStatus.APPROVED, PlanStatus.DRAFT, PlanStatus.ARCHIVED))}
    found = [_view(row.plan, row, row.number) for row in rows.select_related("plan", "author")]
    return tuple(sorted(found, key=lambda plan: (order[plan.status], plan.name)))


def plan_view(pk: int, *, version: int | None = None) -> PlanView:
    """Return a plan, in its newest version unless another is named. UnknownPlan."""
    row = HeadcountPlan.objects.filter(pk=pk).first()
    if row is None:
        raise UnknownPlan
    versions = HeadcountPlanVersion.objects.filter(plan=row).select_related("author").order_by("-number")
    newest = versions.first()
    chosen = newest if version is None else versions.filter(number=version).first()
    if newest is None or chosen is None:
        raise UnknownPlan
    return _view(row, chosen, newest.number)


def _view(plan: HeadcountPlan, row: HeadcountPlanVersion, newest: int) -> PlanView:
    spec, issues = read_plan(row.content, _known_in(row.content))
    if spec is None:
        raise ValueError(f"version {row.number} of plan {plan.pk} does not read: {issues}")
    kept = VersionRow(row.number, str(row.author or ""), row.created_at, row.note)
    return PlanView(plan.pk, plan.name, PlanStatus(plan.status), kept, newest, row.content, work_out(_in_order(spec)))


def _in_order(spec: PlanSpec) -> PlanSpec:
    """Put roles and drivers in the order of the map: the database keeps the keys of a document in one of its own."""
    places = {role.key.value: place for place, role in enumerate(role_library().roles.values())}
    roles = sorted(spec.norms, key=lambda role: places.get(role, len(places)))
    drivers = load_roles().headcount.drivers
    sections = tuple(
        replace(section, drivers={key: section.drivers[key] for key in drivers if key in section.drivers})
        for section in spec.sections
    )
    return replace(spec, norms={role: spec.norms[role] for role in roles}, sections=sections)


def _known_in(content: Mapping[str, Any]) -> Known:
    """Take the ids of a kept document as known: a role or a unit may be gone by now, the plan stays readable."""
    units = content["units"]
    roles = {*content["norms"], *content["rates"]}
    roles |= {role for unit in units for part in ("levels", "outsourced") for role in unit[part]}
    drivers = set(load_roles().headcount.drivers)
    return Known(roles, drivers, [unit["unit"] for unit in units])


def plan_versions(pk: int) -> tuple[VersionRow, ...]:
    """Return the versions of a plan, newest first."""
    rows = HeadcountPlanVersion.objects.filter(plan_id=pk).select_related("author").order_by("-number")
    return tuple(VersionRow(row.number, str(row.author or ""), row.created_at, row.note) for row in rows)


def plan_steps(pk: int) -> tuple[StepRow, ...]:
    """Return what became of a plan, newest first."""
    plan = HeadcountPlan.objects.prefetch_related("steps__author").get(pk=pk)
    rows = sorted(plan.steps.all(), key=lambda step: -step.pk)
    return tuple(StepRow(PlanStatus(row.status), str(row.author or ""), row.created_at, row.note) for row in rows)


def takeovers(pk: int | None = None) -> tuple[Takeover, ...]:
    """Return when plans became the budget, newest first; of one plan or of all."""
    rows = BudgetTakeover.objects.select_related("author").order_by("-pk")
    rows = rows if pk is None else rows.filter(plan_id=pk)
    return tuple(
        Takeover(
            row.pk,
            row.version,
            row.upload,
            row.rows,
            row.cleared,
            row.amount,
            str(row.author or ""),
            row.created_at,
            row.undone_at is not None,
        )
        for row in rows
    )


def proposed(units: Sequence[str], *, start: date, months: int, tree: UnitTree, as_of: date) -> PlanSpec:
    """Return a plan as the day suggests it: present norms, drivers, posts and rates, and the costs of the last year.

    Each stage area of the units is a section of its own. The contingency is the middle of its band. What is not known
    stays empty.
    """
    posts = posts_held(as_of=as_of)
    areas = stage_areas(units, tree=tree, adopted=adopted_stages(as_of, tree=tree))
    drivers = unit_drivers([area.key for area in areas], tree=tree, posts=posts, as_of=as_of)
    spent = mean_costs(areas, before=as_of)
    sections = tuple(
        Section(
            area.key,
            levels_of(area.adopted),
            _lines(own_drivers(area, drivers, posts=posts)),
            {kind: Line(spent[area.key, kind]) for kind in ENTERED_TYPES if (area.key, kind) in spent},
            outsourced_posts(posts, units=area.units),
        )
        for area in areas
    )
    norms = {role: row.norm for role, row in norms_on(as_of).items()}
    inside = {each for unit in units for each in tree.subtree(unit)}
    rates = proposed_rates(norms, [post for post in posts if post.unit in inside], bands=pay_bands(as_of=as_of))
    return PlanSpec(month_of(start).start, months, norms, rates, sections, Decimal("17.5"))


def _lines(drivers: Mapping[str, DriverValue]) -> dict[str, Line]:
    return {driver: Line(value.value) for driver, value in drivers.items() if value.value is not None}


def proposed_rates(roles: Iterable[str], posts: Iterable[Post], *, bands: PayBands) -> dict[str, Rate]:
    """Return what a post of each role costs a month: the mean of one's own people, else the middle of the pay band.

    A mean of fewer than three is none: the plan would tell what somebody earns.
    """
    cost: dict[str, Decimal] = defaultdict(Decimal)
    fte: dict[str, Decimal] = defaultdict(Decimal)
    people: dict[str, set[str]] = defaultdict(set)
    for post in posts:
        if post.fill_mode is not FillMode.OUTSOURCED and post.cost is not None and post.fte > 0:
            cost[post.role] += post.cost
            fte[post.role] += post.fte
            people[post.role].add(post.person)
    found = {}
    for role in roles:
        band = bands.of(role, Level.MANAGER if role == RoleKey.OMNI_STRATEGY else Level.SPECIALIST)
        if len(people[role]) >= FEW_PEOPLE:
            mean = (cost[role] / fte[role]).quantize(CENT, ROUND_HALF_UP)
            found[role] = Rate(mean, RateSource.PEOPLE, len(people[role]))
        else:
            found[role] = Rate(band.middle, RateSource.BAND) if band else Rate(None)
    return found


def mean_costs(areas: Iterable[Area], *, before: date) -> dict[tuple[str, str], Decimal]:
    """Return the mean monthly actual cost of each entered type in each area over the last months that have costs."""
    months = [month_of(before).previous(back) for back in range(1, MONTHS_LOOKED_AT + 1)]
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    seen: set[str] = set()
    some = list(areas)
    for row in cost_rows(months, version=ACTUAL):
        seen.add(row.period)
        for area in some:
            if row.kind in ENTERED_TYPES and belongs(row.unit, area.units, is_root=area.head.parent is None):
                sums[area.key, row.kind] += row.amount
    return {key: max(ZERO, (amount / len(seen)).quantize(CENT, ROUND_HALF_UP)) for key, amount in sums.items()}


def belongs(booked_on: str, below: Collection[str], *, is_root: bool) -> bool:
    """Tell whether a cost counts for a unit; what is booked on no unit counts for the one at the top."""
    return booked_on in below or (is_root and not booked_on)


def role_titles(keys: Iterable[str]) -> dict[str, Any]:
    """Return what roles are called here; one that is gone goes by its key."""
    roles = {role.key.value: role.names for role in role_library().roles.values()}
    return {key: roles.get(key, key) for key in keys}
