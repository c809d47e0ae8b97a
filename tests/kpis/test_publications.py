"""Published scorecards: they reopen byte for byte whatever comes after, and say what changed since and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from kpis.choices import AutoLoad, CauseKind, ComputationKind
from kpis.errors import NothingToPublish, PublishedForGood
from kpis.models import Computation, KpiValue, Publication, PublishedCard, Scorecard
from kpis.queries.publications import compared, newest_published
from kpis.queries.scorecards import current_cards, find_card
from kpis.services.publishing import publish, request_publication
from kpis.services.scorecards import grade_period, save_scorecards, stored_values
from kpis.services.values import open_computation
from kpis.services.weights import set_weights
from omnichannel.accounts.models import User
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.services.stages import adopt_stage
from roles.services.sync import AssignmentInput, upsert_assignments
from tests.kpis.door import orders_csv, put, work
from tests.kpis.retailer import (
    GUIDE_KPIS,
    NOVEMBER,
    SINCE,
    adopt,
    build_organisation,
    example_of_the_domain,
    figure,
    person,
    put_example,
    put_targets,
    put_values,
)

Pages = Callable[..., Client]


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build_organisation()
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
    put_example()


def told(key: str = "ES1", role: str = "digital-guide") -> PublishedCard:
    card = newest_published(NOVEMBER, role=role, kind="employee", scope=key)
    assert card is not None
    return card


def kinds(card: PublishedCard) -> set[CauseKind]:
    found = compared(card)
    return {cause.kind for cause in found.causes} if found else set()


def grade_again() -> None:
    """Grade the period as a computation of grades does."""
    now = timezone.now()
    computation = open_computation(
        ComputationKind.GRADES, [NOVEMBER], job=None, upload_seq=0, started_at=now, finished_at=now, actor_id=None
    )
    save_scorecards(grade_period(NOVEMBER, values=stored_values(NOVEMBER)), period=NOVEMBER, computation=computation)


@pytest.mark.usefixtures("retailer")
def test_a_published_card_reopens_byte_for_byte_after_a_year_of_changes_and_names_each_cause(
    member: Callable[..., User], django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    actor = member("hr_lead").pk
    first = publish(NOVEMBER, actor_id=actor)
    before = {card.pk: (card.document, card.digest) for card in first.cards.all()}
    assert len(before) == first.cards_count == current_cards(NOVEMBER).count()
    assert all(hashlib.sha256(text.encode()).hexdigest() == digest for text, digest in before.values())
    card = told()
    assert compared(card) is None

    # a target is raised
    values, targets = example_of_the_domain("ES1")
    put_targets(NOVEMBER, targets | {("guide_mall_sales", person("ES1")): 125})
    grade_again()
    assert kinds(card) == {CauseKind.TARGETS}
    second = publish(NOVEMBER, actor_id=actor)
    assert (second.number, [cause["kind"] for cause in second.causes]) == (2, ["targets"])
    card = told()

    # weights of the workspace
    weights = dict(zip(GUIDE_KPIS, map(Decimal, (10, 20, 20, 20, 30)), strict=True))
    set_weights(RoleKey.DIGITAL_GUIDE, StageKey.STRONG_DEPARTMENT, weights, effective_from=SINCE, actor_id=actor)
    found = compared(card)
    assert found is not None
    unchanged = {"guide_mall_sales", "guide_private_customers"}  # 20 as in the library
    assert [(cause.kind, set(cause.kpis)) for cause in found.causes] == [
        (CauseKind.WEIGHTS, set(GUIDE_KPIS) - unchanged)
    ]
    publish(NOVEMBER, actor_id=actor)
    card = told()

    # rows arrive for the month, and the figure moves with them
    work(JobKind.COMPUTE_VALUES)
    put(orders_csv("O1,C1,store,,,2024-11-03 10:00:00,paid,100.00,0,0,100.00,1"), auto=AutoLoad.CLEAN)
    work()
    newest = Computation.objects.order_by("-id").first()
    assert newest is not None
    put_values(NOVEMBER, [figure("guide_store_sales", person("ES1"), 95), *values[1:]])
    Computation.objects.filter(pk__gt=newest.pk).update(upload_seq=1)
    found = compared(card)
    assert found is not None
    (cause,) = found.causes
    assert (cause.kind, [one.filename for one in cause.uploads]) == (CauseKind.DATA, ["orders.csv"])
    publish(NOVEMBER, actor_id=actor)
    card = told()

    # another definition computes another figure
    put_values(NOVEMBER, [figure("guide_store_sales", person("ES1"), 99), *values[1:]])
    Computation.objects.filter(upload_seq=0).update(upload_seq=1)
    KpiValue.objects.filter(kpi="guide_store_sales", scope_kind="company").update(definition_hash="f" * 64)
    assert kinds(card) == {CauseKind.DEFINITION}
    publish(NOVEMBER, actor_id=actor)
    card = told()

    # the region moves to the next stage, then the guide gives half of her time to another role
    adopt_stage("R1", stage=StageKey.FIRST_LEVEL, subtype=SubtypeKey.USER_GROWTH_DRIVEN, on=SINCE, actor_id=actor)
    grade_again()
    assert CauseKind.STAGE in kinds(card)
    held = [AssignmentInput("ES1", "content-marketing", "UC", date(2024, 11, 1), share=Decimal("0.5"))]
    assert upsert_assignments(held, actor_id=actor).is_ok
    grade_again()
    last = publish(NOVEMBER, actor_id=actor)
    assert last.number == 6
    after = {card.pk: (card.document, card.digest) for card in first.cards.all()}
    assert after == before


@pytest.mark.usefixtures("retailer")
def test_nothing_published_is_edited_or_deleted_and_nothing_equal_is_published_twice() -> None:
    made = publish(NOVEMBER, actor_id=None)
    with pytest.raises(PublishedForGood):
        made.save()
    with pytest.raises(PublishedForGood):
        made.delete()
    with pytest.raises(PublishedForGood):
        told().delete()
    with pytest.raises(NothingToPublish):
        request_publication(NOVEMBER, actor_id=1)
    with pytest.raises(NothingToPublish):
        request_publication(NOVEMBER.previous(), actor_id=1)


@pytest.mark.usefixtures("retailer")
def test_a_unit_is_published_alone_and_a_card_that_comes_back_to_what_was_told_is_unchanged() -> None:
    made = publish(NOVEMBER, actor_id=None, unit="S1")
    assert {card.scope_id for card in made.cards.all()} == {"S1", "ES1"}
    card = told()
    _values, targets = example_of_the_domain("ES1")
    put_targets(NOVEMBER, {key: value + 10 for key, value in targets.items()})
    grade_again()
    assert kinds(card) == {CauseKind.TARGETS}
    put_targets(NOVEMBER, targets)
    grade_again()
    assert Scorecard.objects.get(role_key="digital-guide", scope_id="ES1", is_current=True).revision == 3
    assert compared(card) is None


@pytest.mark.usefixtures("retailer")
def test_a_card_shows_as_it_was_known_at_a_moment() -> None:
    scope = person("ES1")
    then = timezone.now()
    _values, targets = example_of_the_domain("ES1")
    put_targets(NOVEMBER, targets | {("guide_store_sales", scope): 90})
    grade_again()
    now, before = (find_card(NOVEMBER, role="digital-guide", scope=scope, known_at=at) for at in (None, then))
    assert now is not None
    assert before is not None
    assert (before.revision, before.score) == (1, Decimal("94.17"))
    assert (now.revision, now.score) == (2, Decimal("98.06"))
    assert find_card(NOVEMBER, role="digital-guide", scope=scope, known_at=then.replace(year=2000)) is None


@pytest.mark.usefixtures("retailer")
def test_pages_and_api_show_what_was_published_within_each_readers_bounds(
    signed_in: Pages, api_client: Callable[..., APIClient]
) -> None:
    hr = signed_in("hr_lead")
    base = "/w/acme/scorecards/published/"
    assert hr.post(base, {"period": "2024-11", "note": "月度"}).status_code == 302
    work(JobKind.PUBLISH_CARDS)
    made = Publication.objects.get()
    assert (made.note, made.number) == ("月度", 1)
    own, other = told("ES1"), told("ES2")
    for language, word in (("zh-hans", "月度"), ("en", "no. 1")):
        assert word in hr.get(base, headers={"accept-language": language}).content.decode()
    put_targets(NOVEMBER, {("guide_store_sales", person("ES1")): 90})
    grade_again()
    page = hr.get(f"{base}{made.pk}/cards/{own.pk}/", headers={"accept-language": "en"}).content.decode()
    assert "94.17" in page
    assert "Targets have changed" in page
    assert "1 card restated" in hr.get(base, headers={"accept-language": "en"}).content.decode()
    live = hr.get("/w/acme/scorecards/people/ES1/", headers={"accept-language": "en"}).content.decode()
    assert "Restated since it was published" in live

    guide = signed_in("guide", person_external_id="ES1")
    assert guide.get(f"{base}{made.pk}/cards/{own.pk}/").status_code == 200
    assert guide.get(f"{base}{made.pk}/cards/{other.pk}/").status_code == 404
    manager = signed_in("line_manager", unit_external_id="S2")
    assert manager.get(f"{base}{made.pk}/cards/{own.pk}/").status_code == 404
    assert "导购S1" not in manager.get(f"{base}{made.pk}/").content.decode()
    assert signed_in("executive").get(f"{base}{made.pk}/cards/{own.pk}/").status_code == 404
    assert signed_in("analyst").post(base, {"period": "2024-11"}).status_code == 403

    api = api_client("guide", person_external_id="ES1")
    prefix = "/api/v1/workspaces/acme/publications/"
    assert [one["number"] for one in api.get(prefix).json()] == [1]
    assert [one["scope_id"] for one in api.get(f"{prefix}{made.pk}/").json()["results"]] == ["ES1"]
    body = api.get(f"{prefix}{made.pk}/cards/{own.pk}/").content
    assert hashlib.sha256(body).hexdigest() == own.digest
    assert json.loads(body)["score"] == "94.17"
    assert api.get(f"{prefix}{made.pk}/cards/{other.pk}/").status_code == 404
    then = api.get("/api/v1/workspaces/acme/scorecards/?known_at=nonsense")
    assert then.status_code == 422
