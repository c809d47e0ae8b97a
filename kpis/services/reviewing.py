"""Review rounds at work: opened with proposals, written by reviewers, talked through, signed off, opened again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kpis.choices import RoundAction, RoundState, SubjectKind
from kpis.errors import ReviewRefused
from kpis.models import Review, ReviewRound, ReviewTask, RoundEvent
from kpis.queries.reviews import progress, proposals, signed_keys
from kpis.queries.values import stored_periods
from kpis.services.targets import upsert_reviews
from kpis.services.values import request_computation
from omnichannel.core.periods import Period, parse_period
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.roster import person_page

LEAST_EVIDENCE = 10  # characters: a word is no evidence
MOST_EVIDENCE = 4000
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """A new round, and whom nobody is there to judge: (KPI, subject)."""

    round: ReviewRound
    tasks: int
    unassigned: tuple[tuple[str, str], ...]


@transaction.atomic
def open_round(
    period: Period, *, name: str, kpis: Collection[str], due_on: date, today: date, actor_id: int, unit: str = ""
) -> Opened:
    """Open a round with everybody whose role carries one of the KPIs; managers judge. ReviewRefused lists faults."""
    found = proposals(period, unit=unit, kpis=kpis, on=today)
    issues = []
    if not kpis:
        issues.append(_("Choose at least one KPI."))
    elif not found:
        issues.append(_("Nobody in this unit has a role with one of these KPIs."))
    if due_on < today:
        issues.append(_("The due date lies in the past."))
    if issues:
        raise ReviewRefused(issues)
    locked = {key[:3] for key in signed_keys(str(period))}
    wanted = [one for one in found if (one.kpi, SubjectKind.EMPLOYEE.value, one.subject) not in locked]
    if not wanted:
        raise ReviewRefused([_("All of this has been judged and signed off for the period.")])
    round_ = ReviewRound.objects.create(
        period=str(period), name=name.strip()[:120] or str(period), unit_id=unit, opens_on=today, due_on=due_on,
        created_by_id=actor_id,
    )  # fmt: skip
    tasks = [
        _task(round_, kpi=one.kpi, subject=one.subject, role=one.role, reviewer=reviewer, needs_two=one.needs_two)
        for one in wanted
        for reviewer in one.reviewers
    ]
    ReviewTask.objects.bulk_create(tasks, batch_size=BATCH)
    _log(round_, RoundAction.OPENED, actor_id=actor_id)
    nobody = tuple((one.kpi, one.subject) for one in wanted if not one.reviewers)
    return Opened(round_, len(tasks), nobody)


def _task(round_: ReviewRound, *, kpi: str, subject: str, role: str, reviewer: str, needs_two: bool) -> ReviewTask:
    return ReviewTask(
        workspace_id=round_.workspace_id,
        round=round_,
        kpi=kpi,
        subject_id=subject,
        role_key=role,
        reviewer_id=reviewer,
        needs_two=needs_two,
    )


def _log(
    round_: ReviewRound, action: RoundAction, *, actor_id: int, note: str = "", kpi: str = "", subject_id: str = ""
) -> None:
    RoundEvent.objects.create(round=round_, action=action, actor_id=actor_id, note=note, kpi=kpi, subject_id=subject_id)


def _locked(pk: int, *states: RoundState) -> ReviewRound:
    """Lock the round; ReviewRefused when it stands in none of the states."""
    round_ = ReviewRound.objects.select_for_update().get(pk=pk)
    if round_.state not in states:
        raise ReviewRefused(
            [_("This round is %(state)s. Nothing of it can be changed.") % {"state": _standing(round_)}]
        )
    return round_


def _standing(round_: ReviewRound) -> str:
    return str(RoundState(round_.state).label).lower()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reviewer typed for one task; a score outside 1..5 counts as none."""

    task: int
    score: int | None
    evidence: str


@transaction.atomic
def save_judgements(round_id: int, judgements: Iterable[Judgement], *, reviewer: str, finish: bool) -> dict[int, str]:
    """Save what a reviewer wrote about a subject; with `finish` it is done where it is whole.

    Everything typed is kept. Returns task -> what is still missing; ReviewRefused when the round is not open.
    """
    round_ = _locked(round_id, RoundState.OPEN)
    typed = {one.task: one for one in judgements}
    missing: dict[int, str] = {}
    now = timezone.now()
    for task in ReviewTask.objects.select_for_update().filter(round=round_, reviewer_id=reviewer, pk__in=typed):
        one = typed[task.pk]
        evidence = one.evidence.replace("\x00", "").strip()[:MOST_EVIDENCE]
        score = one.score if one.score in range(1, 6) else None
        lack = _lack(score, evidence)
        if finish and lack:
            missing[task.pk] = lack
        same, was_done = (task.score, task.evidence) == (score, evidence), task.done_at is not None
        # a page keeps drafts by itself: one that comes late and says the same undoes nothing
        done = not lack if finish else was_done and same
        if same and done == was_done:
            continue
        task.score, task.evidence, task.saved_at = score, evidence, now
        task.done_at = now if done else None
        task.save(update_fields=["score", "evidence", "saved_at", "done_at"])
    return missing


def _lack(score: int | None, evidence: str) -> str:
    if score is None:
        return _("Choose a score from 1 to 5.")
    if len(evidence) < LEAST_EVIDENCE:
        return _("Write at least one piece of evidence: what happened, when, with what result.")
    return ""


