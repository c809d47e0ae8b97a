"""Tasks for guides: given by a manager with what they need for them, done by each person; every step is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kpis.errors import FieldsRefused, TaskStepRefused
from kpis.guide_choices import TaskStepKind
from kpis.models import GuideTask, GuideTaskPerson, GuideTaskPicture, GuideTaskStep, RankingChoice
from kpis.services.pay.plans import lock_pay
from roles.catalogue import RoleKey
from roles.queries.org_chart import unit_tree
from roles.queries.people import employed, holders, people_within

NOTE, TEXT = 400, 4000
MOST_PEOPLE = 20_000
PICTURE_BYTES = 300 * 1024
# What a picture begins with, and what it is then.
SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))
FIELDS = ("title", "what", "script", "link", "due_on")


@dataclass(frozen=True, slots=True)
class TaskInput:
    """A task as it is written. It is for the people named, or for everybody who holds a role in a unit's subtree."""

    title: str
    what: str
    due_on: date
    script: str = ""
    link: str = ""
    people: Sequence[str] = ()
    role: str = ""
    unit: str = ""
    picture: bytes | None = None


@transaction.atomic
def give_task(asked: TaskInput, *, actor_id: int | None, today: date, within: str | None = None) -> GuideTask:
    """Give a task. FieldsRefused names all that is wrong; people outside `within` are as if they did not exist.

    The same task for the same people is refused while it stands: it was sent twice.
    """
    faults = _text_faults(asked, today=today)
    people = _people(asked, today=today, within=within, faults=faults)
    if faults:
        raise FieldsRefused(faults)
    lock_pay()
    task = GuideTask(
        title=asked.title,
        what=asked.what,
        script=asked.script,
        link=asked.link,
        due_on=asked.due_on,
        unit_external_id=asked.unit if asked.role else "",
        role_key=asked.role,
        given_by_id=actor_id,
    )
    same = {name: getattr(task, name) for name in (*FIELDS, "unit_external_id", "role_key", "given_by_id")}
    for earlier in GuideTask.objects.filter(**same, withdrawn_at=None):
        if set(earlier.people.values_list("person_external_id", flat=True)) == people.keys():
            raise FieldsRefused({"title": _("You have given them this task already.")})
    task.save()
    GuideTaskPerson.objects.bulk_create(
        [
            GuideTaskPerson(workspace_id=task.workspace_id, task=task, person_external_id=person, unit_external_id=unit)
            for person, unit in sorted(people.items())
        ],
        batch_size=2000,
    )
    if asked.picture:
        GuideTaskPicture.objects.create(task=task, content=asked.picture, content_type=picture_type(asked.picture))
    _note(task, TaskStepKind.GIVEN, actor_id=actor_id)
    return task


def task_faults(asked: TaskInput, *, today: date, within: str | None = None) -> dict[str, str]:
    """Return what is wrong with a new task, by field."""
    faults = _text_faults(asked, today=today)
    _people(asked, today=today, within=within, faults=faults)
    return faults


def change_faults(task: GuideTask, asked: TaskInput, *, today: date) -> dict[str, str]:
    """Return what is wrong with a change of a task, by field; a day that is over may stay."""
    return _text_faults(asked, today=today if asked.due_on != task.due_on else None)


@transaction.atomic
def change_task(task_id: int, asked: TaskInput, *, actor_id: int, today: date) -> dict[str, list[str]]:
    """Change what a task says or until when; return field -> [was, is]. Whom it was given to stays."""
    task = _standing(task_id)
    if faults := change_faults(task, asked, today=today):
        raise FieldsRefused(faults)
    changes = {
        name: [str(getattr(task, name)), str(getattr(asked, name))]
        for name in FIELDS
        if getattr(task, name) != getattr(asked, name)
    }
    for name in changes:
        setattr(task, name, getattr(asked, name))
    if asked.picture:
        picture = {"content": asked.picture, "content_type": picture_type(asked.picture)}
        GuideTaskPicture.objects.update_or_create(task=task, defaults=picture)
        changes["picture"] = ["", ""]
    if changes:
        task.save()
        _note(task, TaskStepKind.CHANGED, actor_id=actor_id, changes=changes)
    return changes


@transaction.atomic
def withdraw_task(task_id: int, *, actor_id: int) -> GuideTask:
    """Take a task back: nobody sees it any more, what was done stays noted."""
    task = _standing(task_id)
    task.withdrawn_at = timezone.now()
    task.save()
    _note(task, TaskStepKind.WITHDRAWN, actor_id=actor_id)
    return task


@transaction.atomic
def restore_task(task_id: int, *, actor_id: int) -> GuideTask:
    """Give a task again that was taken back."""
    task = GuideTask.objects.select_for_update(of=("self",)).get(pk=task_id)
    if task.withdrawn_at is None:
        raise TaskStepRefused(_("This task stands: nobody has taken it back."))
    task.withdrawn_at = None
    task.save()
    _note(task, TaskStepKind.RESTORED, actor_id=actor_id)
    return task


