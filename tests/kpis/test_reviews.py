"""Review rounds: who judges whom, drafts that wait, two reviewers, spreads talked through, sign-off that locks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from kpis.choices import AutoLoad, RoundAction, RoundState, UploadState
from kpis.engine.specs import ScopeKind
from kpis.errors import ReviewRefused
from kpis.library import load_library
from kpis.library.anchors import SCORES, review_anchors
from kpis.models import KpiValue, Review, ReviewRound, ReviewTask, RoundEvent, UploadProblem
from kpis.queries.reviews import progress, proposals, rounds
from kpis.services.reviewing import (
    Judgement,
    add_reviewer,
    open_round,
    remove_task,
    reopen_round,
    save_judgements,
    sign_off,
    talk_through,
)
from omnichannel.accounts.models import User
from omnichannel.core.periods import parse_period
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from roles.services.sync import AssignmentInput, PersonInput, upsert_assignments, upsert_people
from tests.kpis.door import again, put, work
from tests.kpis.retailer import NOVEMBER, SINCE, build_organisation, put_values

QUARTER = parse_period("2024-Q4")
TODAY = date(2024, 12, 5)
DUE = date(2024, 12, 20)
WHY = "统一了十二个指标口径,十一月二十日评审通过"


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    """P0 leads P2 (strategy), who leads P1; the analyst A1 works for P1. S1's guide has no manager."""
    build_organisation()
    people = [
        PersonInput("P0", "HQ", SINCE, display_name="总裁"),
        PersonInput("P2", "HQ", SINCE, display_name="何敏", manager_external_id="P0"),
        PersonInput("P1", "UC", SINCE, display_name="周宁", manager_external_id="P2"),
        PersonInput("A1", "UC", SINCE, display_name="林数", manager_external_id="P1"),
    ]
    assert upsert_people(people, effective_on=SINCE, actor_id=None).is_ok
    assert upsert_assignments([AssignmentInput("A1", "data-analysis", "UC", SINCE)], actor_id=None).is_ok


@pytest.fixture
def hr(retailer: None, member: Callable[..., User]) -> int:
    return member("hr_lead").pk


def opened(hr: int, *kpis: str) -> ReviewRound:
    return open_round(QUARTER, name="四季度", kpis=kpis, due_on=DUE, today=TODAY, actor_id=hr).round


def judge(round_: ReviewRound, reviewer: str, score: int, *, finish: bool = True, why: str = WHY) -> dict[int, str]:
    tasks = ReviewTask.objects.filter(round=round_, reviewer_id=reviewer)
    return save_judgements(
        round_.pk, [Judgement(task.pk, score, why) for task in tasks], reviewer=reviewer, finish=finish
    )


def test_every_qualitative_kpi_has_five_anchors_and_its_evidence_in_both_languages() -> None:
    wanted = {kpi.id for kpi in load_library().kpis.values() if kpi.qualitative}
    assert set(review_anchors()) == wanted
    assert len(wanted) == 13
    for anchors in review_anchors().values():
        texts = [anchors.evidence, *(anchors.levels[score] for score in SCORES)]
        assert all(text.zh and text.en for text in texts)
        assert len({text.zh for text in texts}) == len({text.en for text in texts}) == 6


@pytest.mark.usefixtures("retailer")
def test_managers_are_proposed_and_at_director_level_their_managers_too() -> None:
    found = {
        (one.kpi, one.subject): (one.reviewers, one.needs_two)
        for one in proposals(
            QUARTER, unit="", kpis=["team_collaboration", "research_quality", "manager_rating"], on=TODAY
        )
    }
    assert found["research_quality", "A1"] == (("P1",), False)
    assert found["team_collaboration", "P2"] == (("P0",), True)  # nobody stands above P0
    assert found["manager_rating", "P1"] == (("P2",), False)
    assert found["manager_rating", "ES1"] == ((), False)
    assert ("research_quality", "P1") not in found
    within = proposals(QUARTER, unit="S1", kpis=["manager_rating"], on=TODAY)
    assert [one.subject for one in within] == ["ES1"]


