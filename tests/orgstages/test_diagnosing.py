"""Answers of people, recorded verdicts and adopted stages: dated, signed, never edited."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from orgstages.errors import (
    BadEvidence,
    FieldError,
    NothingToConfirm,
    NothingToWithdraw,
    ReasonRequired,
    SeveralFaults,
    UnknownDiagnosisUnit,
    UnknownOption,
    UnknownQuestion,
)
from orgstages.models import Diagnosis, DiagnosisAnswer
from orgstages.queries.diagnosis import diagnose, diagnose_all
from orgstages.queries.records import recorded_verdicts
from orgstages.scoring import rounded
from orgstages.services.answering import Proof, answer_question, confirm_answer, withdraw_answer
from orgstages.services.diagnosing import adopt_subtype, run_diagnosis
from orgstages.verdicts import mixed_map, verdict_name
from roles.catalogue import StageKey, SubtypeKey
from roles.queries.stages import adopted_stage
from tests.conftest import MemberFactory
from tests.orgstages.world import DAY, MONTH, write_organisation, write_world

LATER = date(2026, 11, 20)


def keep(question: str, option: str, *, unit: str = "BU2", reason: str = "", on: date = DAY) -> DiagnosisAnswer:
    return answer_question(unit, question=question, option=option, reason=reason, on=on, actor_id=None)


def test_two_business_units_stand_at_different_stages_without_an_average(in_workspace: Workspace) -> None:
    write_world()
    found = {each.unit.external_id: each for each in diagnose_all(as_of=DAY)}
    assert set(found) == {"G", "BU1", "BU2"}
    first, second = found["BU1"].verdict, found["BU2"].verdict
    # c: A1 2, A2 3, A3 3, A6 2, A8 2, A9 2, A11 1, A12 2; a: A5 2
    assert (first.stage.current, first.stage.answered) == (StageKey.FIRST_LEVEL, Decimal(19))
    assert [rounded(share) for share in first.stage.shares.values()] == [Decimal("0.105"), 0, Decimal("0.895")]
    assert second.stage.current is StageKey.PROJECT
    names = mixed_map([(each.unit.name, each.verdict) for each in found.values()])
    assert "女装事业部：用户增长驱动型；" in names.zh
    assert "童装事业部：" in names.zh
    assert verdict_name(first).en == "User-growth-driven"


def test_a_person_fills_in_what_data_cannot_say_and_the_verdict_follows(in_workspace: Workspace) -> None:
    write_organisation()
    before = diagnose("BU2", as_of=DAY).verdict.stage
    for question in ("A4", "A7"):
        keep(question, "a")
    after = diagnose("BU2", as_of=DAY).verdict.stage
    assert after.answered - before.answered == 4
    assert after.shares[StageKey.PROJECT] > before.shares[StageKey.PROJECT]


def test_overruling_data_needs_a_reason_and_keeps_what_the_data_said(
    in_workspace: Workspace, member: MemberFactory
) -> None:
    write_world()
    with pytest.raises(ReasonRequired):
        keep("A8", "c", reason="  ")
    user = member("hr_lead")
    answer_question("BU2", question="A8", option="c", reason="新系统已上线", on=DAY, actor_id=user.pk)
    answered = diagnose("BU2", as_of=DAY).answers["A8"]
    assert (answered.option, answered.is_overruled) == ("c", True)
    assert answered.given is not None
    (own,) = answered.given.answers
    assert (own.author, own.reason, own.overruled_option) == (str(user), "新系统已上线", "a")
    assert diagnose("BU1", as_of=DAY).answers["A8"].given is None
    with pytest.raises(IntegrityError, match="overruling_has_a_reason"), transaction.atomic():
        DiagnosisAnswer.objects.update(reason="")


def test_the_data_may_be_confirmed_without_a_reason_and_an_open_question_answered(in_workspace: Workspace) -> None:
    write_world()
    keep("A8", "a")
    keep("B4", "b")
    answers = diagnose("BU2", as_of=DAY).answers
    assert not answers["A8"].is_overruled
    assert answers["B4"].option == "b"


def test_answers_hold_from_their_day_on_and_can_be_taken_back(in_workspace: Workspace) -> None:
    write_organisation()
    keep("D3", "4")
    keep("D3", "5", on=LATER)
    options = [diagnose("BU2", as_of=day).answers["D3"].option for day in (date(2026, 11, 4), DAY, LATER)]
    assert options == ["", "4", "5"]
    withdraw_answer("BU2", question="D3", on=LATER, actor_id=None)
    assert [diagnose("BU2", as_of=day).answers["D3"].option for day in (DAY, LATER)] == ["4", ""]
    assert DiagnosisAnswer.objects.count() == 3
    with pytest.raises(NothingToWithdraw):
        withdraw_answer("BU2", question="D3", on=LATER, actor_id=None)


def test_an_answer_older_than_six_months_asks_to_be_looked_at_again(in_workspace: Workspace) -> None:
    write_organisation()
    keep("D1", "3")
    given = diagnose("BU2", as_of=date(2027, 5, 5)).answers["D1"].given
    assert given is not None
    assert not given.is_old
    given = diagnose("BU2", as_of=date(2027, 5, 6)).answers["D1"].given
    assert given is not None
    assert given.is_old


def test_every_respondents_answer_is_kept_and_the_rule_says_what_counts(
    in_workspace: Workspace, member: MemberFactory
) -> None:
    write_organisation()
    one, two, three = (member(role).pk for role in ("hr_lead", "executive", "owner"))
    for who, option, mark in ((one, "a", "4"), (two, "b", "5"), (three, "b", "2")):
        answer_question("BU2", question="A4", option=option, on=DAY, actor_id=who)
        answer_question("BU2", question="D3", option=mark, on=DAY, actor_id=who)
    answers = diagnose("BU2", as_of=DAY).answers
    assert (answers["A4"].option, answers["D3"].option) == ("b", "11/3")
    given = answers["A4"].given
    assert given is not None
    assert (dict(given.counts), given.is_spread, given.tied) == ({"a": 1, "b": 2}, True, ())
    withdraw_answer("BU2", question="A4", on=DAY, actor_id=three)
    with pytest.raises(NothingToWithdraw):
        withdraw_answer("BU2", question="A4", on=DAY, actor_id=three)
    tied = diagnose("BU2", as_of=DAY).answers["A4"]
    assert tied.given is not None
    assert (tied.option, tied.given.tied, tied.given.is_open) == ("", ("a", "b"), True)
    with pytest.raises(NothingToConfirm):
        confirm_answer("BU2", question="A4", option="c", on=DAY, actor_id=three)
    confirm_answer("BU2", question="A4", option="a", on=DAY, actor_id=three)
    assert diagnose("BU2", as_of=DAY).answers["A4"].option == "a"
    answer_question("BU2", question="A4", option="b", on=LATER, actor_id=one)
    assert [diagnose("BU2", as_of=day).answers["A4"].option for day in (DAY, LATER)] == ["a", "b"]


def test_while_respondents_are_tied_on_a_measured_question_the_data_counts(
    in_workspace: Workspace, member: MemberFactory
) -> None:
    write_world()
    for role, option in (("hr_lead", "b"), ("executive", "c")):
        answer_question("BU2", question="A8", option=option, reason="看法不同", on=DAY, actor_id=member(role).pk)
    answered = diagnose("BU2", as_of=DAY).answers["A8"]
    assert (answered.option, answered.is_overruled) == ("a", False)


def test_evidence_is_a_text_a_link_or_a_kpi(in_workspace: Workspace) -> None:
    write_organisation()
    proof = Proof("会议纪要", "https://wiki.example/42", "private_sales_share")
    answer_question("BU2", question="A4", option="a", proof=proof, on=DAY, actor_id=None)
    given = diagnose("BU2", as_of=DAY).answers["A4"].given
    assert given is not None
    (own,) = given.answers
    assert (own.evidence, own.evidence_url, own.evidence_kpi) == (proof.text, proof.url, proof.kpi)
    for wrong in (Proof(url="javascript:alert(1)"), Proof(url="ftp://x.example/"), Proof(kpi="no_such_kpi")):
        with pytest.raises(BadEvidence):
            answer_question("BU2", question="A4", option="a", proof=wrong, on=DAY, actor_id=None)


def test_all_that_is_wrong_with_an_answer_is_told_at_once(in_workspace: Workspace) -> None:
    write_world()
    wrong = Proof(url="no address", kpi="no_such_kpi")
    with pytest.raises(SeveralFaults) as told:
        answer_question("BU2", question="A8", option="c", proof=wrong, on=DAY, actor_id=None)
    faults = [fault for fault in told.value.faults if isinstance(fault, FieldError)]
    assert [fault.field for fault in faults] == ["reason", "evidence_url", "evidence_kpi"]
    assert not DiagnosisAnswer.objects.exists()


@pytest.mark.parametrize(
    ("unit", "question", "option", "refusal"),
    [
        ("BU2", "Z9", "a", UnknownQuestion),
        ("BU2", "A4", "d", UnknownOption),
        ("BU2", "A4", "", UnknownOption),
        ("BU2", "D1", "0", UnknownOption),
        ("BU2", "E1", "5", UnknownOption),
        ("NONE", "A4", "a", UnknownDiagnosisUnit),
    ],
)
def test_answers_outside_the_questionnaire_are_refused(
    in_workspace: Workspace, unit: str, question: str, option: str, refusal: type[Exception]
) -> None:
    write_organisation()
    with pytest.raises(refusal):
        keep(question, option, unit=unit)
    assert not DiagnosisAnswer.objects.exists()


def test_a_verdict_is_recorded_once_and_again_when_something_changed(in_workspace: Workspace) -> None:
    write_world()
    first = run_diagnosis("BU2", as_of=DAY, actor_id=None)
    again = run_diagnosis("BU2", as_of=DAY, actor_id=None)
    assert (first.is_new, again.is_new, again.diagnosis.pk) == (True, False, first.diagnosis.pk)
    keep("A4", "c")
    changed = run_diagnosis("BU2", as_of=DAY, actor_id=None)
    assert (changed.is_new, changed.diagnosis.revision) == (True, 2)
    assert list(Diagnosis.objects.order_by("revision").values_list("revision", "is_current")) == [(1, False), (2, True)]
    old = Diagnosis.objects.get(revision=1)
    assert {row["question"]: row["option"] for row in old.answers}["A4"] == ""
    assert old.verdict["stage"]["current"] == "project"
    assert old.period == str(MONTH)
    assert [(each.as_of, each.revision) for each in recorded_verdicts("BU2")] == [(DAY, 2)]


def test_every_number_of_a_recorded_fact_is_a_text_and_the_sentence_has_both_languages(
    in_workspace: Workspace,
) -> None:
    write_world()
    run_diagnosis("BU1", as_of=DAY, actor_id=None)
    stored = {row["question"]: row for row in Diagnosis.objects.get().answers}
    assert len(stored) == 39
    fact = stored["A12"]["fact"]
    assert (fact["value"], fact["numerator"], fact["denominator"]) == ("21.000000", "1680000.000000", "8000000.000000")
    assert set(fact["sentence"]) == {"zh", "en"}
    assert stored["A4"]["fact"] is None


def test_adopting_a_subtype_sets_its_stage_and_has_scorecards_graded_again(in_workspace: Workspace) -> None:
    write_world()
    job = adopt_subtype("BU1", subtype=SubtypeKey.USER_GROWTH_DRIVEN, on=MONTH.start, actor_id=None, note="董事会")
    adopted = adopted_stage("S1", on=DAY)
    assert (adopted.stage, adopted.subtype, adopted.note) == (
        StageKey.FIRST_LEVEL,
        SubtypeKey.USER_GROWTH_DRIVEN,
        "董事会",
    )
    assert job is not None
    assert (job.kind, job.params["periods"], job.params["mode"]) == (JobKind.COMPUTE_VALUES, [str(MONTH)], "grades")
    again = adopt_subtype("BU1", subtype=SubtypeKey.USER_GROWTH_DRIVEN, on=MONTH.start, actor_id=None, note="董事会")
    assert again is None


def test_a_unit_outside_the_bounds_is_like_one_that_is_not_there(in_workspace: Workspace) -> None:
    write_organisation()
    assert diagnose("UC", as_of=DAY, within="BU1").unit.external_id == "UC"
    for unit in ("BU2", "G", "NONE"):
        with pytest.raises(UnknownDiagnosisUnit):
            diagnose(unit, as_of=DAY, within="BU1")
        with pytest.raises(UnknownDiagnosisUnit):
            run_diagnosis(unit, as_of=DAY, actor_id=None, within="BU1")
    assert [each.unit.external_id for each in diagnose_all(as_of=DAY, within="R1")] == ["R1"]
    assert diagnose_all(as_of=DAY, within="NONE") == ()


def test_answers_of_another_workspace_do_not_count(workspace: Workspace, other_workspace: Workspace) -> None:
    for each in (workspace, other_workspace):
        with workspace_scope(each.pk):
            write_organisation()
    with workspace_scope(other_workspace.pk):
        keep("A4", "c")
        run_diagnosis("BU2", as_of=DAY, actor_id=None)
    with workspace_scope(workspace.pk):
        assert diagnose("BU2", as_of=DAY).answers["A4"].option == ""
        assert recorded_verdicts("BU2") == ()
