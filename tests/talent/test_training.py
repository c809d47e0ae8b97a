"""Training inside: corrections, numbers, who sees whom, the API twin, and queries that do not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.current_rows import rows_page
from kpis.queries.training_rows import FEEDBACK, SURVEYS, training_rows
from omnichannel.core.periods import month_of, quarter_of
from omnichannel.workspaces.models import Workspace
from orgstages.services.acting import Actor
from roles.catalogue import RoleKey
from talent.errors.training import CertificateRefused, EnrolmentRefused, OutcomeRefused, ResultsRefused
from talent.models import Certificate, Course, CourseResult, Enrolment, WorkshopOutcome
from talent.queries.courses import course_view
from talent.services import training_outcomes
from talent.services.certificates import numbered, set_pattern
from talent.services.course_results import ResultWanted, give_feedback, record_results
from talent.services.courses import CourseWanted, enrol, plan_course
from talent.services.training_outcomes import MilestoneWanted, decide_milestone
from talent.services.training_plans import make_plan
from tests.orgstages.world import write_organisation

AT, API = "/w/acme/talent/training/", "/api/v1/workspaces/acme/training/"


@pytest.fixture
def actor(in_workspace: Workspace) -> Actor:
    """HR in a workspace with an organisation."""
    write_organisation()
    return Actor(None, "Asia/Shanghai", timezone.localdate())


def held(actor: Actor, *people: str, programme: str = "operator-training", after: int = 9) -> Course:
    """Plan a course of two days of last month with these people."""
    first = month_of(actor.today).previous().start + timedelta(days=after)
    days = [first, first + timedelta(days=1)]
    course = plan_course(CourseWanted(programme, "BU1", "T", "HQ", False, 20, True, days), actor=actor)
    enrol(course.pk, people, actor=actor)
    return course


def score(actor: Actor, course: Course, person: str, points: str | None, *, days: int = 2) -> None:
    """Keep somebody's days and score."""
    marks = None if points is None else Decimal(points)
    record_results(course.pk, [ResultWanted(person, frozenset(course.days[:days]), marks)], actor=actor)


def test_a_correction_revokes_the_certificate_another_issues_a_new_one_and_the_records_follow(actor: Actor) -> None:
    course = held(actor, "U1")
    score(actor, course, "U1", "80")
    score(actor, course, "U1", "80")
    assert CourseResult.objects.count() == 1  # nothing is other than before
    score(actor, course, "U1", "69.5")
    first = Certificate.objects.get()
    assert first.revoked_on == actor.today
    (row,) = training_rows(people=["U1"])
    assert (row.passed, row.expires_on) == (False, actor.today)
    score(actor, course, "U1", "70")
    second = Certificate.objects.get(revoked_on=None)
    assert second.number == numbered("OC-{year}-{serial}", year=course.ends_on.year, serial=2)
    (row,) = training_rows(people=["U1"])
    assert (row.passed, row.certificate_no, row.hours) == (True, second.number, Decimal(40))
    assert CourseResult.objects.count() == 3  # every version is kept
    with pytest.raises(ResultsRefused):
        score(actor, course, "U1", "90", days=1)  # no exam without the course
    with pytest.raises(EnrolmentRefused):
        held(actor, "U1")  # the same record twice
    with pytest.raises(CertificateRefused):
        set_pattern("{serial}", actor=actor)


def test_the_api_says_what_the_pages_say_and_keeps_to_the_bounds(
    actor: Actor, api_client: Callable[..., APIClient]
) -> None:
    hr, manager = api_client("hr_lead"), api_client("line_manager", unit_external_id="BU2")
    first = month_of(actor.today).previous().start + timedelta(days=3)
    body = {
        "programme": "operator-training", "unit_external_id": "BU1", "days": [first.isoformat()], "trainer": "T",
        "place": "HQ", "capacity": 5,
    }  # fmt: skip
    assert hr.post(f"{API}courses/", body | {"capacity": 0}, format="json").status_code == 422
    made = hr.post(f"{API}courses/", body, format="json")
    assert made.status_code == 201, made.json()
    at = f"{API}courses/{made.json()['course']['id']}/"
    assert manager.post(f"{at}enrolments/", {"people": ["U1"]}, format="json").status_code == 422
    assert hr.post(f"{at}enrolments/", {"people": ["U1", "P1"]}, format="json").status_code == 201
    results = {"results": [{"person_external_id": "U1", "days": [first.isoformat()], "exam_score": "88"}]}
    assert manager.put(f"{at}results/", results, format="json").status_code == 404
    (number,) = hr.put(f"{at}results/", results, format="json").json()["issued"]
    assert [one["person_external_id"] for one in manager.get(at).json()["participants"]] == ["P1"]
    assert hr.get(at).json()["pass_rate"] == "100.000000"
    assert [one["number"] for one in hr.get(f"{API}certificates/").json()] == [number]
    assert manager.get(f"{API}certificates/").json() == []
    month = str(month_of(first))
    assert hr.get(f"{API}figures/", {"period": month}).json()["training_completion_rate"] == "100.000000"
    assert hr.get(f"{API}figures/", {"period": "soon"}).status_code == 422
    plan = {"unit_external_id": "BU2", "period": str(quarter_of(actor.today))}
    made = manager.post(f"{API}plans/", plan, format="json")
    assert made.status_code == 201
    assert {line["person_external_id"] for line in made.json()["lines"]} >= {"P1", "P2"}
    assert manager.post(f"{API}plans/", plan | {"unit_external_id": "BU1"}, format="json").status_code == 404
    assert api_client("executive").get(f"{API}plans/{made.json()['id']}/").json()["lines"] == []
    assert len(hr.get(f"{API}programmes/").json()) == 7
    assert hr.get(f"{API}effect/").status_code == 422  # too few months with figures
    assert [one["id"] for one in hr.get(f"{API}courses/").json()["results"]] == [Course.objects.get().pk]


