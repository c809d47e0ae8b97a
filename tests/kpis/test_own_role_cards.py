"""A role of the workspace's own that names KPIs: its holder gets a scorecard, by equal weights until others are set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape

from django.test import Client
from rest_framework.test import APIClient

from kpis.choices import WeightsSource
from kpis.queries.definitions import library_at
from kpis.queries.scorecards import find_card
from kpis.queries.target_grid import has_personal_targets
from kpis.queries.weights import equal_weights, weights_on
from kpis.services.target_checks import Bound, TargetInput, check_targets
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from roles.services.library import add_role, save_role
from roles.services.sync import AssignmentInput, upsert_assignments
from tests.kpis.door import work
from tests.kpis.retailer import GUIDE_KPIS, NOVEMBER, SINCE, adopt, build_organisation, person, put_example

KEY = "own-live-host"
TEXT = {"zh": "直播主播", "en": "Live host"}
CONTENT = {
    "names": TEXT, "definition": TEXT, "kind": "collaborating", "position": "connector", "duties": [TEXT],
    "abilities": [TEXT], "kpis": list(GUIDE_KPIS[:4]),
}  # fmt: skip
STAGE = StageKey.STRONG_DEPARTMENT


def test_equal_weights_add_up_to_one_hundred_whatever_their_number() -> None:
    for count in range(1, 40):
        weights = equal_weights([f"k{number}" for number in range(count)])
        assert sum(weights.values()) == 100
        assert max(weights.values()) - min(weights.values()) <= Decimal("0.01")
    assert equal_weights([]) == {}


def test_who_holds_an_own_role_gets_a_score_from_rows_and_its_weights_can_be_set(
    in_workspace: Workspace, signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    build_organisation()
    adopt(STAGE, SubtypeKey.SALES_LED)
    add_role(CONTENT, actor_id=None, key=KEY)
    guide = AssignmentInput("ES1", "digital-guide", "S1", SINCE, share=Decimal("0.6"))
    done = upsert_assignments([guide, AssignmentInput("ES1", KEY, "S1", SINCE, share=Decimal("0.4"))], actor_id=None)
    assert done.is_ok, done.issues
    put_example(NOVEMBER)
    card = find_card(NOVEMBER, role=KEY, scope=person("ES1"))
    assert card is not None
    assert (card.score, card.weights_source) == (Decimal("93.75"), WeightsSource.EQUAL)  # (90 + 120 + 90 + 75) / 4

    hr = signed_in("hr_lead")
    shown = unescape(hr.get("/w/acme/scorecards/people/ES1/?period=2024-11").content.decode())
    assert "直播主播" in shown
    assert "93.75" in shown
    assert "直播主播" in unescape(hr.get("/w/acme/scorecards/?period=2024-11").content.decode())
    assert hr.get("/w/acme/scorecards/own-display/").status_code == 404

    typed = {
        f"weight-{STAGE.value}-{kpi}": weight for kpi, weight in zip(GUIDE_KPIS, ("10", "60", "20", "10"), strict=False)
    }
    url = f"/w/acme/roles/{KEY}/weights/"
    assert "nobody has set others" in hr.get(url, headers={"accept-language": "en"}).content.decode()
    answer = hr.post(url, {"stage": STAGE.value, "effective_from": "2024-11-01", "action": "save", **typed})
    assert answer.status_code == 302, answer.content.decode()
    after = find_card(NOVEMBER, role=KEY, scope=person("ES1"))
    assert after is not None
    assert (after.score, after.weights_source) == (Decimal("106.50"), WeightsSource.WORKSPACE)

    rest = api_client("hr_lead")
    asked = f"/api/v1/workspaces/acme/weights/?role={KEY}&stage={STAGE.value}&on=2024-11-30"
    (told,) = rest.get(asked).data
    assert (told["source"], told["weights"][GUIDE_KPIS[1]]) == ("workspace", "60.00")
    assert rest.get("/api/v1/workspaces/acme/weights/?role=own-display").status_code == 422
    (own_card,) = rest.get(f"/api/v1/workspaces/acme/scorecards/?period=2024-11&role={KEY}&scope_id=ES1").data[
        "results"
    ]
    assert own_card["score"] == "106.50"
    assert weights_on(date(2024, 10, 1)).of(KEY, STAGE).source is WeightsSource.EQUAL


def test_other_kpis_of_an_own_role_grade_its_cards_at_once(in_workspace: Workspace) -> None:
    build_organisation()
    adopt(STAGE, SubtypeKey.SALES_LED)
    add_role(CONTENT, actor_id=None, key=KEY)
    assert upsert_assignments([AssignmentInput("ES1", KEY, "S1", SINCE)], actor_id=None).is_ok
    put_example(NOVEMBER)
    before = find_card(NOVEMBER, role=KEY, scope=person("ES1"))
    assert before is not None
    assert before.score == Decimal("93.75")
    save_role(KEY, {"kpis": list(GUIDE_KPIS[:2])}, actor_id=None)
    after = find_card(NOVEMBER, role=KEY, scope=person("ES1"))
    assert after is not None
    assert after.score == Decimal("105.00")  # (90 + 120) / 2


def test_an_own_role_and_its_holders_take_targets(in_workspace: Workspace) -> None:
    build_organisation()
    library = library_at(date(2024, 11, 30))
    kpi = next(each for each in library.kpis.values() if not each.qualitative and "digital-guide" not in each.roles)
    assert not has_personal_targets(kpi)
    add_role({**CONTENT, "kpis": [kpi.id]}, actor_id=None, key=KEY)
    assert has_personal_targets(kpi)
    rows = [TargetInput("2024-11", kpi.id, "role", role, Decimal(10)) for role in (KEY, "own-unknown")]
    issues = check_targets(rows, bound=Bound())
    assert [(issue.index, issue.code) for issue in issues] == [(1, "unknown_role")]


def test_other_kpis_of_an_own_role_and_other_weights_reach_months_of_more_than_two_years(
    in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    build_organisation()
    adopt(STAGE, SubtypeKey.SALES_LED)
    add_role(CONTENT, actor_id=None, key=KEY)
    assert upsert_assignments([AssignmentInput("ES1", KEY, "S1", SINCE)], actor_id=None).is_ok
    months = [NOVEMBER.previous(back) for back in range(-24, 3)]
    for month in months:
        put_example(month)
    scored = [month for month in months if (card := find_card(month, role=KEY, scope=person("ES1"))) and card.score]
    assert len(scored) > 24

    def scores() -> set[Decimal | None]:
        cards = [find_card(month, role=KEY, scope=person("ES1")) for month in scored]
        return {card.score if card else None for card in cards}

    assert scores() == {Decimal("93.75")}
    save_role(KEY, {"kpis": list(GUIDE_KPIS[:2])}, actor_id=None)
    assert all(job.state == JobState.SUCCEEDED for job in work(JobKind.COMPUTE_VALUES))
    assert scores() == {Decimal("105.00")}  # (90 + 120) / 2, in the oldest month too
    typed = {f"weight-{STAGE.value}-{kpi}": weight for kpi, weight in zip(GUIDE_KPIS, ("20", "80"), strict=False)}
    said = {"stage": STAGE.value, "effective_from": "2024-01-01", "action": "save", **typed}
    assert signed_in("hr_lead").post(f"/w/acme/roles/{KEY}/weights/", said).status_code == 302
    assert all(job.state == JobState.SUCCEEDED for job in work(JobKind.COMPUTE_VALUES))
    assert scores() == {Decimal("114.00")}  # 90 x 0.2 + 120 x 0.8
