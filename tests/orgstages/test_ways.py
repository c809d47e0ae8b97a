"""A smallest change opened as a scenario: the draft, and the organisation once it is applied, get that very verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from orgstages.answers import counting
from orgstages.catalogue import load_stages
from orgstages.errors import WayNotOffered
from orgstages.models import DiagnosisAnswer
from orgstages.queries.diagnosis import diagnose
from orgstages.queries.remedies import ORGANISED, remedy
from orgstages.queries.smallest import WayLine, smallest_changes
from orgstages.services.answering import answer_question
from orgstages.services.smallest import carry_out, open_way
from orgstages.smallest import Change, StageOutcome, stage_outcome
from roles.catalogue import StageKey
from roles.models import Scenario
from roles.services import scenarios as drafts
from tests.conftest import MemberFactory
from tests.orgstages.firm import FIRMS, read_firm, write_firm

TEA = next(path for path in FIRMS if path.stem == "market-led-tea")


@pytest.fixture
def today() -> date:
    """The day the scenario begins."""
    return timezone.localdate() + timedelta(days=1)


def write_tea(today: date) -> None:
    write_firm({**read_firm(TEA), "day": str(today)})


def doable(today: date) -> list[WayLine]:
    found = smallest_changes(diagnose("HQ", as_of=today))
    return [line for line in (*found.stage, *found.by_scenario, *found.subtype) if line.is_doable]


def test_a_scenario_of_a_smallest_change_flips_the_verdict_in_the_draft_and_when_applied(
    in_workspace: Workspace, member: MemberFactory, today: date
) -> None:
    write_tea(today)
    before = diagnose("HQ", as_of=today)
    (line, *_others) = doable(today)
    # 7 of 24 are too few for a hybrid, so A1, A2 and A3 together: 9 of 24 on the first level
    assert line.way.outcome == StageOutcome(StageKey.STRONG_DEPARTMENT, StageKey.FIRST_LEVEL)
    assert {each.change.question for each in line.lines} == {"A1", "A2", "A3"}
    author, other = (member(role).pk for role in ("hr_lead", "owner"))
    scenario = open_way("HQ", key=line.key, as_of=today, effective_on=today, actor_id=author)
    assert stage_outcome(counting(diagnose("HQ", as_of=today).answers)) == stage_outcome(counting(before.answers))
    with drafts.drafted(scenario):
        drafted = diagnose("HQ", as_of=today)
    assert stage_outcome(counting(drafted.answers)) == line.way.outcome
    for each in line.lines:
        assert drafted.answers[each.change.question].option == each.change.after
    drafts.submit(scenario, actor_id=author)
    drafts.approve(scenario, actor_id=other)
    assert drafts.apply(scenario, actor_id=other).is_ok
    applied = diagnose("HQ", as_of=today)
    assert counting(applied.answers) == counting(drafted.answers)
    assert applied.verdict == drafted.verdict


@pytest.mark.parametrize(
    ("firm", "unit", "doable"),
    [
        (
            "agency-run",
            "HQ",
            {"A2=b", "A2=c", "A3=a", "A3=c", "A6=b", "A11=b", "A11=c", "A1=b", "A1=c", "B5=b", "B5=c"},
        ),
        ("market-led-tea", "HQ", {"A1=c", "A2=a", "A2=c", "A3=a", "A3=c", "B5=b", "B5=c"}),
        ("nested-group", "BU2", {"A1=c", "A2=a", "A2=c", "A3=a", "A3=c", "B5=b", "B5=c"}),
        ("digital-enablement", "G", {"A2=a", "A3=a"}),
        ("user-growth", "HQ", {"A2=a", "A2=b", "A3=a", "B5=b", "B5=c"}),
    ],
)
def test_each_remedy_makes_its_fact_true(
    firm: str, unit: str, doable: set[str], in_workspace: Workspace, today: date
) -> None:
    write_firm({**read_firm(TEA.with_stem(firm)), "day": str(today)})
    found = diagnose(unit, as_of=today)
    done = set()
    for name in sorted(ORGANISED):
        before = found.answers[name].option
        for option in load_stages().questions[name].options:
            if option.key == before:
                continue
            remedy_found = remedy(Change(name, before, option.key), found, evidence=found.evidence)
            assert remedy_found.words.zh
            if not remedy_found.is_doable:
                continue
            scenario = drafts.create(name="一步", effective_on=today, actor_id=None)
            with drafts.edited(scenario.pk, actor_id=None):
                carry_out(remedy_found, on=today, actor_id=None)
                assert diagnose(unit, as_of=today).answers[name].option == option.key, (name, option.key)
            done.add(f"{name}={option.key}")
    assert done == doable


def test_what_people_overruled_or_a_figure_decides_is_told_and_not_offered(
    in_workspace: Workspace, today: date
) -> None:
    write_tea(today)
    answer_question("HQ", question="A2", option="a", reason="名义上的", on=today, actor_id=None)
    found = smallest_changes(diagnose("HQ", as_of=today))
    told = {each.change.question: each for line in (*found.stage, *found.by_scenario) for each in line.lines}
    assert all(not told[name].remedy.is_doable for name in {"A2", "A4", "A7", "A8", "A12", "A5"} & set(told))
    assert told
    with pytest.raises(WayNotOffered):
        open_way("HQ", key="A2=c", as_of=today, effective_on=today, actor_id=None)
    assert not Scenario.objects.exists()


def test_hr_opens_a_way_from_the_page_and_an_executive_may_not(
    workspace: Workspace, signed_in: Callable[..., Client], today: date
) -> None:
    with workspace_scope(workspace.pk):
        write_tea(today)
        key = doable(today)[0].key
        answers = DiagnosisAnswer.objects.count()
    url, sent = "/w/acme/stages/units/HQ/ways/", {"key": key, "as_of": str(today)}
    assert signed_in("executive").post(url, sent).status_code == 403
    client = signed_in("hr_lead")
    page = client.get(f"/w/acme/stages/units/HQ/?as_of={today}", headers={"accept-language": "en"}).content.decode()
    assert f'value="{key}"' in page
    answer = client.post(url, sent)
    with workspace_scope(workspace.pk):
        scenario = Scenario.objects.get()
        assert DiagnosisAnswer.objects.count() == answers
    assert answer["Location"] == f"/w/acme/stages/units/HQ/?scenario={scenario.pk}"
    assert client.get(answer["Location"]).status_code == 200
    client.post(url, {**sent, "key": "A1=c"})
    with workspace_scope(workspace.pk):
        assert Scenario.objects.count() == 1
