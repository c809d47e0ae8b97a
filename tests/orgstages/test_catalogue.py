"""Stages, sub-types, diagnostic and transitions: what they hold, and that every rule notices what it is for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from omnichannel.core.text import Bilingual
from orgstages.catalogue import How, StageCatalogue, catalogue_counts, load_stages
from orgstages.catalogue.checks import check_stages
from roles.catalogue import RoleKey, StageKey, SubtypeKey, load_roles
from roles.choices import SUBTYPES_OF, StageName


def with_question(name: str, **changes: object) -> StageCatalogue:
    catalogue = load_stages()
    question = replace(catalogue.questions[name], **changes)  # type: ignore[arg-type]
    return replace(catalogue, questions={**catalogue.questions, name: question})


def with_auto(name: str, **changes: object) -> StageCatalogue:
    auto = load_stages().questions[name].auto
    assert auto is not None
    return with_question(name, auto=replace(auto, **changes))  # type: ignore[arg-type]


def with_subtype(key: SubtypeKey, **changes: object) -> StageCatalogue:
    catalogue = load_stages()
    spec = replace(catalogue.subtypes[key], **changes)  # type: ignore[arg-type]
    return replace(catalogue, subtypes={**catalogue.subtypes, key: spec})


def messages(catalogue: StageCatalogue) -> list[tuple[str, str]]:
    return [(issue.path, issue.message) for issue in check_stages(catalogue)]


def test_the_shipped_stages_have_no_issues() -> None:
    assert check_stages() == ()


def test_the_catalogue_holds_3_stages_5_subtypes_39_questions_and_6_transitions() -> None:
    assert catalogue_counts() == {
        "stages": 3,
        "subtypes": 5,
        "questions": 39,
        "automatic_questions": 16,
        "transitions": 6,
    }


def test_the_other_parts_are_complete() -> None:
    catalogue = load_stages()
    assert len(catalogue.departments) == 16
    assert len(catalogue.rules) == 6
    assert len(catalogue.maturity) == 3
    assert len(catalogue.challenges) == 4
    assert len(catalogue.team_phases) == 4
    assert [len(section.questions) for section in catalogue.sections.values()] == [12, 8, 5, 8, 6]


def test_stages_and_subtypes_come_in_order_and_know_each_other() -> None:
    catalogue = load_stages()
    assert list(catalogue.stages) == list(StageKey)
    assert list(catalogue.subtypes) == list(SubtypeKey)
    for stage in catalogue.stages.values():
        assert all(catalogue.subtypes[key].stage is stage.key for key in stage.subtypes)
    assert [len(spec.relations) for spec in catalogue.subtypes.values()] == [2, 7, 7, 6, 5]


def test_the_weights_of_section_a_sum_to_24() -> None:
    section = load_stages().sections
    questions = load_stages().questions
    assert sum(questions[name].weight for name in next(iter(section.values())).questions) == Decimal(24)


def test_automatic_questions_are_the_sixteen_that_can_be_measured() -> None:
    automatic = [name for name, question in load_stages().questions.items() if question.how is How.AUTO]
    assert " ".join(automatic) == "A1 A2 A3 A5 A6 A8 A9 A11 A12 B1 B4 B5 C3 E3 E4 E5"


def test_the_growth_question_asks_for_private_mall_sales_in_the_formula_language() -> None:
    auto = load_stages().questions["E5"].auto
    assert auto is not None
    assert "[channel=private_mall]@yoy" in auto.expression
    assert auto.divisor == 10


def test_only_the_jump_from_project_to_first_level_is_a_skip() -> None:
    skips = [found for found in load_stages().transitions.values() if found.skip]
    assert [(found.from_subtype, found.to_subtype) for found in skips] == [
        (SubtypeKey.PROJECT_TEAM, SubtypeKey.USER_GROWTH_DRIVEN)
    ]
    assert skips[0].weeks == 26


def test_a_position_called_core_is_core_in_the_expectations_too() -> None:
    roles, catalogue = load_roles(), load_stages()
    core = [
        (row.role, spec.key) for spec in catalogue.subtypes.values() for row in spec.positions if row.mode.en == "core"
    ]
    assert core
    assert [pair for pair in core if roles.expectations[pair] != "core"] == []


def test_an_unknown_department_in_a_relation_is_reported() -> None:
    relations = load_stages().subtypes[SubtypeKey.SALES_LED].relations
    broken = with_subtype(SubtypeKey.SALES_LED, relations=(replace(relations[0], to_department="moon"), *relations[1:]))
    assert messages(broken) == [("subtypes.sales-led", "there is no department 'moon'")]


def test_a_leading_department_outside_the_subtype_is_reported() -> None:
    broken = with_subtype(SubtypeKey.SALES_LED, leading_department="digital-centre")
    assert [path for path, _ in messages(broken)] == ["subtypes.sales-led.leading_department"]


def test_a_gap_in_the_numbered_relations_is_reported() -> None:
    spec = load_stages().subtypes[SubtypeKey.SALES_LED]
    broken = with_subtype(SubtypeKey.SALES_LED, relations=spec.relations[1:])
    assert [path for path, _ in messages(broken)] == ["subtypes.sales-led.relations"]


def test_a_role_that_stands_twice_is_reported() -> None:
    spec = load_stages().subtypes[SubtypeKey.SALES_LED]
    again = replace(spec.positions[0], role=RoleKey.USER_OPS)
    broken = with_subtype(SubtypeKey.SALES_LED, positions=(*spec.positions, again))
    assert [path for path, _ in messages(broken)] == ["subtypes.sales-led.positions"]


@pytest.mark.parametrize(
    ("name", "changes", "path"),
    [
        ("A8", {"tables": ("moon",)}, "diagnostic.stage.A8.auto.tables"),
        ("A8", {"kpi": "moonshine"}, "diagnostic.stage.A8.auto.kpi"),
        ("A8", {"cuts": (Decimal(70), Decimal(20))}, "diagnostic.stage.A8.auto.cuts"),
        ("A6", {"descending": False}, "diagnostic.stage.A6.auto.cuts"),
        ("B1", {"expression": "net_sales of store"}, "diagnostic.subtype.B1.auto.expression"),
        ("B1", {"expression": "moonshine / 2"}, "diagnostic.subtype.B1.auto.expression"),
        ("E5", {"divisor": None}, "diagnostic.maturity.E5.auto.divisor"),
    ],
)
def test_a_broken_automatic_answer_is_reported(name: str, changes: dict[str, object], path: str) -> None:
    assert [found for found, _ in messages(with_auto(name, **changes))] == [path]


@pytest.mark.parametrize(
    ("name", "changes", "path"),
    [
        ("D1", {"challenge": "weather"}, "diagnostic.challenges.D1"),
        ("D1", {"scale": "stars"}, "diagnostic.challenges.D1"),
        ("A4", {"how": How.AUTO}, "diagnostic.stage.A4.how"),
        ("A4", {"weight": Decimal(0)}, "diagnostic.stage.A4.weight"),
        ("B2", {"applies": StageKey.FIRST_LEVEL}, "diagnostic.subtype.B2.options"),
        ("A4", {"names": Bilingual("", "Who owns the budget?")}, "questions.A4.names"),
    ],
)
def test_a_broken_question_is_reported(name: str, changes: dict[str, object], path: str) -> None:
    assert path in [found for found, _ in messages(with_question(name, **changes))]


def test_options_of_section_a_must_name_the_stages_in_order() -> None:
    options = load_stages().questions["A4"].options
    broken = with_question("A4", options=options[::-1])
    assert {path for path, _ in messages(broken)} == {"diagnostic.stage.A4.options"}


def test_a_jump_that_is_not_marked_is_reported() -> None:
    catalogue = load_stages()
    name = "project-team-to-user-growth-driven"
    changed = replace(catalogue.transitions[name], skip=False)
    broken = replace(catalogue, transitions={**catalogue.transitions, name: changed})
    assert messages(broken) == [(f"transitions.{name}.skip", "skip is for a jump over a stage")]


def test_a_gap_between_maturity_levels_is_reported() -> None:
    catalogue = load_stages()
    changed = replace(catalogue.maturity["growth"], index=(Decimal(45), Decimal(70)))
    broken = replace(catalogue, maturity={**catalogue.maturity, "growth": changed})
    assert [path for path, _ in messages(broken)] == ["maturity"]


def test_a_challenge_nobody_asks_about_is_reported() -> None:
    catalogue = load_stages()
    extra = replace(catalogue.challenges["talent-skills"], id="weather")
    broken = replace(catalogue, challenges={**catalogue.challenges, "weather": extra})
    assert messages(broken) == [("challenges.weather", "no question asks about it")]


def test_what_roles_may_adopt_is_what_the_catalogue_holds() -> None:
    assert {key: stage.subtypes for key, stage in load_stages().stages.items()} == SUBTYPES_OF
    assert set(StageName.values) == {key.value for key in StageKey}