@transaction.atomic
def mark_done(task_id: int, person: str, *, note: str, today: date, actor_id: int) -> GuideTaskPerson:
    """Note that a person has done a task. LookupError where it is not theirs; TaskStepRefused when done already."""
    row = _own(task_id, person)
    if row.done_on is not None:
        raise TaskStepRefused(_("This task is done already."))
    row.done_on, row.note = today, _clean(note)
    row.save()
    _note(row.task, TaskStepKind.DONE, actor_id=actor_id, person=person, note=row.note)
    return row


@transaction.atomic
def undo_done(task_id: int, person: str, *, actor_id: int) -> GuideTaskPerson:
    """Take a "done" back."""
    row = _own(task_id, person)
    if row.done_on is None:
        raise TaskStepRefused(_("This task is not done yet."))
    row.done_on, row.note = None, ""
    row.save()
    _note(row.task, TaskStepKind.UNDONE, actor_id=actor_id, person=person)
    return row


def show_ranking(*, is_shown: bool, actor_id: int, person: str = "") -> RankingChoice:
    """Show or hide places: a person's own, or everybody's where none is named. The choice before is kept."""
    return RankingChoice.objects.create(person_external_id=person, is_shown=is_shown, by_id=actor_id)


def picture_type(content: bytes) -> str:
    """Return what kind of picture it is by its first bytes; empty for what is none that we take."""
    kind = next((kind for start, kind in SIGNATURES if content.startswith(start)), "")
    return "" if kind == "image/webp" and content[8:12] != b"WEBP" else kind


def _text_faults(asked: TaskInput, *, today: date | None) -> dict[str, str]:
    faults = {}
    for name, most in (("title", 120), ("what", TEXT)):
        if not getattr(asked, name).strip() or len(getattr(asked, name)) > most:
            faults[name] = _("Between 1 and %(most)s characters are expected.") % {"most": most}
    if len(asked.script) > TEXT:
        faults["script"] = _("At most %(most)s characters are expected.") % {"most": TEXT}
    if asked.link and (urlsplit(asked.link).scheme not in ("http", "https") or not urlsplit(asked.link).netloc):
        faults["link"] = _("A link begins with https:// or http://.")
    if today is not None and asked.due_on < today:
        faults["due_on"] = _("This day is over.")
    if asked.picture is not None and (len(asked.picture) > PICTURE_BYTES or not picture_type(asked.picture)):
        most = PICTURE_BYTES // 1024
        faults["picture"] = _("A PNG, JPEG or WebP picture of at most %(most)s KB is expected.") % {"most": most}
    return faults


def _people(asked: TaskInput, *, today: date, within: str | None, faults: dict[str, str]) -> dict[str, str]:
    """Return whom the task is for with their units; add to the faults what keeps it from being given."""
    if bool(asked.people) == bool(asked.role):
        faults["people"] = _("Name people, or choose a role: one of both.")
        return {}
    found = _named(asked.people, today=today, within=within) if asked.people else _of_role(asked, today, within)
    if found is None:
        faults["unit"] = _("There is no such unit.")
    elif missing := [person for person in asked.people if person not in found]:
        faults["people"] = _("They do not work in your units: %(people)s.") % {"people": _(", ").join(missing[:20])}
    elif not found:
        faults["role"] = _("Nobody holds this role in this unit today.")
    elif len(found) > MOST_PEOPLE:
        faults["unit"] = _("At most %(most)s people get one task.") % {"most": MOST_PEOPLE}
    return found or {}


def _of_role(asked: TaskInput, today: date, within: str | None) -> dict[str, str] | None:
    tree, unit = unit_tree(as_of=today), asked.unit or within
    if unit is not None and (unit not in tree or (within is not None and unit not in tree.subtree(within))):
        return None
    held = holders(as_of=today, within=unit, role=RoleKey(asked.role), tree=tree)
    return {each.person_external_id: each.unit_external_id for each in reversed(held)}


def _named(people: Collection[str], *, today: date, within: str | None) -> dict[str, str]:
    if within is None:
        there = set(employed(people, as_of=today))
        rows = people_within(unit_tree(as_of=today).nodes, as_of=today)
    else:
        there = set(people)
        rows = people_within(unit_tree(as_of=today).subtree(within), as_of=today)
    rows = rows.filter(person__external_id__in=there)
    return dict(rows.values_list("person__external_id", "unit__external_id"))


def _standing(task_id: int) -> GuideTask:
    task = GuideTask.objects.select_for_update(of=("self",)).get(pk=task_id)
    if task.withdrawn_at is not None:
        raise TaskStepRefused(_("This task has been taken back."))
    return task


def _own(task_id: int, person: str) -> GuideTaskPerson:
    rows = GuideTaskPerson.objects.select_for_update(of=("self",)).select_related("task")
    row = rows.filter(task_id=task_id, person_external_id=person, task__withdrawn_at=None).first()
    if row is None:
        raise LookupError(task_id)
    return row


def _clean(note: str) -> str:
    return note.replace("\x00", "").strip()[:NOTE]


def _note(
    task: GuideTask,
    kind: TaskStepKind,
    *,
    actor_id: int | None,
    person: str = "",
    note: str = "",
    changes: dict[str, list[str]] | None = None,
) -> None:
    GuideTaskStep.objects.create(
        task=task, kind=kind, person_external_id=person, note=note, changes=changes or {}, by_id=actor_id
    )
