"""Roadmaps as pages show them: their milestones with the days of the table's rows, how each stands, what comes next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kpis.queries.milestones import Milestone, Punctuality, current_milestones, punctuality
from omnichannel.core.text import Bilingual
from orgstages.catalogue import Transition, load_stages
from orgstages.errors import UnknownMilestone, UnknownRoadmap
from orgstages.models import Roadmap, RoadmapMilestone
from roles.catalogue import RoleKey, roles_here
from roles.queries.org_chart import UnitTree
from roles.queries.people import people_names

DONE = frozenset({Punctuality.EARLY, Punctuality.ON_TIME, Punctuality.LATE})


@dataclass(frozen=True, slots=True)
class MilestoneView:
    """A milestone with its row's days. Not `is_kept`: the table has no such row any more, the days are the first plan.

    `title` is what its row says, empty where it says nothing; `days` after the planned day it was done or is overdue;
    `is_next` marks the first that is still to come.
    """

    pk: int
    id: str
    title: str
    names: Bilingual
    weeks: int | None
    owner_role: RoleKey
    role_names: Bilingual
    owner: str
    owner_name: str
    planned_on: date
    first_planned_on: date
    done_on: date | None
    standing: Punctuality
    days: int
    is_next: bool
    is_kept: bool

    @property
    def is_done(self) -> bool:
        """True once it is done, in time or not."""
        return self.standing in DONE

    @property
    def is_called_off(self) -> bool:
        """True when it counts no more."""
        return self.standing is Punctuality.CALLED_OFF

    @property
    def moved_days(self) -> int:
        """How many days later than at first it is planned now; negative for earlier."""
        return (self.planned_on - self.first_planned_on).days


@dataclass(frozen=True, slots=True)
class RoadmapView:
    """A roadmap of a unit with its milestones in the order of their days."""

    pk: int
    unit: str
    unit_name: str
    transition: Transition
    from_names: Bilingual
    to_names: Bilingual
    start_on: date
    note: str
    skip_confirmed: str
    author: str
    cancelled_on: date | None
    cancelled_by: str
    cancel_reason: str
    milestones: tuple[MilestoneView, ...]

    @property
    def counted(self) -> tuple[MilestoneView, ...]:
        """The milestones that are not called off."""
        return tuple(one for one in self.milestones if not one.is_called_off)

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(one.is_done for one in self.counted)

    @property
    def overdue(self) -> int:
        """How many should have been done by now."""
        return sum(one.standing is Punctuality.OVERDUE for one in self.counted)

    @property
    def ends_on(self) -> date:
        """The day the last milestone is planned for, or was done on."""
        return max((one.done_on or one.planned_on for one in self.milestones), default=self.start_on)

    @property
    def following(self) -> MilestoneView | None:
        """The milestone to see to: the first overdue, else the next to come."""
        still_open = [one for one in self.counted if not one.is_done]
        return still_open[0] if still_open else None

    @property
    def is_over(self) -> bool:
        """True when it was cancelled or every milestone is done."""
        return self.cancelled_on is not None or (bool(self.counted) and self.done == len(self.counted))


def roadmaps(*, today: date, tree: UnitTree, within: str | None = None, unit: str = "") -> tuple[RoadmapView, ...]:
    """Return the roadmaps of units inside the bounds, those under way first; with `unit` only those of it and below."""
    bounds = None if within is None else tree.subtree(within)
    rows = Roadmap.objects.select_related("created_by", "cancelled_by").order_by("-start_on", "-pk")
    if bounds is not None:
        rows = rows.filter(unit_external_id__in=bounds)
    if unit:
        rows = rows.filter(unit_external_id__in=tree.subtree(unit) | {unit})
    found = _views(list(rows), today=today, tree=tree)
    return tuple(sorted(found, key=lambda one: (one.cancelled_on is not None, one.is_over)))


def roadmap(pk: int, *, today: date, tree: UnitTree, within: str | None = None) -> RoadmapView:
    """Return one roadmap. Raise UnknownRoadmap for one that is not there or out of bounds."""
    row = Roadmap.objects.select_related("created_by", "cancelled_by").filter(pk=pk).first()
    if row is None or (within is not None and row.unit_external_id not in tree.subtree(within)):
        raise UnknownRoadmap
    return _views([row], today=today, tree=tree)[0]


def milestone_of(view: RoadmapView, pk: int) -> MilestoneView:
    """Return one milestone of a roadmap, or raise UnknownMilestone."""
    for one in view.milestones:
        if one.pk == pk:
            return one
    raise UnknownMilestone


def next_milestones(found: Sequence[RoadmapView]) -> list[tuple[RoadmapView, MilestoneView]]:
    """Return what is open on the roads under way: overdue first, then by the planned day."""
    waiting = [(one, each) for one in found if not one.is_over for each in one.counted if not each.is_done]
    return sorted(waiting, key=lambda pair: (pair[1].planned_on, pair[1].id))


def _views(rows: Sequence[Roadmap], *, today: date, tree: UnitTree) -> list[RoadmapView]:
    """Put roadmaps together in two queries and one read of the table, however many there are."""
    mine = list(RoadmapMilestone.objects.filter(roadmap__in=rows))
    kept = {one.id: one for one in current_milestones(today=today, ids={each.milestone_id for each in mine})}
    names = people_names({each.owner_person for each in mine if each.owner_person})
    return [
        _view(row, [one for one in mine if one.roadmap_id == row.pk], kept, names, today=today, tree=tree)
        for row in rows
    ]


def _view(
    row: Roadmap,
    mine: Collection[RoadmapMilestone],
    kept: Mapping[str, Milestone],
    names: Mapping[str, str],
    *,
    today: date,
    tree: UnitTree,
) -> RoadmapView:
    catalogue = load_stages()
    transition = catalogue.transitions[row.transition]
    dated = sorted(mine, key=lambda one: (_planned(one, kept), one.step or 0, one.pk))
    coming = [one.pk for one in dated if _standing(one, kept, today=today)[0] is Punctuality.COMING]
    return RoadmapView(
        pk=row.pk,
        unit=row.unit_external_id,
        unit_name=tree.nodes[row.unit_external_id].name if row.unit_external_id in tree else row.unit_external_id,
        transition=transition,
        from_names=catalogue.subtypes[transition.from_subtype].names,
        to_names=catalogue.subtypes[transition.to_subtype].names,
        start_on=row.start_on,
        note=row.note,
        skip_confirmed=row.skip_confirmed,
        author=str(row.created_by or ""),
        cancelled_on=row.cancelled_on,
        cancelled_by=str(row.cancelled_by or ""),
        cancel_reason=row.cancel_reason,
        milestones=tuple(
            _milestone(one, transition, kept, names, today=today, is_next=one.pk in coming[:1]) for one in dated
        ),
    )


def _milestone(
    row: RoadmapMilestone,
    transition: Transition,
    kept: Mapping[str, Milestone],
    names: Mapping[str, str],
    *,
    today: date,
    is_next: bool,
) -> MilestoneView:
    step = next((each for each in transition.steps if each.order == row.step), None)
    stored = kept.get(row.milestone_id)
    standing, days = _standing(row, kept, today=today)
    role = RoleKey(row.owner_role)
    return MilestoneView(
        pk=row.pk,
        id=row.milestone_id,
        title=stored.title if stored else "",
        names=step.names if step else Bilingual(row.title, row.title),
        weeks=step.weeks if step else None,
        owner_role=role,
        role_names=roles_here().roles[role].names,
        owner=row.owner_person,
        owner_name=names.get(row.owner_person, row.owner_person),
        planned_on=_planned(row, kept),
        first_planned_on=row.first_planned_on,
        done_on=stored.done_on if stored and standing in DONE else None,
        standing=standing,
        days=days,
        is_next=is_next,
        is_kept=stored is not None,
    )


def _planned(row: RoadmapMilestone, kept: Mapping[str, Milestone]) -> date:
    stored = kept.get(row.milestone_id)
    return stored.planned_on if stored else row.first_planned_on


def _standing(row: RoadmapMilestone, kept: Mapping[str, Milestone], *, today: date) -> tuple[Punctuality, int]:
    if row.called_off_on is not None and row.called_off_on <= today:
        return Punctuality.CALLED_OFF, 0
    stored = kept.get(row.milestone_id)
    if stored is None or stored.standing is Punctuality.CALLED_OFF:
        # a row called off since: on this earlier day it still stood as planned
        return punctuality(_planned(row, kept), None, today=today)
    return stored.standing, stored.days
