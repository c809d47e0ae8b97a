"""The designer of pay plans: three faces of one plan, faults at their place, two people, and who may look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node
from kpis.models import PayPlan
from kpis.queries.pay.plans import plans_on
from kpis.services.pay.plans import approve_plan, save_plan, submit_plan
from omnichannel.workspaces.models import Membership, Workspace
from omnichannel.workspaces.scoping import workspace_scope

SignedIn = Callable[..., Client]
PLANS = "/w/acme/pay/plans/"
NEW, CHECK = "/w/acme/pay/new-plan/", "/w/acme/pay/check-plan/"
EN = {"accept-language": "en"}


class Fields(HTMLParser):
    """What a browser sends of the designer's form: the last value of each name, lists where a name repeats."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._area = self._select = ""
        self._options: list[tuple[str, bool]] = []
        self.feed(text[text.index('id="plan-designer"') :])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        name, value = held.get("name") or "", held.get("value") or ""
        if tag == "input" and name and (held.get("type") != "checkbox" or "checked" in held):
            self.sent.setdefault(name, []).append(value or ("on" if held.get("type") == "checkbox" else ""))
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option":
            self._options.append((value, "selected" in held))
        elif tag == "textarea":
            self._area = name
            self.sent[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            chosen = [value for value, is_chosen in self._options if is_chosen] or [self._options[0][0]]
            self.sent.setdefault(self._select, []).append(chosen[0])
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] = [self.sent[self._area][0] + data.removeprefix("\n")]


def opened(client: Client, url: str) -> dict[str, list[str]]:
    answer = client.get(url, headers=EN)
    assert answer.status_code == 200, (url, answer.status_code)
    return Fields(answer.content.decode()).sent


def checked(client: Client, sent: dict[str, list[str]], **more: str) -> tuple[dict[str, list[str]], str]:
    answer = client.post(CHECK, sent | {name: [value] for name, value in more.items()}, headers=EN)
    assert answer.status_code == 200
    text = answer.content.decode()
    return Fields(text).sent, text


