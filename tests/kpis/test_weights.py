"""Weights: what counts on a day, what is refused, and that a change shows in the score at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from kpis.choices import WeightsSource
from kpis.errors import WeightsInvalid
from kpis.library import load_library
from kpis.models import Computation, Scorecard, WeightSet
from kpis.queries.scorecards import find_card
from kpis.queries.weights import weights_on
from kpis.services.preview import Candidate, preview_change
from kpis.services.weights import set_weights
from omnichannel.accounts.models import User
from omnichannel.core.periods import Period
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.workspaces.models import Workspace
from roles.catalogue import RoleKey, StageKey, SubtypeKey
from tests.kpis.door import work
from tests.kpis.retailer import (
    GUIDE_KPIS,
    NOVEMBER,
    OCTOBER,
    adopt,
    build_organisation,
    person,
    put_example,
)

GUIDE, STRONG = RoleKey.DIGITAL_GUIDE, StageKey.STRONG_DEPARTMENT
# (90 * 10 + 120 * 60 + 90 * 20 + 75 * 10) / 100
SHIFTED = dict(zip(GUIDE_KPIS[:4], map(Decimal, (10, 60, 20, 10)), strict=True))
SHIFTED_SCORE = Decimal("106.50")


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build_organisation()
    adopt(STRONG, SubtypeKey.SALES_LED)
    put_example(NOVEMBER)


@pytest.fixture
def actor_id(member: Callable[..., User]) -> int:
    return member("hr_lead").pk


def score(period: Period = NOVEMBER, key: str = "ES1") -> Decimal | None:
    card = find_card(period, role=GUIDE.value, scope=person(key))
    assert card is not None
    return card.score


@pytest.mark.usefixtures("retailer")
def test_the_librarys_weights_count_until_the_workspace_sets_its_own(actor_id: int) -> None:
    before = weights_on(date(2024, 11, 30)).of(GUIDE, STRONG)
    assert (before.source, sum(before.weights.values())) == (WeightsSource.LIBRARY, 100)
    set_weights(GUIDE, STRONG, SHIFTED, effective_from=date(2024, 11, 1), actor_id=actor_id)
    set_weights(GUIDE, STRONG, before.weights, effective_from=date(2025, 1, 1), actor_id=actor_id)
    on = {day: weights_on(day).of(GUIDE, STRONG) for day in (date(2024, 10, 31), date(2024, 11, 1))}
    assert on[date(2024, 10, 31)].source == WeightsSource.LIBRARY
    assert (on[date(2024, 11, 1)].weights, on[date(2024, 11, 1)].since) == (SHIFTED, date(2024, 11, 1))
    assert weights_on(date(2025, 2, 1)).of(GUIDE, STRONG).weights == before.weights
    other = weights_on(date(2025, 2, 1)).of(GUIDE, StageKey.PROJECT)
    assert other.source == WeightsSource.LIBRARY


@pytest.mark.usefixtures("in_workspace")
def test_all_thirty_six_sets_add_up_to_one_hundred() -> None:
    table = weights_on(date(2024, 1, 1))
    assert len(table) == len(RoleKey) * len(StageKey) == 36
    assert {sum(each.weights.values()) for each in table.values()} == {Decimal(100)}


@pytest.mark.usefixtures("retailer")
def test_everything_wrong_is_said_at_once_and_nothing_is_saved(actor_id: int) -> None:
    wrong = {
        "guide_store_sales": Decimal("120"),
        "guide_mall_sales": Decimal("-5"),
        "guide_private_customers": Decimal("1.234"),
        "ad_ctr": Decimal(1),
        "no_such_kpi": Decimal("NaN"),
    }
    with pytest.raises(WeightsInvalid) as refused:
        set_weights(GUIDE, STRONG, wrong, effective_from=date(2024, 11, 1), actor_id=actor_id)
    named = [kpi for kpi, _message in refused.value.issues]
    assert set(named) == {*wrong, ""}
    assert not WeightSet.objects.exists()
    assert score() == Decimal("94.17")


@pytest.mark.usefixtures("retailer")
@pytest.mark.parametrize("total", ["99.99", "100.01"])
def test_a_sum_that_is_not_exactly_one_hundred_is_refused(actor_id: int, total: str) -> None:
    weights = {"guide_store_sales": Decimal(50), "guide_mall_sales": Decimal(total) - 50}
    with pytest.raises(WeightsInvalid, match=total):
        set_weights(GUIDE, STRONG, weights, effective_from=date(2024, 11, 1), actor_id=actor_id)


@pytest.mark.usefixtures("retailer")
def test_a_change_moves_the_score_at_once_as_a_new_revision(actor_id: int) -> None:
    saved = set_weights(GUIDE, STRONG, SHIFTED, effective_from=date(2024, 11, 1), actor_id=actor_id)
    assert score() == SHIFTED_SCORE
    cards = Scorecard.objects.filter(role_key=GUIDE.value, scope_id="ES1").order_by("revision")
    assert [(card.score, card.is_current, card.weight_set_id) for card in cards] == [
        (Decimal("94.17"), False, None),
        (SHIFTED_SCORE, True, saved.pk),
    ]
    assert Computation.objects.filter(kind="grades").count() == 1
    others = Scorecard.objects.filter(is_current=True).exclude(role_key=GUIDE.value)
    assert set(others.values_list("revision", flat=True)) == {1}


@pytest.mark.usefixtures("retailer")
def test_weights_of_another_stage_or_a_later_day_leave_the_score_alone(actor_id: int) -> None:
    set_weights(GUIDE, StageKey.PROJECT, SHIFTED, effective_from=date(2024, 11, 1), actor_id=actor_id)
    set_weights(GUIDE, STRONG, SHIFTED, effective_from=date(2024, 12, 1), actor_id=actor_id)
    assert score() == Decimal("94.17")


@pytest.mark.usefixtures("retailer")
def test_older_periods_follow_by_a_job(actor_id: int) -> None:
    put_example(OCTOBER)
    put_example(OCTOBER.previous())
    set_weights(GUIDE, STRONG, SHIFTED, effective_from=date(2024, 9, 1), actor_id=actor_id)
    assert [score(NOVEMBER), score(OCTOBER)] == [SHIFTED_SCORE, SHIFTED_SCORE]
    assert score(OCTOBER.previous()) == Decimal("94.17")
    (job,) = work(JobKind.COMPUTE_VALUES)
    assert job.state == JobState.SUCCEEDED, job.detail
    assert job.params["periods"] == ["2024-09"]
    assert score(OCTOBER.previous()) == SHIFTED_SCORE


@pytest.mark.usefixtures("retailer")
def test_a_preview_tells_what_saving_does_and_writes_nothing(actor_id: int) -> None:
    cards = Scorecard.objects.count()
    (found,) = preview_change(Candidate(GUIDE, STRONG, SHIFTED), effective_from=date(2024, 11, 1))
    assert (found.people_up, found.people_down, found.people_same) == (2, 0, 0)
    assert found.moves[0].scope.kind == "company"
    assert (Scorecard.objects.count(), WeightSet.objects.count()) == (cards, 0)
    set_weights(GUIDE, STRONG, SHIFTED, effective_from=date(2024, 11, 1), actor_id=actor_id)
    now = {
        (kind, key): value
        for kind, key, value in Scorecard.objects.filter(role_key=GUIDE.value, is_current=True).values_list(
            "scope_kind", "scope_id", "score"
        )
    }
    assert {(move.scope.kind.value, move.scope.id): move.after for move in found.moves} == {
        key: value for key, value in now.items() if key[0] != "employee"
    }


def form(weights: dict[str, Decimal], action: str) -> dict[str, str]:
    fields = {f"weight-{STRONG.value}-{kpi}": str(weight) for kpi, weight in weights.items()}
    return {
        **fields,
        "stage": STRONG.value,
        "action": action,
        "effective_from": "2024-11-01",
        "note": "focus on the mall",
    }


@pytest.mark.usefixtures("retailer")
def test_an_hr_lead_changes_weights_in_the_browser_and_sees_the_new_score(signed_in: Callable[..., Client]) -> None:
    client = signed_in("hr_lead")
    page = "/w/acme/roles/digital-guide/weights/"
    english = {"accept-language": "en"}
    shown = client.get(page, headers=english).content.decode()
    assert shown.count("data-weights") == 3
    assert load_library().kpis["guide_mall_sales"].names.en in shown
    tried = client.post(page, form(SHIFTED, "preview"), headers={**english, "HX-Request": "true"}).content.decode()
    assert "2 rise" in tried
    assert "<html" not in tried
    assert not WeightSet.objects.exists()
    refused = client.post(page, form({"guide_mall_sales": Decimal(60)}, "save"), headers=english)
    assert refused.status_code == 422
    assert "60.00" in refused.content.decode()
    saved = client.post(page, form(SHIFTED, "save_and_show"))
    assert saved.headers["Location"] == "/w/acme/scorecards/digital-guide/"
    assert str(SHIFTED_SCORE) in client.get("/w/acme/scorecards/people/ES1/").content.decode()
    assert "focus on the mall" in client.get(page).content.decode()


@pytest.mark.usefixtures("retailer")
def test_who_is_not_hr_may_look_at_weights_but_not_change_them(signed_in: Callable[..., Client]) -> None:
    client = signed_in("executive")
    page = client.get("/w/acme/roles/digital-guide/weights/")
    assert page.status_code == 200
    assert "data-weights" not in page.content.decode()
    assert client.post("/w/acme/roles/digital-guide/weights/", form(SHIFTED, "save")).status_code == 403
    assert not WeightSet.objects.exists()


@pytest.mark.usefixtures("retailer")
def test_all_that_is_wrong_with_a_form_is_told_by_name_and_nothing_typed_is_lost(
    signed_in: Callable[..., Client],
) -> None:
    client, page = signed_in("hr_lead"), "/w/acme/roles/digital-guide/weights/"
    typed = {"guide_mall_sales": Decimal("60.123"), "guide_store_sales": Decimal(10)}
    for action in ("save", "preview"):
        sent = form(typed, action) | {"effective_from": "2024-02-31", f"weight-{STRONG.value}-guide_reply_rate": "3x"}
        shown = client.post(page, sent, headers={"accept-language": "en"}).content.decode()
        mall = load_library().kpis["guide_mall_sales"].names.en
        for told in (
            "<strong>Counts from</strong> This is no date.",
            f"<strong>{mall}</strong> A weight has at most two decimals.",
            "<strong>Reply rate</strong> A weight lies between 0 and 100.",
            "The weights add up to 70.12",
        ):
            assert told in shown, (action, told)
        for kept in ('value="60.123"', 'value="3x"', 'value="2024-02-31"', 'value="focus on the mall"'):
            assert kept in shown, (action, kept)
    assert not WeightSet.objects.exists()


@pytest.mark.usefixtures("retailer")
def test_two_people_at_one_set_of_weights_are_told_of_each_other(signed_in: Callable[..., Client]) -> None:
    page, english = "/w/acme/roles/digital-guide/weights/", {"accept-language": "en"}
    first, second = signed_in("hr_lead"), signed_in("owner")

    def seen() -> str:
        found = {column["stage"]: column["seen"] for column in second.get(page).context["columns"]}
        return str(found[STRONG.value])

    opened = seen()
    assert first.post(page, form(SHIFTED, "save") | {"seen": opened}).status_code == 302
    other = form(dict(zip(GUIDE_KPIS[:2], map(Decimal, (40, 60)), strict=True)), "save")
    refused = second.post(page, other | {"seen": opened}, headers=english)
    mine = WeightSet.objects.get()
    assert refused.status_code == 422
    assert f"{mine.created_by} has saved other weights here since you opened the page" in refused.content.decode()
    assert second.post(page, form({}, "give_back") | {"seen": opened}).status_code == 422
    assert WeightSet.objects.count() == 1
    assert f'name="seen" value="{mine.pk}"' in refused.content.decode()
    assert second.post(page, other | {"seen": seen()}).status_code == 302
    assert WeightSet.objects.count() == 2
