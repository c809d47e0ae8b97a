"""The automatic questions on real rows: each fact's number, option, sentence and source, or why there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.choices import AutoLoad
from kpis.engine.specs import COMPANY, Scope, ScopeKind
from omnichannel.workspaces.models import Workspace
from orgstages.catalogue import How, load_stages
from orgstages.facts import Fact, SourceKind, choose
from orgstages.queries.diagnosis import diagnose_all
from orgstages.queries.evidence import read_evidence
from orgstages.queries.facts import FACTS, facts_of
from roles.services.sync import AssignmentInput, UnitInput, upsert_assignments, upsert_units
from tests.kpis.door import put, work
from tests.orgstages.world import (
    DAY,
    MONTH,
    NOW,
    SINCE,
    UNIT,
    UNITS,
    write_figures,
    write_organisation,
    write_world,
)


def facts(unit: str, day: date = DAY) -> dict[str, Fact]:
    return dict(facts_of(unit, evidence=read_evidence(day, units=[unit])))


def brief(found: dict[str, Fact], *questions: str) -> dict[str, tuple[str, Decimal | None]]:
    return {question: (found[question].option, found[question].value) for question in questions}


def test_every_automatic_question_of_the_catalogue_has_its_fact() -> None:
    automatic = {key for key, question in load_stages().questions.items() if question.how is How.AUTO}
    assert set(FACTS) == automatic
    assert len(FACTS) == 16


def test_a_mature_unit_answers_from_its_organisation(in_workspace: Workspace) -> None:
    write_world()
    found = facts("BU1")
    # LEAD 1, U1 1, G1 1 are dedicated; U2 works half time and gives half of it
    assert brief(found, "A1") == {"A1": ("c", Decimal("85.7143"))}
    assert (found["A1"].numerator, found["A1"].denominator) == (Decimal(3), Decimal("3.5"))
    assert brief(found, "A5", "A6", "A11") == {
        "A5": ("a", Decimal(5)),
        "A6": ("c", Decimal("1.25")),
        "A11": ("c", Decimal(0)),
    }
    assert found["A2"].option == "c"
    assert (
        found["A2"].sentence.zh
        == "牵头团队是用户中心：全域战略管理与用户运营的当量最多（1.80），直属女装事业部，本身是一级部门。"
    )
    assert found["A3"].option == "c"
    assert "云裳集团（集团）" in found["A3"].sentence.zh
    assert "云裳集团 (Group)" in found["A3"].sentence.en


def test_a_team_without_staff_of_its_own_is_virtual_and_its_lead_reports_to_a_department(
    in_workspace: Workspace,
) -> None:
    write_world()
    found = facts("BU2")
    assert (found["A2"].option, found["A3"].option) == ("a", "b")
    assert "virtual team" in found["A2"].sentence.en
    assert "市场部（部门）" in found["A3"].sentence.zh
    assert brief(found, "A1", "A5", "A6") == {
        "A1": ("a", Decimal(0)),
        "A5": ("a", Decimal(3)),
        "A6": ("a", Decimal("2.5")),
    }
    # P2 of BOSS 1, P1 0.5, P2 1; who left does not count
    assert brief(found, "A11") == {"A11": ("b", Decimal("40"))}


def test_a_team_inside_a_department_and_a_marked_leading_unit(in_workspace: Workspace) -> None:
    write_organisation()
    marked = [replace(unit, is_leading=True) if unit.external_id == "T-OPS" else unit for unit in UNITS]
    assert upsert_units(marked, effective_on=SINCE, actor_id=None).is_ok
    found = facts("G")
    assert found["A2"].option == "b"
    assert found["A2"].sentence.zh == "牵头团队是用户运营组，由组织架构标明，在市场部之下。"
    assert (found["A3"].option, found["A3"].is_answer) == ("", False)
    upsert_assignments([AssignmentInput("T1", "user-ops", "T-OPS", SINCE, Decimal("0.5"))], actor_id=None)
    assert facts("G")["A3"].option == "b"


def test_leaders_in_the_business_unit_itself_leave_the_team_to_people(in_workspace: Workspace) -> None:
    write_organisation()
    held = AssignmentInput("BOSS", "omni-strategy", "BU2", SINCE, Decimal(1))
    upsert_assignments([held], actor_id=None)
    found = facts("BU2")
    assert not found["A2"].is_answer
    assert "事业部" in found["A2"].sentence.zh
    assert found["A3"].option == "c"


def test_figures_are_those_of_the_unit_with_their_operands(in_workspace: Workspace) -> None:
    write_world()
    found = facts("BU1")
    assert brief(found, "A8", "A12") == {"A8": ("c", Decimal("72.5")), "A12": ("c", Decimal(21))}
    assert found["A8"].sentence.en.endswith("(2026-10): 58.0\u202fk people / 80.0\u202fk people = 72.5\u202f%.")
    assert found["A8"].source is not None
    assert (found["A8"].source.kind, found["A8"].source.id, found["A8"].source.period) == (
        SourceKind.KPI,
        "unified_id_rate",
        "2026-10",
    )
    # 5.6 m of the own store less 0.6 m of the mall, of 8 m; the franchise store does not count
    assert (found["B1"].option, found["B1"].value, found["B1"].numerator) == ("c", Decimal("62.5"), Decimal(5000000))
    # (1.68 - 1.2) / 1.2 = 40 %, which is the top of the scale
    assert (found["E5"].value, found["E5"].option) == (Decimal(40), "4")
    assert (found["E3"].value, found["E3"].option) == (Decimal("72.5"), "2.9")


def test_a_kpi_without_a_figure_of_the_unit_falls_back_to_the_company_and_says_so(in_workspace: Workspace) -> None:
    write_world()
    found = facts("BU1")
    assert (found["E4"].value, found["E4"].option) == (Decimal(55), "2.2")
    assert found["E4"].sentence.zh.endswith("取全公司的数。")
    assert found["E4"].sentence.en.endswith("the company's figure is used.")
    assert "全公司" not in facts("G")["E4"].sentence.zh


def test_a_figure_without_rows_is_no_answer_and_gives_the_reason(in_workspace: Workspace) -> None:
    write_world()
    fact = facts("BU2")["A12"]
    assert (fact.option, fact.value) == ("", None)
    assert "没有值" in fact.sentence.zh
    assert "has no value: No rows in this period" in fact.sentence.en


def test_shared_targets_and_the_target_of_the_private_share(in_workspace: Workspace) -> None:
    write_world()
    # of D-MKT, T-OPS, UC, PRJ two have a KPI of a shared group
    assert brief(facts("G"), "A9", "C3") == {"A9": ("b", Decimal(50)), "C3": ("c", Decimal("20.5"))}
    own = facts("BU2")
    assert brief(own, "A9", "C3") == {"A9": ("a", Decimal(0)), "C3": ("a", Decimal(4))}
    from_company = facts("BU1")
    assert brief(from_company, "A9", "C3") == {"A9": ("c", Decimal(100)), "C3": ("c", Decimal("20.5"))}
    assert from_company["C3"].sentence.en.endswith("the company's is used.")


def test_business_units_are_counted_inside_the_unit(in_workspace: Workspace) -> None:
    write_organisation()
    assert brief(facts("G"), "B5") == {"B5": ("b", Decimal(2))}
    assert brief(facts("BU1"), "B5") == {"B5": ("a", Decimal(1))}


COSTS = """period,cost_type,version,unit_id,channel,amount
2026-10,ad_media,actual,BU1,,300
2026-09,content,actual,UC,,100
2025-10,campaign,actual,BU1,,9000
2026-10,ad_media,budget,BU1,,9000
2026-10,labour,actual,S1,,250
2026-10,labour,actual,BU1,,9000
2026-10,ad_media,actual,,,500
"""


def test_a_years_brand_costs_stand_against_the_labour_of_the_stores(
    in_workspace: Workspace, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_ROOT = tmp_path
    write_world()
    assert not facts("BU1")["B4"].is_answer
    put(COSTS.encode(), filename="costs.csv", auto=AutoLoad.CLEAN, table="costs")
    work()
    seen = {unit: facts(unit)["B4"] for unit in ("BU1", "S1", "G", "BU2")}
    assert (seen["BU1"].option, seen["BU1"].numerator, seen["BU1"].denominator) == ("a", Decimal(400), Decimal(250))
    assert (seen["S1"].option, seen["S1"].numerator) == ("b", Decimal(0))
    assert seen["G"].numerator == Decimal(900)
    assert not seen["BU2"].is_answer


def test_before_anything_is_computed_only_the_organisation_answers(in_workspace: Workspace) -> None:
    write_organisation()
    answered = {key for key, fact in facts("BU1").items() if fact.is_answer}
    assert answered == {"A1", "A2", "A3", "A5", "A6", "A11", "B5"}


def test_a_day_reads_the_newest_month_begun_by_then(in_workspace: Workspace) -> None:
    write_world()
    assert read_evidence(DAY, units=["G"]).period == MONTH
    assert read_evidence(date(2026, 9, 30), units=["G"]).period == MONTH.year_earlier()
    assert read_evidence(date(2025, 9, 30), units=["G"]).period is None


def test_other_channels_on_a_store_are_told(in_workspace: Workspace) -> None:
    write_organisation()
    livestream = Scope(ScopeKind.CHANNEL, "livestream")
    write_figures({**NOW, ("sales_net", livestream): ("10", None, None)})
    assert "直播" in facts("BU1")["B1"].sentence.zh
    write_figures(NOW)
    assert "直播" not in facts("BU1")["B1"].sentence.zh


@pytest.mark.parametrize(
    ("question", "value", "option"),
    [
        ("A1", "29.99", "a"),
        ("A1", "30", "b"),
        ("A1", "85", "b"),
        ("A1", "85.01", "c"),
        ("A5", "5", "a"),
        ("A5", "6", "b"),
        ("A5", "9", "b"),
        ("A5", "10", "c"),
        ("A6", "2.5", "a"),
        ("A6", "2.49", "b"),
        ("A6", "1.5", "b"),
        ("A6", "1.49", "c"),
        ("E5", "-12", "0"),
        ("E5", "25", "2.5"),
        ("E5", "90", "4"),
    ],
)
def test_cuts_and_scales_choose_the_option(question: str, value: str, option: str) -> None:
    assert choose(load_stages().questions[question], Decimal(value)) == option


def test_more_units_cost_no_more_queries(in_workspace: Workspace) -> None:
    write_world()
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert len(diagnose_all(as_of=DAY)) == 3
    more = [UnitInput(f"BU{number}", f"{number}", "business_unit", "G") for number in range(3, 13)]
    assert upsert_units([*UNITS, *more], effective_on=SINCE, actor_id=None).is_ok
    with CaptureQueriesContext(connection) as many:
        assert len(diagnose_all(as_of=DAY)) == 13
    assert len(many) == len(few) <= 14


def test_the_company_and_its_only_root_are_the_same_scope(in_workspace: Workspace) -> None:
    write_world()
    evidence = read_evidence(DAY, units=["G", "UC"])
    assert evidence.scopes("G") == (COMPANY,)
    assert evidence.scopes("UC") == (UNIT["BU1"], COMPANY)
