"""Weights by role, stage, sub-type, unit and day: the narrowest place wins, all total 100 and name their source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from rest_framework.test import APIClient

from kpis.choices import WeightsSource
from kpis.errors import WeightsInvalid
from kpis.library import load_library
from kpis.models import Scorecard, WeightSet
from kpis.queries.next_stage import next_stage_scores
from kpis.queries.scorecards import find_card
from kpis.queries.weights import unit_line, weights_on
from kpis.services.preview import Candidate, preview_change
from kpis.services.weights import give_back, restore_weights, set_weights
from omnichannel.accounts.models import User
from omnichannel.workspaces.models import Workspace
from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.choices import SUBTYPES_OF
from roles.queries.org_chart import unit_tree
from tests.kpis.retailer import GUIDE_KPIS, NOVEMBER, adopt, build_organisation, person, put_example, unit

GUIDE, STRONG, SALES_LED = RoleKey.DIGITAL_GUIDE, StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED
DAY = date(2024, 11, 1)
ENGLISH = {"accept-language": "en"}


def spread(*parts: int) -> dict[str, Decimal]:
    return dict(zip(GUIDE_KPIS, map(Decimal, parts), strict=False))


SHIFTED = spread(10, 60, 20, 10)


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build_organisation()
    adopt(STRONG, SALES_LED)
    put_example(NOVEMBER)


@pytest.fixture
def actor_id(member: Callable[..., User]) -> int:
    return member("hr_lead").pk


@pytest.mark.usefixtures("retailer")
def test_every_role_stage_sub_type_and_unit_totals_one_hundred_and_names_source_and_date(actor_id: int) -> None:
    for role in (GUIDE, RoleKey.USER_OPS):
        for stage in StageKey:
            weights = load_library().weights[role.value, stage.value].weights
            for subtype in ("", *(each.value for each in SUBTYPES_OF[stage])):
                for where in ("", "R1", "S1"):
                    at = {"subtype": subtype, "unit": where, "effective_from": DAY, "actor_id": actor_id}
                    set_weights(role, stage, weights, **at)  # type: ignore[arg-type]
    book, tree, seen = weights_on(NOVEMBER.last_day), unit_tree(as_of=NOVEMBER.last_day), set()
    for role in RoleKey:
        for stage in StageKey:
            for subtype in SUBTYPES_OF[stage]:
                for where in ("", *tree.nodes):
                    used = book.of(role.value, stage.value, subtype=subtype.value, units=unit_line(where, tree))
                    assert sum(used.weights.values()) == Decimal("100.00")
                    is_own = role in (GUIDE, RoleKey.USER_OPS)
                    assert (used.since, used.source is WeightsSource.LIBRARY) == (DAY if is_own else None, not is_own)
                    seen.add(used.source)
    assert seen == {WeightsSource.LIBRARY, WeightsSource.SUBTYPE, WeightsSource.UNIT}


@pytest.mark.usefixtures("retailer")
def test_the_nearest_unit_wins_then_the_sub_type_then_the_workspace(actor_id: int) -> None:
    how = {"effective_from": DAY, "actor_id": actor_id}
    sets = {
        name: set_weights(GUIDE, STRONG, weights, subtype=subtype, unit=where, **how)  # type: ignore[arg-type]
        for name, weights, subtype, where in (
            ("workspace", spread(100), "", ""),
            ("subtype", spread(0, 100), SALES_LED.value, ""),
            ("region", spread(0, 0, 100), "", "R1"),
            ("business", spread(50, 50), SALES_LED.value, "BU1"),
        )
    }
    book, tree = weights_on(NOVEMBER.last_day), unit_tree(as_of=NOVEMBER.last_day)

    def at(where: str, subtype: SubtypeKey = SALES_LED) -> int | None:
        return book.of(GUIDE.value, STRONG.value, subtype=subtype.value, units=unit_line(where, tree)).weight_set_id

    assert [at("S1"), at("R1"), at("UC"), at("HQ")] == [
        sets[name].pk for name in ("region", "region", "business", "subtype")
    ]
    assert at("UC", SubtypeKey.MARKET_LED) == sets["workspace"].pk
    card = find_card(NOVEMBER, role=GUIDE.value, scope=person("ES1"))
    assert card is not None
    assert (card.score, card.weights_source, card.weight_set_id) == (Decimal(90), "unit", sets["region"].pk)
    give_back(GUIDE, STRONG, unit="R1", **how)  # type: ignore[arg-type]
    card = find_card(NOVEMBER, role=GUIDE.value, scope=person("ES1"))
    assert card is not None
    assert card.weight_set_id == sets["business"].pk
    restored = restore_weights(sets["region"], effective_from=DAY, actor_id=actor_id)
    assert restored.weights == sets["region"].weights
    card = find_card(NOVEMBER, role=GUIDE.value, scope=person("ES1"))
    assert card is not None
    assert (card.score, card.weight_set_id) == (Decimal(90), restored.pk)


@pytest.mark.usefixtures("retailer")
def test_a_sub_type_of_another_stage_and_an_unknown_unit_are_refused_with_all_else(actor_id: int) -> None:
    with pytest.raises(WeightsInvalid) as refused:
        set_weights(
            GUIDE, STRONG, spread(99), effective_from=DAY, actor_id=actor_id, unit="NOPE", subtype="project-team"
        )
    assert [name for name, _message in refused.value.issues] == ["subtype", "unit", ""]
    assert not WeightSet.objects.exists()


@pytest.mark.usefixtures("retailer")
def test_a_preview_tells_the_cards_people_points_and_bands_that_saving_changes(actor_id: int) -> None:
    candidate = Candidate(GUIDE, STRONG, SHIFTED, unit="S1")
    (found,) = preview_change(candidate, effective_from=DAY)
    # the card of the store and that of its guide; 94.17 near becomes 106.50 met for the guide
    assert (found.cards, found.changed, found.people_up) == (2, 1, 1)
    assert (found.points, found.crossings) == (Decimal("12.33"), (("near", "met", 1),))
    (mover,) = found.people
    assert (mover.scope, mover.name, mover.before, mover.after) == (
        person("ES1"), "导购S1", Decimal("94.17"), Decimal("106.50"),
    )  # fmt: skip
    assert not WeightSet.objects.exists()
    set_weights(GUIDE, STRONG, SHIFTED, unit="S1", effective_from=DAY, actor_id=actor_id)
    scores = dict(
        Scorecard.objects.filter(role_key=GUIDE.value, scope_kind="employee", is_current=True).values_list(
            "scope_id", "score"
        )
    )
    assert scores == {"ES1": mover.after, "ES2": Decimal("94.17")}
    assert preview_change(candidate, effective_from=date(2030, 1, 1)) == ()


@pytest.mark.usefixtures("retailer")
def test_a_card_shows_its_score_under_the_next_stages_weights(actor_id: int) -> None:
    card = find_card(NOVEMBER, role=GUIDE.value, scope=person("ES1"))
    assert card is not None
    found = next_stage_scores([card])[card.pk]
    weights = load_library().weights[GUIDE.value, "first-level"].weights
    reached = {line.kpi: line.attainment for line in card.card_lines}
    counted = {kpi: weight for kpi, weight in weights.items() if reached.get(kpi) is not None}
    points = sum((weight * (reached[kpi] or 0) for kpi, weight in counted.items()), Decimal(0))
    wanted = points / sum(counted.values())
    enough = sum(counted.values()) >= 60
    assert (found.stage, found.present) == (StageKey.FIRST_LEVEL, Decimal("94.17"))
    assert found.score == (wanted.quantize(Decimal("0.01")) if enough else None)
    set_weights(
        GUIDE, StageKey.FIRST_LEVEL, SHIFTED, effective_from=DAY, actor_id=actor_id, subtype="digital-enablement"
    )
    both = next_stage_scores([card])[card.pk]
    assert [bool(each.subtypes) for each in both.scores] == [True, True]
    assert both.scores[1].score == Decimal("106.50")
    adopt(StageKey.FIRST_LEVEL, SubtypeKey.DIGITAL_ENABLEMENT)
    card.stage = "first-level"
    assert next_stage_scores([card]) == {}


@pytest.mark.usefixtures("retailer")
def test_hr_sets_weights_for_one_unit_in_the_browser_and_restores_old_ones(
    signed_in: Callable[..., Client],
) -> None:
    client = signed_in("hr_lead")
    page = "/w/acme/roles/digital-guide/weights/"
    fields = {f"weight-{STRONG.value}-{kpi}": str(weight) for kpi, weight in SHIFTED.items()}
    form = {**fields, "stage": STRONG.value, "effective_from": "2024-11-01"}
    assert client.post(f"{page}?unit=S1", {**form, "action": "save"}).status_code == 302
    saved = WeightSet.objects.get()
    assert (saved.unit, saved.subtype) == ("S1", "")
    shown = client.get(f"{page}?unit=S1", headers=ENGLISH).content.decode()
    assert "Set for 门店S1" in shown or "Set for S1" in shown
    back = client.post(f"{page}?unit=S1", {**form, "action": "give_back"}, headers=ENGLISH)
    assert back.status_code == 302
    card = find_card(NOVEMBER, role=GUIDE.value, scope=person("ES1"))
    assert card is not None
    assert card.score == Decimal("94.17")
    assert client.post(f"{page}{saved.pk}/restore/", {"effective_from": "2024-11-01"}).status_code == 302
    card = find_card(NOVEMBER, role=GUIDE.value, scope=person("ES1"))
    assert card is not None
    assert card.score == Decimal("106.50")
    assert client.post(f"{page}{saved.pk}/restore/", {"effective_from": "never"}).status_code == 302
    assert WeightSet.objects.count() == 3
    manager = signed_in("line_manager", unit_external_id="R1")
    assert manager.get(f"{page}?unit=S1").status_code == 200
    assert manager.get(f"{page}?unit=BU1").status_code == 404


@pytest.mark.usefixtures("retailer")
def test_the_api_tells_what_counts_where_and_tries_before_it_saves(api_client: Callable[..., APIClient]) -> None:
    client, url = api_client("hr_lead"), "/api/v1/workspaces/acme/weights/"
    body = {
        "role": GUIDE.value,
        "stage": STRONG.value,
        "unit": "S1",
        "effective_from": "2024-11-01",
        "weights": {kpi: str(weight) for kpi, weight in SHIFTED.items()},
    }
    tried = client.put(f"{url}?dry_run=true", body, format="json").json()
    assert (tried["set"], tried["effects"][0]["people"][0]["after"], WeightSet.objects.count()) == (None, "106.50", 0)
    saved = client.put(url, body, format="json").json()["set"]
    asked = f"{url}?role=digital-guide&stage=strong-department&on=2024-11-30"
    (here,) = client.get(f"{asked}&unit=S1").json()
    assert (here["set"], here["source"], here["unit"], here["since"]) == (saved, "unit", "S1", "2024-11-01")
    assert client.get(f"{asked}&unit=S2").json()[0]["source"] == "library"
    assert len(client.get(url).json()) == 36
    wrong = client.put(url, {**body, "weights": {"guide_store_sales": "99.99", "ad_ctr": "0.02"}}, format="json")
    assert (wrong.status_code, [issue["pointer"] for issue in wrong.json()["issues"]]) == (
        422,
        ["/weights/ad_ctr", "/weights"],
    )
    assert client.get(f"{url}?unit=NOPE").status_code == 422
    assert unit("S1").id == here["unit"]
