"""Review rounds as pages read them: what a reviewer has to do, how far a round is, and what stands against its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from kpis.choices import RoundAction, RoundState
from kpis.engine.specs import KpiSpec
from kpis.models import Review, ReviewRound, ReviewTask, RoundEvent
from kpis.queries.definitions import every_kpi, library_at
from omnichannel.core.periods import Period, parse_period
from omnichannel.workspaces.models import Membership
from omnichannel.workspaces.scoping import current_workspace_id
from roles.catalogue import RoleKey
from roles.queries.frames import employees_rows
from roles.queries.org_chart import unit_tree
from roles.queries.people import holders, people_names

MOST_SPREAD = 1  # a wider one has to be talked through
TWO = 2
Judged = tuple[str, str]  # KPI and subject


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who should judge whom. `reviewers` is empty when the chart names no manager."""

    kpi: str
    subject: str
    role: str
    reviewers: tuple[str, ...]
    needs_two: bool


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round in the list: its tasks, and those of the reader."""

    round: ReviewRound
    total: int
    done: int
    mine: int
    mine_done: int


@dataclass(frozen=True, slots=True)
class ReviewerLine:
    """How far a reviewer is; `emails` are the addresses of members tied to this person."""

    person: str
    name: str
    total: int
    done: int
    begun: int
    saved_at: datetime | None
    emails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """Reviewers of one judgement who are more than a point apart."""

    kpi: KpiSpec
    subject: str
    tasks: tuple[ReviewTask, ...]
    talks: tuple[RoundEvent, ...]

    @property
    def is_talked_through(self) -> bool:
        """Tell whether they have talked since the last of them judged."""
        last = max((task.done_at for task in self.tasks if task.done_at), default=None)
        return any(last is None or talk.at >= last for talk in self.talks)


@dataclass(frozen=True, slots=True)
class Progress:
    """A whole round. `obstacles` says in words what stands against signing it off."""

    reviewers: tuple[ReviewerLine, ...]
    tasks: tuple[ReviewTask, ...]
    spreads: tuple[Spread, ...]
    single: tuple[Judged, ...]
    names: Mapping[str, str]
    obstacles: tuple[str, ...]

    @property
    def done(self) -> int:
        """How many tasks are done."""
        return sum(task.done_at is not None for task in self.tasks)


def qualitative_kpis() -> tuple[KpiSpec, ...]:
    """Return the KPIs a manager judges."""
    return tuple(kpi for kpi in library_at().kpis.values() if kpi.qualitative)


def proposals(period: Period, *, unit: str, kpis: Collection[str], on: date) -> list[Proposal]:
    """Return who should judge whom: everybody with a role that carries the KPI, judged by their manager.

    At director level (managers of managers, and whoever leads the strategy) the manager's manager judges too.
    """
    day = min(period.last_day, on)
    tree = unit_tree(as_of=day)
    held = holders(as_of=day, within=unit or None, tree=tree)
    managers = _managers(day)
    leading = {boss for person, boss in managers.items() if boss and person in set(managers.values())}
    leading |= {one.person_external_id for one in held if one.role_key is RoleKey.OMNI_STRATEGY}
    wanted = [kpi for kpi in qualitative_kpis() if kpi.id in kpis]
    found: dict[Judged, Proposal] = {}
    for one in held:
        person = one.person_external_id
        for kpi in wanted:
            if one.role_key.value in kpi.roles or kpi.any_role:
                two = person in leading
                role = "" if kpi.any_role else one.role_key.value
                found.setdefault((kpi.id, person), Proposal(kpi.id, person, role, _line_up(person, managers, two), two))
    return sorted(found.values(), key=lambda one: (one.subject, one.kpi))


def _managers(day: date) -> dict[str, str]:
    return {row["employee_id"]: row["manager_id"] or "" for row in employees_rows(day)}


def _line_up(person: str, managers: Mapping[str, str], two: bool) -> tuple[str, ...]:
    """Return the manager, and for two reviewers the manager's manager."""
    first = managers.get(person, "")
    second = managers.get(first, "") if two and first else ""
    return tuple(each for each in (first, second) if each and each != person)


def rounds(person: str) -> list[RoundLine]:
    """Return all rounds, those where the reader has something left to do first."""
    done, mine = Q(tasks__done_at__isnull=False), Q(tasks__reviewer_id=person) if person else Q(pk=None)
    rows = ReviewRound.objects.annotate(
        total=Count("tasks"),
        done=Count("tasks", filter=done),
        mine=Count("tasks", filter=mine),
        mine_done=Count("tasks", filter=mine & done),
    )
    found = [RoundLine(row, row.total, row.done, row.mine, row.mine_done) for row in rows]
    return sorted(found, key=lambda line: not (line.round.state == RoundState.OPEN and line.mine > line.mine_done))


def tasks_of(round_: ReviewRound, reviewer: str) -> QuerySet[ReviewTask]:
    """Return what a reviewer has to judge, subject by subject."""
    return ReviewTask.objects.filter(round=round_, reviewer_id=reviewer).order_by("subject_id", "kpi")


