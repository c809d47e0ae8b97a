"""Guides' tasks as they are read: a person's own, and a manager's with who has done them, in time or late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from kpis.guide_choices import TaskStanding
from kpis.models import GuideTask, GuideTaskPerson, GuideTaskPicture, GuideTaskStep
from roles.queries.org_chart import UnitTree
from roles.queries.people import people_names

SHOWN_DAYS = 14  # how long a task that is done stays on its person's page
MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class OwnTask:
    """A task as its person sees it. `days` until the due day; negative: late by."""

    task: GuideTask
    row: GuideTaskPerson
    standing: TaskStanding
    days: int
    has_picture: bool


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One of those who were asked, with how they stand."""

    row: GuideTaskPerson
    name: str
    unit: str
    standing: TaskStanding


def standing_of(row: GuideTaskPerson, due_on: date, *, today: date) -> TaskStanding:
    """Return how a person stands with a task on a day."""
    if row.done_on is not None:
        return TaskStanding.DONE if row.done_on <= due_on else TaskStanding.DONE_LATE
    return TaskStanding.LATE if today > due_on else TaskStanding.OPEN


def own_tasks(person: str, *, today: date) -> list[OwnTask]:
    """Return a person's tasks: what is open by its due day, then what was done of late."""
    pictures = GuideTaskPicture.objects.filter(task=OuterRef("task"))
    rows = GuideTaskPerson.objects.filter(person_external_id=person, task__withdrawn_at=None)
    rows = rows.select_related("task__given_by").annotate(has_picture=Exists(pictures))
    found = [
        OwnTask(
            task=row.task,
            row=row,
            standing=standing_of(row, row.task.due_on, today=today),
            days=(row.task.due_on - today).days,
            has_picture=row.has_picture,
        )
        for row in rows
        if row.done_on is None or (today - row.done_on).days <= SHOWN_DAYS
    ]
    return sorted(found, key=lambda each: (each.row.done_on is not None, each.task.due_on, each.task.pk))


def tasks_within(tree: UnitTree, *, unit: str | None, today: date) -> QuerySet[GuideTask]:
    """Return the tasks of people a manager may see, with how many stand how: `n`, and one column a standing.

    With a `unit` only the people of its subtree count; a task nobody of them has is not there.
    """
    mine = Q() if unit is None else Q(people__unit_external_id__in=tree.subtree(unit) if unit in tree else ())
    done, late = Q(people__done_on__isnull=False), Q(due_on__lt=today)
    counted = GuideTask.objects.annotate(
        n=Count("people", filter=mine),
        done=Count("people", filter=mine & done & Q(people__done_on__lte=F("due_on"))),
        done_late=Count("people", filter=mine & done & Q(people__done_on__gt=F("due_on"))),
        late=Count("people", filter=mine & ~done & late),
        open=Count("people", filter=mine & ~done & ~late),
    )
    return counted.filter(n__gt=0).select_related("given_by")


def totals_within(tree: UnitTree, *, unit: str | None, today: date) -> dict[str, int]:
    """Return how many of a manager's people stand how with all the tasks that stand."""
    rows = GuideTaskPerson.objects.filter(task__withdrawn_at=None)
    if unit is not None:
        rows = rows.filter(unit_external_id__in=tree.subtree(unit) if unit in tree else ())
    done, late = Q(done_on__isnull=False), Q(task__due_on__lt=today)
    found: dict[str, int] = rows.aggregate(
        done=Count("pk", filter=Q(done_on__lte=F("task__due_on"))),
        done_late=Count("pk", filter=Q(done_on__gt=F("task__due_on"))),
        late=Count("pk", filter=~done & late),
        open=Count("pk", filter=~done & ~late),
    )
    return found


def is_wholly_within(task: GuideTask, tree: UnitTree, *, unit: str | None) -> bool:
    """Tell whether all its people are the manager's: only then it is theirs to change."""
    if unit is None:
        return True
    subtree = tree.subtree(unit) if unit in tree else frozenset()
    return not task.people.exclude(unit_external_id__in=subtree).exists()


def people_of(
    task: GuideTask, tree: UnitTree, *, unit: str | None, today: date, standing: str = ""
) -> Sequence[PersonLine]:
    """Return who was asked, those who are late first; only a subtree's with `unit`, only one standing with that."""
    rows = task.people.all()
    if unit is not None:
        rows = rows.filter(unit_external_id__in=tree.subtree(unit) if unit in tree else ())
    names = people_names({row.person_external_id for row in rows})
    order = [TaskStanding.LATE, TaskStanding.OPEN, TaskStanding.DONE_LATE, TaskStanding.DONE]
    lines = [
        PersonLine(
            row=row,
            name=names.get(row.person_external_id, row.person_external_id),
            unit=tree.nodes[row.unit_external_id].name if row.unit_external_id in tree else row.unit_external_id,
            standing=standing_of(row, task.due_on, today=today),
        )
        for row in rows
    ]
    lines.sort(key=lambda line: (order.index(line.standing), line.unit, line.name))
    return [line for line in lines if not standing or line.standing == standing]


def steps_of(task: GuideTask, people: Iterable[str] | None) -> list[GuideTaskStep]:
    """Return the newest steps: the task's own, and those of the people (None: of everybody)."""
    rows = task.steps.select_related("by")
    if people is not None:
        rows = rows.filter(Q(person_external_id="") | Q(person_external_id__in=list(people)))
    return list(rows[:MOST_STEPS])


def task_file(rows: Iterable[GuideTask], tree: UnitTree, *, unit: str | None, today: date) -> list[list[object]]:
    """Return tasks as rows of a file, one for each person who was asked."""
    tasks = {task.pk: task for task in rows}
    people = GuideTaskPerson.objects.filter(task_id__in=tasks).order_by("-task__due_on", "-task_id", "pk")
    if unit is not None:
        people = people.filter(unit_external_id__in=tree.subtree(unit) if unit in tree else ())
    found: list[list[object]] = [
        ["task_id", "title", "due_on", "person_id", "unit_id", "standing", "done_on", "note", "withdrawn"]
    ]
    for row in people.iterator(chunk_size=5000):
        task = tasks[row.task_id]
        found.append(
            [
                task.pk, task.title, task.due_on.isoformat(), row.person_external_id, row.unit_external_id,
                standing_of(row, task.due_on, today=today).value, row.done_on.isoformat() if row.done_on else "",
                row.note, "yes" if task.withdrawn_at else "",
            ]
        )  # fmt: skip
    return found
