"""Alerts, rules and risks on their pages and over REST: what people do, what is refused, who sees what."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from kpis.alert_choices import AlertState
from kpis.engine.specs import COMPANY
from kpis.models import Alert, AlertRule, Risk
from kpis.queries.alert_rules import rules_now
from omnichannel.accounts.models import User
from omnichannel.workspaces.models import Workspace
from tests.kpis.alerting import evaluate, sales, the_alert
from tests.kpis.retailer import NOVEMBER, build_organisation, figure, put_targets, put_values


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build_organisation()


@pytest.mark.usefixtures("retailer")
def test_people_take_alerts_on_close_and_review_them_on_the_page(signed_in: Callable[..., Client]) -> None:
    page, bounded = signed_in("executive"), signed_in("line_manager", unit_external_id="R1")
    sales(500)
    evaluate()
    alert = the_alert()
    url = f"/w/acme/alerts/{alert.pk}/"
    listed = page.get("/w/acme/alerts/").content.decode()
    assert url in listed
    assert url not in bounded.get("/w/acme/alerts/").content.decode()
    assert (bounded.get(url).status_code, bounded.post(url, {"step": "close"}).status_code) == (404, 404)
    assert "1" in page.get("/w/acme/alerts/badge/").content.decode()
    assert bounded.get("/w/acme/alerts/badge/").content.decode().strip() == ""
    owner = str(User.objects.get(email__startswith="executive").pk)
    typed = {"owner": owner, "cause": "竞品促销", "action": ""}
    refused = page.post(url, {**typed, "step": "close"})
    assert (refused.status_code, the_alert().state) == (422, AlertState.RAISED)  # not half done
    assert "竞品促销" in refused.content.decode()
    assert page.post(url, {**typed, "action": "加券", "step": "close"}).status_code == 302
    assert (the_alert().state, the_alert().closed_at is not None) == (AlertState.CLOSED, True)
    assert page.post(url, {**typed, "step": "acknowledge"}).status_code == 422
    assert page.post(url, {"step": "review", "before": "a", "during": "b"}).status_code == 422
    assert page.post(url, {"step": "review", "before": "a", "during": "b", "after": "c"}).status_code == 302
    kinds = list(alert.events.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["raised", "acknowledged", "closed", "reviewed"]
    assert page.get(f"{url}").status_code == 200
    for query in (
        "?state=closed",
        "?state=overdue&level=red",
        "?unit=R1&subject=sales_net&rule=attainment",
        "?state=x",
    ):
        assert page.get(f"/w/acme/alerts/{query}").status_code == 200
    assert page.get("/w/acme/alerts/?unit=nowhere").status_code == 404


@pytest.mark.usefixtures("retailer")
def test_a_rule_is_tried_and_saved_on_its_page(signed_in: Callable[..., Client]) -> None:
    page, manager = signed_in("analyst"), signed_in("line_manager", unit_external_id="R1")
    sales(850)
    url = "/w/acme/alerts/rules/attainment/"
    form = {"is_on": "on", "yellow": "95", "orange": "90", "red": "50", "scopes": ["company"], "notify_red": ["owner"]}
    tried = page.post(url, {**form, "step": "preview"})
    assert tried.status_code == 200
    assert "level--orange" in tried.content.decode()
    assert (Alert.objects.count(), AlertRule.objects.count()) == (0, 0)
    assert page.post(url, {**form, "red": "92"}).status_code == 422
    assert page.post(url, {**form, "scopes": ["moon"]}).status_code == 422
    assert page.post(url, {**form, "step": "save"}).status_code == 302
    assert (the_alert().level, AlertRule.objects.get().scopes) == ("orange", ["company"])
    for rule in rules_now():
        assert page.get(f"/w/acme/alerts/rules/{rule}/").status_code == 200
    assert manager.get(url).status_code == 200
    assert manager.post(url, form).status_code == 403
    assert page.get("/w/acme/alerts/rules/moon/").status_code == 404
    assert page.post("/w/acme/alerts/messages/", {"least": "red", "language": "en"}).status_code == 302


@pytest.mark.usefixtures("retailer")
def test_a_risk_is_written_down_from_an_alert_changed_with_a_trace_and_bounded(
    signed_in: Callable[..., Client],
) -> None:
    page, manager = signed_in("executive"), signed_in("line_manager", unit_external_id="R1")
    sales(500)
    evaluate()
    owner = str(User.objects.get(email__startswith="executive").pk)
    form = {
        "title": "单一供应商", "kind": "operational", "level": "orange", "state": "open", "unit": "", "owner": owner,
        "description": "", "mitigation": "", "review_on": "2024-12-01", "alerts": [str(the_alert().pk)],
    }  # fmt: skip
    assert f"alert={the_alert().pk}" in page.get(f"/w/acme/alerts/{the_alert().pk}/").content.decode()
    assert page.post("/w/acme/risks/new/", {**form, "title": ""}).status_code == 422
    assert page.post("/w/acme/risks/new/", {**form, "kind": "cosmic"}).status_code == 422
    assert page.post("/w/acme/risks/new/", form).status_code == 302
    risk = Risk.objects.get()
    url = f"/w/acme/risks/{risk.pk}/"
    assert page.post(url, {**form, "level": "red", "unit": "S1", "alerts": []}).status_code == 302
    assert page.post(url, {**form, "level": "red", "unit": "S1", "alerts": []}).status_code == 302
    first, second = risk.history.all()
    assert (second.changes, first.changes["level"], first.changes["unit_id"]) == ({}, ["orange", "red"], ["", "S1"])
    assert first.changes["alerts"] == [[the_alert().pk], []]
    assert "门店S1" in page.get(url).content.decode()
    assert manager.get(url).status_code == 200  # S1 is in their region
    page.post(url, {**form, "unit": ""})
    assert (manager.get(url).status_code, manager.post(url, form).status_code) == (404, 404)
    for query in ("", "?due=1", "?kind=market", "?state=closed&level=red"):
        assert page.get(f"/w/acme/risks/{query}").status_code == 200


@pytest.mark.usefixtures("retailer")
def test_rest_clients_list_take_on_and_close_alerts(api_client: Callable[..., APIClient]) -> None:
    client, bounded = api_client("executive"), api_client("line_manager", unit_external_id="R1")
    sales(500)
    evaluate()
    base = "/api/v1/workspaces/acme/alerts/"
    (row,) = client.get(base).json()["results"]
    assert (row["level"], row["measured"], row["state"]) == ("red", "50.00", "raised")
    assert bounded.get(base).json()["results"] == []
    url = f"{base}{row['id']}/"
    assert bounded.post(f"{url}acknowledge/", {}).status_code == 404
    assert client.post(f"{url}close/", {"cause": "a", "action": "b"}).status_code == 409
    assert client.post(f"{url}acknowledge/", {"cause": "a"}).json()["state"] == "acknowledged"
    assert client.post(f"{url}close/", {}).status_code == 422
    closed = client.post(f"{url}close/", {"action": "b"}).json()
    assert [event["kind"] for event in closed["events"]] == ["closed", "acknowledged", "raised"]
    assert client.get(base, {"state": "closed"}).json()["results"][0]["cause"] == "a"


@pytest.mark.usefixtures("retailer")
def test_the_list_costs_the_same_however_many_alerts_there_are(
    signed_in: Callable[..., Client], member: Callable[..., User]
) -> None:
    member("analyst")  # owns every alert
    page = signed_in("executive")
    counted = []
    for many in (("sales_net",), ("sales_net", "net_profit", "mall_sales", "nps", "new_users")):
        put_targets(NOVEMBER, {(kpi, COMPANY): 1000 for kpi in many})
        put_values(NOVEMBER, [figure(kpi, COMPANY, 500) for kpi in many])
        evaluate()
        with CaptureQueriesContext(connection) as queries:
            assert page.get("/w/acme/alerts/").status_code == 200
        counted.append(len(queries))
    assert Alert.objects.exclude(owner=None).count() == 5
    assert counted[0] == counted[1]