def test_a_manager_keeps_results_of_their_own_people_only_and_is_not_told_who_else_is_enrolled(
    actor: Actor, api_client: Callable[..., APIClient]
) -> None:
    course = held(actor, "U1", "P1")
    Course.objects.filter(pk=course.pk).update(unit_external_id="BU2")
    manager, guide = api_client("line_manager", unit_external_id="BU2"), api_client("guide", person_external_id="P1")
    at = f"{API}courses/{course.pk}/"

    def put(*people: str) -> object:
        rows = [{"person_external_id": who, "days": course.days, "exam_score": "88"} for who in people]
        answer = manager.put(f"{at}results/", {"results": rows}, format="json")
        body = answer.json()
        return body["results"] if answer.status_code == 200 else (answer.status_code, body["code"], body["detail"])

    refused = put("U1")
    assert refused == put("U2") == put("nobody") == put("P1", "U1")  # enrolled, not enrolled, unknown
    assert isinstance(refused, tuple)
    assert refused[0] == 404
    assert CourseResult.objects.count() == 0
    assert put("P1") == 1
    assert manager.get(at).json()["pass_rate"] == "100.000000"  # of the one whose result they see
    assert guide.get(at).json()["completion_rate"] is None  # a guide reads their own result on their own page
    figures = api_client("executive").get("/api/v1/workspaces/acme/talent/figures/")
    assert (figures.status_code, figures.json()["with_gaps"]) == (200, None)


def test_an_answer_leads_nobody_back_to_the_trainee_and_remarks_are_told_from_five_answers_on(actor: Actor) -> None:
    people = ("U1", "U2", "LEAD", "CMO", "P1")
    course = held(actor, *people)
    known = Actor(get_user_model().objects.create_user("k1@example.com").pk, actor.zone, actor.today)
    for person in people[:4]:
        give_feedback(course.pk, person=person, score=80, remark="fine", actor=known)
    give_feedback(course.pk, person="U1", score=90, remark="better", actor=known)
    few = course_view(course.pk, today=actor.today)
    assert (few.figures.answers, few.remarks) == (4, ())
    assert few.figures.satisfaction == Decimal("82.5")
    assert course_view(course.pk, today=actor.today, people=people).figures.satisfaction is None
    give_feedback(course.pk, person="P1", score=70, remark="long", actor=known)
    seen = course_view(course.pk, today=actor.today, people=people)
    assert (len(seen.remarks), seen.figures.satisfaction) == (5, Decimal(80))
    assert set(Upload.objects.values_list("created_by", flat=True)) == {None}
    kept = survey_ids()
    assert len(kept) == 5  # a second answer took the place of the first
    assert not {f"TF-{course.key}-{pk}" for pk in Enrolment.objects.values_list("pk", flat=True)} & kept


def survey_ids() -> set[str]:
    """Return the ids of the answers in the table."""
    table = load_library().tables[SURVEYS]
    found = rows_page(table, columns=["response_id", "kind"], filters={"kind": FEEDBACK}, offset=0, limit=99)
    return {str(row["response_id"]) for row in found.rows}


def test_every_milestone_of_a_workshop_has_an_id_of_its_own_and_a_refused_one_leaves_nothing(actor: Actor) -> None:
    course = plan_course(CourseWanted("strategy-workshop", "G", "T", "HQ", False, 9, False, [actor.today]), actor=actor)
    wanted = MilestoneWanted("One", "BU1", actor.today + timedelta(days=30), RoleKey("omni-strategy"), "LEAD")
    first, second = (decide_milestone(course.pk, wanted, actor=actor) for _ in range(2))
    first.delete()
    assert decide_milestone(course.pk, wanted, actor=actor).reference not in {first.reference, second.reference}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_outcomes, "what_was_wrong", lambda push: ["no"])
        with pytest.raises(OutcomeRefused):
            decide_milestone(course.pk, wanted, actor=actor)
    assert WorkshopOutcome.objects.count() == 2


def test_pages_ask_as_often_for_twice_the_rows(actor: Actor, signed_in: Callable[..., Client]) -> None:
    client = signed_in("hr_lead")
    course = held(actor, "U1")
    plan = make_plan("BU1", period=str(quarter_of(actor.today)), actor=actor)
    below = ("", "courses/", f"courses/{course.pk}/", "certificates/", f"plans/{plan.pk}/", "mine/")
    pages = [f"{AT}{page}" for page in below]

    def asked() -> list[int]:
        counts = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            counts.append(len(queries))
        return counts

    score(actor, course, "U1", "80")
    before = asked()
    enrol(course.pk, ["U2", "LEAD", "CMO"], actor=actor)
    other = held(actor, "U1", "U2", "LEAD", programme="awareness", after=15)
    record_results(
        course.pk,
        [ResultWanted(who, frozenset(course.days), Decimal(90)) for who in ("U2", "LEAD", "CMO")],
        actor=actor,
    )
    score(actor, other, "U2", None)
    make_plan("G", period=str(quarter_of(actor.today)), actor=actor)
    assert asked() == before
