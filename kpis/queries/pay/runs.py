"""Runs as HR reads them: the months, a month's statements narrowed and sorted, its sums, what moved since the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from kpis.models import PayAdjustment, PayRun, PayStatement
from omnichannel.core.periods import Period, month_of, parse_period
from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.models import Job
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.org_chart import UnitTree
from roles.queries.people import people_names

ZERO = Decimal(0)
MOVERS = 10
SORTS = {"person": "person_external_id", "unit": "unit_external_id", "role": "role_key", "amount": "amount"}


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Which statements of a run a list shows; empty means all."""

    q: str = ""
    unit: str = ""
    role: str = ""
    plan: str = ""
    incomplete: bool = False
    sort: str = "person"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> StatementFilter:
        """Read the filter from a URL."""
        said = {
            name: query.get(name, "").replace("\x00", "").strip()[:64] for name in ("q", "unit", "role", "plan", "sort")
        }
        if said["sort"].removeprefix("-") not in SORTS:
            said["sort"] = "person"
        return cls(**said, incomplete=query.get("only", "") == "incomplete")  # type: ignore[arg-type] # texts by name

    @property
    def only(self) -> str:
        """Return the choice between all and the incomplete ones as it stands in the URL."""
        return "incomplete" if self.incomplete else ""

    @property
    def is_narrowed(self) -> bool:
        """True where it leaves something out."""
        return bool(self.q or self.unit or self.role or self.plan or self.incomplete)

    def apply(self, rows: QuerySet[PayStatement], *, tree: UnitTree) -> QuerySet[PayStatement]:
        """Return the statements it lets through, in its order."""
        wanted = Q()
        if self.unit:
            wanted &= Q(unit_external_id__in=tree.subtree(self.unit) | {self.unit})
        if self.role:
            wanted &= Q(role_key=self.role)
        if self.plan:
            wanted &= Q(plan_key=self.plan)
        if self.incomplete:
            wanted &= Q(is_complete=False)
        if self.q:
            wanted &= Q(person_external_id__in=_named(rows, self.q))
        descending = "-" if self.sort.startswith("-") else ""
        return rows.filter(wanted).order_by(descending + SORTS[self.sort.removeprefix("-")], "person_external_id", "pk")


@dataclass(frozen=True, slots=True)
class Group:
    """A sum of a run by one of its keys; `before` is that of the month before, None where it had none."""

    key: str
    people: int
    amount: Decimal
    before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """CNY against the month before."""
        return None if self.before is None else self.amount - self.before


@dataclass(frozen=True, slots=True)
class Mover:
    """Somebody whose pay moved since the month before; None: no statement in that month."""

    person: str
    amount: Decimal | None
    before: Decimal | None

    @property
    def change(self) -> Decimal:
        """CNY, a month without a statement counted as none."""
        return (self.amount or ZERO) - (self.before or ZERO)


@dataclass(frozen=True, slots=True)
class Compared:
    """A run beside the month before: who came, who left, who moved most."""

    previous: PayRun
    came: int
    left: int
    movers: Sequence[Mover]


def runs_listed() -> QuerySet[PayRun]:
    """Return the runs, the newest first, with who took each step."""
    return PayRun.objects.select_related("opened_by", "approved_by", "locked_by", "paid_by")


def next_month() -> Period:
    """Return the month to open next: after the newest run, or the last that is over where there is none."""
    newest = PayRun.objects.order_by("-period").values_list("period", flat=True).first()
    if newest is None:
        return month_of(current_day()).previous()
    return month_of(parse_period(newest).end)


def newest_calculation(run: PayRun) -> Job | None:
    """Return the last job that worked the run out."""
    return Job.objects.filter(kind=JobKind.CALCULATE_PAY, params__run=run.pk).order_by("-pk").first()


def before(run: PayRun) -> PayRun | None:
    """Return the run of the month before that was calculated."""
    return PayRun.objects.filter(period__lt=run.period, calculated_at__isnull=False).order_by("-period").first()


def groups(run: PayRun, *, by: str, previous: PayRun | None) -> list[Group]:
    """Return a run's sums by `unit_external_id`, `role_key` or `plan_key`, the largest first."""
    rows = run.statements.order_by().values(by).annotate(people=Count("pk"), amount=Sum("amount"))
    was = {} if previous is None else _sums(previous.statements.all(), by)
    found = [Group(row[by], row["people"], row["amount"], was.get(row[by])) for row in rows]
    return sorted(found, key=lambda group: (-group.amount, group.key))


def compared(run: PayRun, previous: PayRun | None) -> Compared | None:
    """Return what moved since the month before; None where there is none."""
    if previous is None:
        return None
    now, was = (_sums(each.statements.all(), "person_external_id") for each in (run, previous))
    movers = [Mover(person, now.get(person), was.get(person)) for person in now.keys() | was.keys()]
    movers = sorted((each for each in movers if each.change), key=lambda each: (-abs(each.change), each.person))
    return Compared(previous, len(now.keys() - was.keys()), len(was.keys() - now.keys()), movers[:MOVERS])


def adjustments_of(run: PayRun) -> QuerySet[PayAdjustment]:
    """Return what the run pays or takes for earlier months, the largest first."""
    rows = run.adjustments.select_related("line__statement__run", "created_by")
    return rows.order_by("line__statement__run__period", "-amount", "pk")


def _named(rows: QuerySet[PayStatement], words: str) -> list[str]:
    """Return the people of the statements whose id or name holds the words."""
    people = set(rows.values_list("person_external_id", flat=True))
    names, wanted = people_names(people), words.casefold()
    return [each for each in people if wanted in f"{each} {names.get(each, '')}".casefold()]


def _sums(rows: QuerySet[PayStatement], by: str) -> dict[str, Decimal]:
    return {row[by]: row["amount"] for row in rows.order_by().values(by).annotate(amount=Sum("amount"))}