def test_a_draft_waits_and_only_a_whole_judgement_is_done(hr: int) -> None:
    round_ = opened(hr, "research_quality")
    judge(round_, "P1", 4, finish=False, why="写到一半")
    task = ReviewTask.objects.get()
    assert (task.score, task.evidence, task.done_at) == (4, "写到一半", None)
    missing = judge(round_, "P1", 4, why="写到一半")
    assert list(missing) == [task.pk]
    assert ReviewTask.objects.get().done_at is None
    assert judge(round_, "P2", 5) == {}  # not hers: nothing happens
    assert judge(round_, "P1", 4) == {}
    assert ReviewTask.objects.get().done_at is not None
    (line,) = rounds("P1")
    assert (line.mine, line.mine_done, line.total, line.done) == (1, 1, 1, 1)
    judge(round_, "P1", 4, finish=False)  # a late draft of the same words
    assert ReviewTask.objects.get().done_at is not None
    judge(round_, "P1", 2, finish=False)  # another thought: it waits to be finished
    assert ReviewTask.objects.get().done_at is None


def test_sign_off_waits_for_everybody_for_two_reviewers_and_for_a_talk(hr: int) -> None:
    round_ = opened(hr, "team_collaboration")
    with pytest.raises(ReviewRefused) as refused:
        sign_off(round_.pk, actor_id=hr)
    assert len(refused.value.issues) == 2  # not done, and one reviewer only
    with pytest.raises(ReviewRefused):
        add_reviewer(round_.pk, subject="P2", kpis=[], reviewer="P2", actor_id=hr)
    with pytest.raises(ReviewRefused):
        add_reviewer(round_.pk, subject="P2", kpis=[], reviewer="nobody", actor_id=hr)
    assert add_reviewer(round_.pk, subject="P2", kpis=[], reviewer="P1", actor_id=hr) == 1
    judge(round_, "P0", 5)
    judge(round_, "P1", 3)
    found = progress(round_)
    assert [(spread.subject, spread.is_talked_through) for spread in found.spreads] == [("P2", False)]
    assert len(found.obstacles) == 1
    talk_through(round_.pk, kpi="team_collaboration", subject="P2", note="两人核对了项目清单,各自说明", actor_id=hr)
    assert progress(round_).obstacles == ()
    judge(round_, "P1", 2)  # another score after the talk: talk again
    assert len(progress(round_).obstacles) == 1
    judge(round_, "P1", 4)  # a point apart is no spread
    assert sign_off(round_.pk, actor_id=hr) == 2
    assert ReviewRound.objects.get().state == RoundState.SIGNED


def test_a_signed_round_feeds_the_score_is_locked_and_opens_again_only_with_a_reason(hr: int) -> None:
    put_values(NOVEMBER, [])
    round_ = opened(hr, "research_quality")
    judge(round_, "P1", 4)
    sign_off(round_.pk, actor_id=hr)
    work(JobKind.COMPUTE_VALUES)
    figure = KpiValue.objects.get(
        kpi="research_quality", period="2024-11", scope_kind=ScopeKind.EMPLOYEE, scope_id="A1", is_current=True
    )
    assert figure.value == Decimal(4)
    review = Review.objects.get()
    assert (review.period, review.score, review.upload, review.evidence) == ("2024-Q4", Decimal(4), None, WHY)
    for write in (
        lambda: judge(round_, "P1", 5),
        lambda: add_reviewer(round_.pk, subject="A1", kpis=[], reviewer="P2", actor_id=hr),
        lambda: remove_task(round_.pk, ReviewTask.objects.get().pk, reason="x", actor_id=hr),
        lambda: sign_off(round_.pk, actor_id=hr),
        lambda: reopen_round(round_.pk, reason=" ", actor_id=hr),
    ):
        with pytest.raises(ReviewRefused):
            write()
    assert ReviewTask.objects.get().score == 4
    head = "period,kpi_id,subject_kind,subject_id,reviewer_id,score,evidence"
    for score, state in (("5", UploadState.NEEDS_ATTENTION), ("4", UploadState.LOADED)):
        row = f'2024-Q4,research_quality,employee,A1,P1,{score},"{WHY}"'
        upload = put(f"{head}\n{row}\n".encode(), filename="reviews.csv", table="reviews", auto=AutoLoad.CLEAN)
        work()
        assert again(upload).state == state
    assert "signed off and locked" in UploadProblem.objects.get().message_en
    with pytest.raises(ReviewRefused):  # all of it is signed off already
        opened(hr, "research_quality")
    reopen_round(round_.pk, reason="证据写错了人", actor_id=hr)
    assert Review.objects.count() == 1  # what was signed counts until it is signed anew
    add_reviewer(round_.pk, subject="A1", kpis=[], reviewer="P2", actor_id=hr)
    judge(round_, "P2", 5)
    remove_task(round_.pk, ReviewTask.objects.get(reviewer_id="P1").pk, reason="由上级代评", actor_id=hr)
    sign_off(round_.pk, actor_id=hr)
    assert [(row.reviewer_id, row.score) for row in Review.objects.all()] == [("P2", Decimal(5))]
    told = RoundEvent.objects.filter(action=RoundAction.REOPENED)
    assert [event.note for event in told] == ["证据写错了人"]