def test_every_ready_plan_is_the_same_in_its_form_its_text_and_its_sentences(signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    for at, name in enumerate(load_templates()):
        sent = opened(client, f"{NEW}?template={name}")
        face = ("sentences", "text", "form")[at % 3]
        again, text = checked(client, sent, source=face)
        assert "The plan is sound" in text, (face, name)
        assert again == sent, (face, name)


def test_whatever_is_written_in_one_face_shows_in_the_others(signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    sent = opened(client, f"{NEW}?template=guide-composite")
    assert "1,975.00" in client.get(f"{NEW}?template=guide-composite", headers=EN).content.decode()  # domain.md 14
    said = sent["sentences"][0].replace("3% of own credited", "3.5% of own credited")
    sent, _ = checked(client, sent | {"sentences": [f"{said}\nHost bonus: CNY 80 fixed; at most CNY 90."]})
    assert sent["p.components.1.rule.price"] == ["3.5"]
    assert "id: host-bonus" in sent["text"][0]
    assert sent["p.components.4.cap"] == ["90"]
    assert sent["p.components.1.names.zh"] == ["商城提成"]  # a line that was there keeps its name in the other language
    sent, _ = checked(client, sent | {"p.components.1.rule.price": ["4"], "p.variable_cap": ["5,000"]})
    assert "Mall commission: 4% of own credited net mall sales." in sent["sentences"][0]
    assert "Whole plan: at most CNY 5000 in all." in sent["sentences"][0]
    sent, _ = checked(client, sent | {"text": [sent["text"][0].replace("0.04", "0.05")]})
    assert sent["p.components.1.rule.price"] == ["5"]
    both = {"text": [sent["text"][0].replace("0.05", "0.06")], "p.components.1.rule.price": ["7"]}
    sent, text = checked(client, sent | both)
    assert "More than one side was changed" in text
    sent, _ = checked(client, sent, source="text")
    assert sent["p.components.1.rule.price"] == ["6"]


def test_faults_stand_at_their_line_and_their_field_in_the_readers_language(signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    sent = opened(client, f"{NEW}?template=ladder-whole")
    _, text = checked(client, sent | {"p.components.0.rule.steps.1.price": ["many"]})
    assert 'aria-describedby="e.components.0.rule.steps.1.price"' in text
    assert "many is not a number" in text
    broken = sent["text"][0].replace("0.012", "1.2")
    _, text = checked(client, sent | {"text": [broken]})
    line = next(number for number, each in enumerate(broken.splitlines(), 1) if "1.2'" in each or "price: 1.2" in each)
    assert f"line {line}" in text
    assert "More than 100 percent" in text
    _, text = checked(client, sent | {"text": ["id: [", ""][:1]})
    assert "line 1" in text
    _, text = checked(client, sent | {"sentences": ["Ladder commission: 3% of own net stor sales."]})
    assert "line 1" in text
    assert "own net store sales" in text
    both = "Ladder commission: nothing like it.\nBonus: CNY 80 fixed; at least CNY 9; at most CNY 5."
    _, text = checked(client, sent | {"sentences": [both]})
    assert "No rule reads like this" in text
    assert "The least is above the most." in text  # of the line that can be read, in the same round
    assert "line 2" in text
    chinese = {"accept-language": "zh-hans"}
    answer = client.post(CHECK, sent | {"sentences": ["阶梯提成：没有这种规则。"]}, headers=chinese).content.decode()
    assert "读不懂这条规则：没有这种规则" in answer


def test_a_component_is_added_moved_and_removed_without_a_script(signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    sent = opened(client, f"{NEW}?template=guide-composite")
    sent, _ = checked(client, sent, act="add")
    assert sent["p.components.4.id"] == ["part-5"]
    sent, _ = checked(client, sent, act="up:4")
    assert sent["p.components.3.id"] == ["part-5"]
    sent, _ = checked(client, sent, act="remove:0")
    assert [sent[f"p.components.{at}.id"][0] for at in range(4)] == ["mall", "contacts", "part-5", "composite"]
    sent, _ = checked(client, sent | {"p.components.2.rule.kind": ["accelerator"]}, source="form")
    sent, text = checked(
        client, sent | {"p.components.2.rule.start": ["100"], "p.components.2.rule.factor": ["1.5"]}, source="form"
    )
    assert "The plan is sound" in text
    assert "1% of own net store sales, 1.5 times as much above 100% of target" in sent["sentences"][0]


def test_the_example_follows_the_figures_and_tells_the_next_step(signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    sent = opened(client, f"{NEW}?template=care")
    figures = {"x.q.repurchase_customers": ["17"], "x.q.recalled_customers": ["3"]}
    _, text = checked(client, sent | figures)
    assert "3 customers who buy again more reach the next step" in text
    assert "+¥75.00" in text or "¥75.00" in text
    _, text = checked(client, sent | figures | {"x.red.complaint_rate": ["on"]})
    assert "Nothing is paid: the alert" in text
    _, text = checked(client, sent | {"x.q.repurchase_customers": ["lots"]})
    assert "lots is no number" in text


def keep(client: Client, template: str, **more: str) -> None:
    sent = opened(client, f"{NEW}?template={template}")
    answer = client.post(NEW, sent | {name: [value] for name, value in more.items()})
    assert answer.status_code == 302, answer.content.decode()


def step(client: Client, key: str, action: str, **more: str) -> tuple[int, str]:
    answer = client.post(f"{PLANS}{key}/step/", {"action": action, **more}, headers=EN)
    return answer.status_code, answer.content.decode()


def test_two_people_decide_and_each_sees_their_side(signed_in: SignedIn, workspace: Workspace) -> None:
    hr, owner = signed_in("hr_lead"), signed_in("owner")
    keep(hr, "guide-composite", note="for the autumn")
    assert step(hr, "guide-composite", "submit")[0] == 422  # no day
    assert step(hr, "guide-composite", "submit", effective_from="2026-01-01")[0] == 302
    mine = hr.get(f"{PLANS}guide-composite/", headers=EN).content.decode()
    assert "Waits for one of:" in mine
    assert 'value="approve"' not in mine
    assert step(hr, "guide-composite", "approve")[0] == 403
    theirs = owner.get(f"{PLANS}guide-composite/", headers=EN).content.decode()
    assert 'value="approve"' in theirs
    assert "Nothing holds now: all of it is new." in theirs
    assert step(owner, "guide-composite", "approve", seen="1")[0] == 409  # not the revision that waits
    assert step(owner, "guide-composite", "approve")[0] == 302
    sent = opened(hr, f"{PLANS}guide-composite/edit/")
    changed = sent | {"p.components.1.rule.price": ["4"]}
    assert hr.post(f"{PLANS}guide-composite/edit/", changed).status_code == 302
    assert hr.post(f"{PLANS}guide-composite/edit/", changed).status_code == 409  # somebody has changed it since
    assert step(hr, "guide-composite", "submit", effective_from="2026-02-01")[0] == 302
    theirs = owner.get(f"{PLANS}guide-composite/", headers=EN).content.decode()
    assert "<del>Mall commission: 3% of own credited net mall sales.</del>" in theirs
    assert "<ins>Mall commission: 4% of own credited net mall sales.</ins>" in theirs
    assert step(owner, "guide-composite", "reject")[0] == 422  # why?
    assert step(owner, "guide-composite", "reject", note="too dear")[0] == 302
    with workspace_scope(workspace.pk):
        first = PayPlan.objects.filter(key="guide-composite").last()
        assert first is not None
        assert first.note == "for the autumn"
    assert step(hr, "guide-composite", "restore", revision=str(first.pk))[0] == 302
    with workspace_scope(workspace.pk):
        newest = PayPlan.objects.filter(key="guide-composite").first()
        assert newest is not None
        assert (newest.state, newest.content) == ("draft", first.content)
    assert step(owner, "guide-composite", "retire", effective_from="2026-03-01")[0] == 302
    assert "too dear" in hr.get(f"{PLANS}guide-composite/", headers=EN).content.decode()
    assert hr.get(f"{PLANS}nobody/").status_code == 404


def test_a_retirement_is_taken_back_until_its_day_has_come(signed_in: SignedIn, workspace: Workspace) -> None:
    hr, owner = signed_in("hr_lead"), signed_in("owner")
    keep(hr, "guide-composite")
    assert step(hr, "guide-composite", "submit", effective_from="2026-01-01")[0] == 302
    assert step(owner, "guide-composite", "approve")[0] == 302
    assert step(hr, "guide-composite", "resume")[0] == 409  # nothing to take back
    assert step(hr, "guide-composite", "retire", effective_from="2099-01-01")[0] == 302
    assert 'value="resume"' in hr.get(f"{PLANS}guide-composite/", headers=EN).content.decode()
    assert step(hr, "guide-composite", "resume")[0] == 302
    with workspace_scope(workspace.pk):
        (holding,) = plans_on(date(2099, 6, 1))
        assert (holding.row.state, str(holding.row.effective_from)) == ("approved", "2026-01-01")
    assert step(hr, "guide-composite", "retire", effective_from="2026-03-01")[0] == 302
    assert 'value="resume"' not in hr.get(f"{PLANS}guide-composite/", headers=EN).content.decode()
    assert step(hr, "guide-composite", "resume")[0] == 409  # what has ended needs a second person again
    with workspace_scope(workspace.pk):
        assert plans_on(date(2099, 6, 1)) == []


def test_the_list_narrows_sorts_and_begins_with_ready_plans(signed_in: SignedIn, workspace: Workspace) -> None:
    hr = signed_in("hr_lead")
    empty = hr.get(PLANS, headers=EN).content.decode()
    assert "No pay plan yet" in empty
    assert empty.count('class="plan-card"') == len(load_templates()) >= 17
    keep(hr, "care")
    keep(hr, "scorecard")
    assert hr.post(NEW, opened(hr, f"{NEW}?template=care") | {"p.id": ["care"]}).status_code == 422  # the id is taken
    shown = hr.get(f"{PLANS}?q=won+back", headers=EN).content.decode()
    assert ">Care for customers</a>" in shown
    assert ">Scorecard bonus</a>" not in shown
    assert ">Care for customers</a>" not in hr.get(f"{PLANS}?role=user-ops", headers=EN).content.decode()
    assert "No plan fits this choice" in hr.get(f"{PLANS}?state=paying", headers=EN).content.decode()
    rows = hr.get("/w/acme/pay/plans.csv?sort=-name", headers=EN).content.decode("utf-8-sig")
    assert rows.index("scorecard,") < rows.index("care,")
    copied = opened(hr, f"{NEW}?copy=care")
    assert copied["p.id"] == ["care-2"]
    assert hr.get(f"{NEW}?copy=nothing").status_code == 404


@pytest.mark.parametrize("role", ["executive", "analyst", "line_manager", "guide"])
def test_nobody_but_hr_sees_the_plans(role: str, signed_in: SignedIn) -> None:
    client = signed_in(role, unit_external_id="S1", person_external_id="E1")
    for url in (PLANS, NEW, f"{PLANS}care/", "/w/acme/pay/plans.csv"):
        assert client.get(url).status_code == 403
    assert client.post(CHECK, {}).status_code == 403


def test_twice_the_plans_take_the_same_queries(signed_in: SignedIn, workspace: Workspace) -> None:
    hr, owner = signed_in("hr_lead"), signed_in("owner")
    people = {each.role: each.user_id for each in Membership.objects.filter(workspace=workspace)}
    names = list(load_templates())

    def approved(some: list[str]) -> None:
        with workspace_scope(workspace.pk):
            for name in some:
                node = plan_node(load_templates()[name]) | {"roles": ["user-ops"], "reason": "a test"}
                if name == "store-split":
                    continue
                save_plan(node, actor_id=people["hr_lead"])
                if name in names[:1]:
                    submit_plan(name, effective_from=date(2026, 1, 1), actor_id=people["hr_lead"])
                    approve_plan(name, actor_id=people["owner"])

    def queries() -> int:
        hr.get(PLANS)
        with CaptureQueriesContext(connection) as seen:
            assert hr.get(PLANS).status_code == 200
        return len(seen)

    approved(names[:4])
    few = queries()
    approved(names[4:])
    assert queries() == few <= 20
    assert owner.get(PLANS).status_code == 200
