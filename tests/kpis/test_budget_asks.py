"""The ad budget ladder: refused without a rung, released part by part on real figures by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from kpis.analysis_choices import AnalysisName
from kpis.engine.analyses.documents import as_json
from kpis.engine.analyses.ladder import CampaignLine, LadderDocument, Rungs
from kpis.models import AnalysisResult, BudgetAsk
from omnichannel.core.periods import Period
from omnichannel.workspaces.models import Workspace
from tests.kpis.retailer import NOVEMBER, OCTOBER, build_organisation

URL = "/w/acme/pay/ad-budget/"
API = "/api/v1/workspaces/acme/budget-asks/"
EN = {"accept-language": "en"}
FORM = {
    "purpose": "双十一拉新投放",
    "campaign": "CP12",
    "amount": "300000",
    "starts_on": "2024-10-05",
    "ends_on": "2024-11-30",
    "target_impressions": "900000",
    "target_cost_per_user": "40",
    "target_roi": "2",
    "part_1_on": "2024-10-05",
    "part_1_amount": "100000",
    "part_2_on": "2024-11-01",
    "part_2_amount": "200000",
    "part_2_private_users": "500",
    "part_2_cost_per_user": "40",
}
BODY = {
    "purpose": "直播引流",
    "amount": "1000.00",
    "unit": "R1",
    "starts_on": "2024-11-01",
    "ends_on": "2024-11-30",
    "targets": {"click_rate": "1.2", "private_users": "10", "ltv_cac": "3"},
    "instalments": [{"planned_on": "2024-11-01", "amount": "1000.00"}],
}


def ladder_of(period: Period, *lines: tuple[str, int, int, str]) -> None:
    """Keep what the ad-spend ladder found: per campaign impressions, private users and cost."""
    document = LadderDocument(
        tuple(
            CampaignLine(key, f"活动{key}", None, None, rungs, rungs)
            for key, seen, users, cost in lines
            for rungs in (Rungs(seen, seen // 100, 2, users, Decimal(cost), Decimal(cost) * 3),)
        ),
        contacts=True,
    )
    AnalysisResult.objects.create(
        period=str(period),
        period_start=period.start,
        scope_kind="company",
        name=AnalysisName.LADDER,
        document=as_json(document),
        definitions="1",
        digest="x",
        computed_at=timezone.now(),
    )


@pytest.fixture(autouse=True)
def _retailer(in_workspace: Workspace) -> None:
    build_organisation()
    ladder_of(OCTOBER, ("CP12", 600_000, 400, "20000"), ("CP13", 1, 1, "9"))


def text(client: Client, url: str) -> str:
    answer = client.get(url, headers=EN)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def asked(client: Client, **other: str) -> int:
    answer = client.post(f"{URL}new/", {**FORM, **other}, headers=EN)
    assert answer.status_code == 302, answer.content.decode()
    return int(answer["Location"].rstrip("/").rsplit("/", 1)[1])


def decide(client: Client, pk: int, action: str, **body: Any) -> Any:
    return client.post(f"{URL}{pk}/decide/", {"action": action, **body}, headers=EN)


def test_e17_a_request_without_a_rung_is_refused_naming_it_and_keeps_what_was_typed(
    signed_in: Callable[..., Client],
) -> None:
    client = signed_in("analyst")
    for field, rung in (
        ("target_impressions", "Rung 1"), ("target_cost_per_user", "Rung 2"), ("target_roi", "Rung 3")
    ):  # fmt: skip
        answer = client.post(f"{URL}new/", {**FORM, field: ""}, headers=EN)
        shown = answer.content.decode()
        assert answer.status_code == 422
        assert shown.count('class="field__errors"') == 1
        assert f"“{rung}" in shown
        assert "双十一拉新投放" in shown
    wrong = {**FORM, "part_2_amount": "1", "part_1_on": "2023-01-01", "target_roi": ""}
    assert client.post(f"{URL}new/", wrong, headers=EN).content.decode().count('class="field__errors"') == 3
    halves = client.post(f"{URL}new/", {**FORM, "part_3_on": "2024-11-09", "amount": "much"}, headers=EN)
    assert halves.content.decode().count('class="field__errors"') == 2
    unread = {**FORM, "purpose": "", "part_1_on": "2023-01-01", "target_roi": "", "ends_on": "2024-10-01"}
    told = client.post(f"{URL}new/", unread, headers=EN).content.decode()  # what the rules say stands beside it
    assert told.count('class="field__errors"') == 5
    assert "“Rung 3" in told
    assert "The last day comes before the first." in told
    part = {**FORM, "purpose": "", "starts_on": "", "amount": "", "target_roi": "much"}
    assert client.post(f"{URL}new/", part, headers=EN).content.decode().count('class="field__errors"') == 4
    assert not BudgetAsk.objects.exists()


def test_money_is_released_by_somebody_else_on_real_figures_and_against_them_only_with_a_reason(
    signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    hr, executive = signed_in("hr_lead"), signed_in("executive")
    pk = asked(hr)
    assert decide(hr, pk, "release", instalment=1).status_code == 403  # one's own
    assert signed_in("analyst").post(f"{URL}{pk}/decide/", {"action": "release"}).status_code == 403
    assert decide(executive, pk, "release", instalment=2).status_code == 409  # out of turn
    assert decide(executive, pk, "release", instalment=1).status_code == 302
    page = text(executive, f"{URL}{pk}/")
    assert "Release against the figures" in page  # 400 users of 500, at 50 yuan each
    blocked = decide(executive, pk, "release", instalment=2)
    assert blocked.status_code == 409
    assert "Not reached yet: New private users by ads, Cost per private user" in blocked.content.decode()
    ladder_of(NOVEMBER, ("CP12", 400_000, 600, "18000"))
    whole = api_client("analyst").get(f"{API}{pk}/").json()
    figures = {
        line["metric"]: (line["actual"], line["is_reached"]) for rung in whole["rungs"] for line in rung["lines"]
    }
    assert figures["impressions"] == ("1000000.0000", True)
    assert figures["cost_per_user"] == ("38.0000", True)
    assert figures["roi"] == ("3.0000", True)
    assert (whole["months"], whole["spent"], whole["released"]) == (["2024-10", "2024-11"], "38000.00", "100000.00")
    assert "Release this instalment" in text(executive, f"{URL}{pk}/")
    assert decide(executive, pk, "release", instalment=2).status_code == 302
    done = api_client("owner").get(f"{API}{pk}/").json()
    assert (done["ask"]["state"], done["instalments"][1]["seen"]["private_users"]) == ("released", "1000")
    assert [step["kind"] for step in done["steps"]] == ["asked", "released", "released"]
    assert decide(executive, pk, "refuse", reason="too late").status_code == 409

    other = asked(hr, campaign="CP99", part_2_cost_per_user="")
    assert decide(executive, other, "release", instalment=1).status_code == 302
    assert decide(executive, other, "release", instalment=2, reason="旺季不等人").status_code == 302
    shown = text(hr, f"{URL}{other}/")
    assert "Instalment released against the figures" in shown
    assert "旺季不等人" in shown
    third = asked(hr, campaign="")
    assert decide(executive, third, "refuse").status_code == 409
    assert executive.post(f"{URL}{third}/withdraw/").status_code == 409  # not one's own
    assert hr.post(f"{URL}{third}/withdraw/").status_code == 302
    assert BudgetAsk.objects.get(pk=third).state == "withdrawn"


def test_requests_are_listed_within_bounds_searched_sorted_exported_and_at_equal_cost(
    signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    manager = api_client("line_manager", unit_external_id="R1")
    made = manager.post(API, BODY, format="json")
    assert made.status_code == 201, made.content
    refused = manager.post(API, {**BODY, "unit": "HQ"}, format="json")
    assert [issue["pointer"] for issue in refused.json()["issues"]] == ["/unit"]
    short = manager.post(API, {**BODY, "targets": {"roi": "1"}, "amount": "2.00"}, format="json").json()["issues"]
    assert {issue["pointer"] for issue in short} == {"/targets/shallow", "/targets/middle", "/instalments"}
    hr = signed_in("hr_lead")
    company = asked(hr)
    seen = signed_in("line_manager", unit_external_id="R1")
    assert "直播引流" in text(seen, URL)
    assert "双十一" not in text(seen, URL)
    assert seen.get(f"{URL}{company}/").status_code == 404
    assert manager.get(f"{API}{company}/").status_code == 404
    assert signed_in("guide", person_external_id="ES1").get(URL).status_code == 403
    assert "直播引流" not in text(hr, f"{URL}?q=CP12")
    assert text(hr, f"{URL}?sort=amount").index("直播引流") < text(hr, f"{URL}?sort=amount").index("双十一")
    assert "No request fits" in text(hr, f"{URL}?state=refused")
    rows = hr.get(f"{URL[:-1]}.csv?state=waiting").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 4  # a head, two instalments and one
    assert len(api_client("owner").get(f"{API}?state=waiting").json()["results"]) == 2
    with CaptureQueriesContext(connection) as few:
        text(hr, URL)
    twice = hr.post(f"{URL}new/", FORM, headers=EN)
    assert (twice.status_code, "You have asked for this already" in twice.content.decode()) == (422, True)
    for number in range(4):
        asked(hr, purpose=f"双十一拉新投放 {number}")
    with CaptureQueriesContext(connection) as many:
        text(hr, URL)
    assert len(many) == len(few) <= 14