@transaction.atomic
def add_reviewer(round_id: int, *, subject: str, kpis: Collection[str], reviewer: str, actor_id: int) -> int:
    """Let one more person judge a subject by the KPIs it is judged by in this round; return how many tasks are new."""
    round_ = _locked(round_id, RoundState.OPEN, RoundState.CLOSED)
    if reviewer == subject:
        raise ReviewRefused([_("Nobody judges themselves.")])
    if person_page(reviewer, as_of=current_day()) is None:
        raise ReviewRefused([_("There is no person with the id %(id)s.") % {"id": reviewer}])
    tasks = list(ReviewTask.objects.filter(round=round_, subject_id=subject))
    asked = {task.kpi: task for task in tasks if not kpis or task.kpi in kpis}
    there = {task.kpi for task in tasks if task.reviewer_id == reviewer}
    fresh = [
        _task(round_, kpi=kpi, subject=subject, role=task.role_key, reviewer=reviewer, needs_two=task.needs_two)
        for kpi, task in asked.items()
        if kpi not in there
    ]
    if not fresh:
        raise ReviewRefused([_("This person judges the subject already, or the subject is not in the round.")])
    ReviewTask.objects.bulk_create(fresh)
    _log(round_, RoundAction.ADDED, actor_id=actor_id, subject_id=subject, note=reviewer)
    return len(fresh)


@transaction.atomic
def remove_task(round_id: int, task_id: int, *, reason: str, actor_id: int) -> None:
    """Take an assignment out of the round: somebody left, or judges in another's place. The reason is kept."""
    round_ = _locked(round_id, RoundState.OPEN, RoundState.CLOSED)
    task = ReviewTask.objects.filter(round=round_, pk=task_id).first()
    if task is None:
        return
    note = f"{task.reviewer_id}: {_reason(reason)}"
    _log(round_, RoundAction.REMOVED, actor_id=actor_id, kpi=task.kpi, subject_id=task.subject_id, note=note)
    task.delete()


def _reason(text: str) -> str:
    kept = text.replace("\x00", "").strip()[:MOST_EVIDENCE]
    if not kept:
        raise ReviewRefused([_("Write the reason. It is kept with the round.")])
    return kept


@transaction.atomic
def move_due(round_id: int, *, due_on: date, actor_id: int) -> None:
    """Give the reviewers another due date."""
    round_ = _locked(round_id, RoundState.OPEN)
    if due_on < round_.opens_on:
        raise ReviewRefused([_("The due date lies before the round was opened.")])
    _log(round_, RoundAction.DUE, actor_id=actor_id, note=f"{round_.due_on} → {due_on}")
    round_.due_on = due_on
    round_.save(update_fields=["due_on"])


@transaction.atomic
def talk_through(round_id: int, *, kpi: str, subject: str, note: str, actor_id: int) -> None:
    """Keep what came of talking a wide spread through."""
    round_ = _locked(round_id, RoundState.OPEN, RoundState.CLOSED)
    _log(round_, RoundAction.TALKED, actor_id=actor_id, kpi=kpi, subject_id=subject, note=_reason(note))


@transaction.atomic
def close_round(round_id: int, *, actor_id: int) -> None:
    """Let nobody write any more; the round can still be opened again."""
    round_ = _locked(round_id, RoundState.OPEN)
    round_.state = RoundState.CLOSED
    round_.save(update_fields=["state"])
    _log(round_, RoundAction.CLOSED, actor_id=actor_id)


@transaction.atomic
def reopen_round(round_id: int, *, reason: str, actor_id: int) -> None:
    """Let reviewers write again. What a signed round has told the engine counts until it is signed anew."""
    round_ = _locked(round_id, RoundState.CLOSED, RoundState.SIGNED)
    note = _reason(reason)
    round_.state, round_.signed_at, round_.signed_by_id = RoundState.OPEN, None, None
    round_.save(update_fields=["state", "signed_at", "signed_by"])
    _log(round_, RoundAction.REOPENED, actor_id=actor_id, note=note)


@transaction.atomic
def sign_off(round_id: int, *, actor_id: int) -> int:
    """Lock the round, hand its judgements to the engine and have the months of its period computed.

    ReviewRefused lists everything that stands against it. Returns how many reviews are new or changed.
    """
    round_ = _locked(round_id, RoundState.OPEN, RoundState.CLOSED)
    found = progress(round_)
    if found.obstacles:
        raise ReviewRefused(found.obstacles)
    _take_back(round_)
    rows = [
        {
            "period": round_.period,
            "kpi_id": task.kpi,
            "subject_kind": task.subject_kind,
            "subject_id": task.subject_id,
            "reviewer_id": task.reviewer_id,
            "score": task.score,
            "evidence": task.evidence,
        }
        for task in found.tasks
    ]
    kept = upsert_reviews(rows, upload_id=None)
    round_.state, round_.signed_at, round_.signed_by_id = RoundState.SIGNED, timezone.now(), actor_id
    round_.save(update_fields=["state", "signed_at", "signed_by"])
    _log(round_, RoundAction.SIGNED, actor_id=actor_id)
    _compute(parse_period(round_.period), actor_id=actor_id)
    return kept.created + kept.changed


def _take_back(round_: ReviewRound) -> None:
    """Delete what the round told before it was opened again and tells no more: assignments removed since."""
    removed = RoundEvent.objects.filter(round=round_, action=RoundAction.REMOVED)
    for kpi, subject, note in removed.values_list("kpi", "subject_id", "note"):
        reviewer = note.partition(":")[0]
        if not ReviewTask.objects.filter(round=round_, kpi=kpi, subject_id=subject, reviewer_id=reviewer).exists():
            Review.objects.filter(
                period=round_.period, kpi=kpi, subject_id=subject, reviewer_id=reviewer, upload=None
            ).delete()


def _compute(period: Period, *, actor_id: int) -> None:
    months = set(period.months())
    touched = [month for month in stored_periods() if month in months]
    if touched:
        request_computation(touched, actor_id=actor_id, recent_only=True)