def earlier_scores(tasks: Sequence[ReviewTask], *, before: str) -> dict[Judged, Decimal]:
    """Return what the same reviewers gave the same subjects last, in an earlier period."""
    rows = Review.objects.filter(
        subject_id__in={task.subject_id for task in tasks},
        reviewer_id__in={task.reviewer_id for task in tasks},
        kpi__in={task.kpi for task in tasks},
    ).values_list("kpi", "subject_id", "period", "score")
    first = parse_period(before).start
    found: dict[Judged, tuple[date, Decimal]] = {}
    for kpi, subject, period, score in rows:
        start = parse_period(period).start
        if start < first and start >= found.get((kpi, subject), (date.min, score))[0]:
            found[kpi, subject] = (start, score)
    return {key: score for key, (_start, score) in found.items()}


def progress(round_: ReviewRound) -> Progress:
    """Read a round as a whole, in five queries."""
    tasks = list(ReviewTask.objects.filter(round=round_).order_by("subject_id", "kpi", "id"))
    talks: dict[Judged, list[RoundEvent]] = defaultdict(list)
    for event in RoundEvent.objects.filter(round=round_, action=RoundAction.TALKED).select_related("actor"):
        talks[event.kpi, event.subject_id].append(event)
    names = called({task.subject_id for task in tasks} | {task.reviewer_id for task in tasks})
    together: dict[Judged, list[ReviewTask]] = defaultdict(list)
    for task in tasks:
        together[task.kpi, task.subject_id].append(task)
    spreads = _spreads(together, talks)
    single = tuple(key for key, group in together.items() if group[0].needs_two and len(group) < TWO)
    return Progress(
        reviewers=_reviewers(tasks, names),
        tasks=tuple(tasks),
        spreads=spreads,
        single=single,
        names=names,
        obstacles=tuple(_obstacles(tasks, spreads, single)),
    )


def _spreads(
    together: Mapping[Judged, Sequence[ReviewTask]], talks: Mapping[Judged, Sequence[RoundEvent]]
) -> tuple[Spread, ...]:
    known = every_kpi()
    found = []
    for (kpi, subject), group in together.items():
        scores = [task.score for task in group if task.done_at is not None and task.score is not None]
        if len(scores) >= TWO and max(scores) - min(scores) > MOST_SPREAD and kpi in known:
            found.append(Spread(known[kpi], subject, tuple(group), tuple(talks.get((kpi, subject), ()))))
    return tuple(found)


def _reviewers(tasks: Sequence[ReviewTask], names: Mapping[str, str]) -> tuple[ReviewerLine, ...]:
    of: dict[str, list[ReviewTask]] = defaultdict(list)
    for task in tasks:
        of[task.reviewer_id].append(task)
    members = Membership.objects.filter(workspace_id=current_workspace_id(), person_external_id__in=list(of))
    emails: dict[str, list[str]] = defaultdict(list)
    for person, email in members.values_list("person_external_id", "user__email"):
        emails[person].append(email)
    lines = [
        ReviewerLine(
            person=person,
            name=names.get(person, person),
            total=len(mine),
            done=sum(task.done_at is not None for task in mine),
            begun=sum(task.done_at is None and task.saved_at is not None for task in mine),
            saved_at=max((task.saved_at for task in mine if task.saved_at), default=None),
            emails=tuple(sorted(emails[person])),
        )
        for person, mine in of.items()
    ]
    return tuple(sorted(lines, key=lambda line: (line.done == line.total, line.name)))


def _obstacles(tasks: Sequence[ReviewTask], spreads: Sequence[Spread], single: Sequence[Judged]) -> list[str]:
    found = []
    if not tasks:
        found.append(_("Nobody is judged in this round."))
    if open_ := sum(task.done_at is None for task in tasks):
        found.append(_("%(n)s judgements are not done yet.") % {"n": open_})
    if single:
        text = _("%(n)s judgements at director level have one reviewer only; they need two.")
        found.append(text % {"n": len(single)})
    if wide := sum(not spread.is_talked_through for spread in spreads):
        text = _("%(n)s judgements lie more than a point apart and have not been talked through.")
        found.append(text % {"n": wide})
    return found


def called(people: Collection[str]) -> dict[str, str]:
    """Return the names of people by their ids; who has none is called by the id."""
    return {**{person: person for person in people}, **people_names(people)}


def signed_keys(period: str) -> set[tuple[str, str, str, str]]:
    """Return (KPI, subject kind, subject, reviewer) of every judgement of a period that is signed off and locked."""
    rows = ReviewTask.objects.filter(round__period=period, round__state=RoundState.SIGNED, done_at__isnull=False)
    return set(rows.values_list("kpi", "subject_kind", "subject_id", "reviewer_id"))


def against_the_lock(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the indexes of rows of table `reviews` that would change a judgement which is signed off."""
    periods = {str(parse_period(row["period"])) for row in rows}
    tasks = ReviewTask.objects.filter(round__period__in=periods, round__state=RoundState.SIGNED, done_at__isnull=False)
    key = ("round__period", "kpi", "subject_kind", "subject_id", "reviewer_id")
    signed = {
        tuple(known): (score, evidence) for *known, score, evidence in tasks.values_list(*key, "score", "evidence")
    }
    found = []
    for index, row in enumerate(rows):
        names = ("kpi_id", "subject_kind", "subject_id", "reviewer_id")
        kept = signed.get((str(parse_period(row["period"])), *(row[name] for name in names)))
        if kept is not None and kept != (row["score"], row["evidence"]):
            found.append(index)
    return found