Pages = Callable[..., Client]


def test_a_manager_judges_one_person_after_another_and_sees_no_other_round(hr: int, signed_in: Pages) -> None:
    today = timezone.localdate()
    client = signed_in("hr_lead")
    base = "/w/acme/reviews/"
    refused = client.post(base, {"period": "2024-Q4", "due_on": "2020-01-01", "kpis": ["research_quality"]})
    assert refused.status_code == 422
    assert ReviewRound.objects.count() == 0
    due = (today + timedelta(days=7)).isoformat()
    client.post(base, {"period": "2024-Q4", "due_on": due, "kpis": ["research_quality", "manager_rating"]})
    round_ = ReviewRound.objects.get()
    page = client.get(f"{base}{round_.pk}/", headers={"accept-language": "en"}).content.decode()
    assert "Not ready to sign off" in page

    manager = signed_in("line_manager", unit_external_id="BU1", person_external_id="P1")
    mine = manager.get(f"{base}{round_.pk}/mine/")
    assert mine.headers["Location"] == f"{base}{round_.pk}/people/A1/"
    english = manager.get(mine.headers["Location"], headers={"accept-language": "en"}).content.decode()
    chinese = manager.get(mine.headers["Location"], headers={"accept-language": "zh-hans"}).content.decode()
    assert "no research, or findings that do not stand" in english
    assert "没有研究，或结论站不住" in chinese
    tasks = ReviewTask.objects.filter(round=round_, reviewer_id="P1")
    typed = {f"score-{task.pk}": "4" for task in tasks} | {f"why-{task.pk}": "短" for task in tasks}
    kept = manager.post(mine.headers["Location"], typed | {"action": "done"}, headers={"accept-language": "en"})
    assert kept.status_code == 422
    assert "Write at least one piece of evidence" in kept.content.decode()
    typed |= {f"why-{task.pk}": WHY for task in tasks}
    assert manager.post(mine.headers["Location"], typed | {"action": "done"}).headers["Location"].endswith("all=1")
    assert all(task.done_at for task in tasks.all())
    assert manager.get(f"{base}{round_.pk}/people/P2/").status_code == 404
    assert manager.get(f"{base}{round_.pk}/").status_code == 403
    assert signed_in("line_manager", unit_external_id="S1").get(f"{base}{round_.pk}/mine/").status_code == 404
    assert signed_in("guide", person_external_id="ES1").get(base).status_code == 403
    typed = {"action": "add", "subject": "A1", "reviewer": "nobody"}
    again_typed = client.post(f"{base}{round_.pk}/", typed)
    assert again_typed.status_code == 422
    assert 'value="nobody"' in again_typed.content.decode()  # what was refused stands as it was typed
    task = ReviewTask.objects.filter(round=round_, reviewer_id="P1").first()
    for typed in (
        {"action": "remove", "task": str(task.pk), "reason": " \t"},
        {"action": "due", "due_on": "2031-02-30"},
    ):
        told = client.post(f"{base}{round_.pk}/", typed, headers={"accept-language": "en"})
        assert told.status_code == 422
        assert 'role="alert"' in told.content.decode()
        assert typed.get("due_on", "") in told.content.decode()
    client.post(f"{base}{round_.pk}/", {"action": "close"})
    assert ReviewRound.objects.get().state == RoundState.CLOSED
