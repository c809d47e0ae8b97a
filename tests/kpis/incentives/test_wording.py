"""A plan as sentences and as text, and back: the same object; and what is refused, all at once."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.incentives import checks
from kpis.incentives.checks import check_plan, without_echoes
from kpis.incentives.faults import Fault, Faulty
from kpis.incentives.reading import read_components, read_sentences
from kpis.incentives.specs import (
    CENT,
    YUAN,
    Accelerator,
    Cliff,
    Component,
    Fixed,
    Gate,
    Penalty,
    Phase,
    Plan,
    Pool,
    PoolKey,
    Rate,
    RoleShare,
    Scale,
    ScoreBonus,
    Split,
    Step,
    TargetBonus,
    TierMode,
    Tiers,
)
from kpis.incentives.templates import load_bases, load_templates
from kpis.incentives.texts import plan_node, read_plan, typed_plan
from kpis.incentives.wording import Vocabulary, component_sentence, plan_sentences
from kpis.library import load_library
from kpis.queries.pay import plan_check
from kpis.queries.pay.fault_words import WORDS
from kpis.services.pay import plans
from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, load_roles

LANGUAGES = ("zh-hans", "en")
MONEY = [base for base, spec in load_bases().items() if spec.unit == "money"]
COUNTS = [base for base, spec in load_bases().items() if spec.unit == "count"]
STORE = [base for base, spec in load_bases().items() if spec.level == "store"]
KPIS = sorted(load_library().kpis)[:12]

amounts = st.decimals(min_value=0, max_value=9999, places=2).map(lambda value: value.normalize() + 0)
shares = st.integers(min_value=0, max_value=1000).map(lambda value: Decimal(value) / 1000)


def words() -> Vocabulary:
    kpis = {kpi: spec.names for kpi, spec in load_library().kpis.items()}
    return Vocabulary(load_bases(), kpis, {key.value: role.names for key, role in load_roles().roles.items()})


def steps(prices: st.SearchStrategy[Decimal]) -> st.SearchStrategy[tuple[Step, ...]]:
    return st.lists(st.builds(Step, shares, prices), min_size=1, max_size=5).map(tuple)


parts = st.lists(
    st.builds(RoleShare, st.sampled_from([key.value for key in RoleKey]), shares), min_size=1, max_size=4
).map(tuple)
rules = st.one_of(
    st.builds(Rate, st.sampled_from(MONEY), shares),
    st.builds(Rate, st.sampled_from(COUNTS), amounts),
    st.builds(Tiers, st.sampled_from(MONEY), st.sampled_from(TierMode), st.sampled_from(Scale), steps(shares)),
    st.builds(Tiers, st.sampled_from(COUNTS), st.sampled_from(TierMode), st.sampled_from(Scale), steps(amounts)),
    st.builds(Accelerator, st.sampled_from(MONEY), shares, shares, amounts),
    st.builds(Accelerator, st.sampled_from(COUNTS), amounts, shares, amounts),
    st.builds(TargetBonus, st.sampled_from(MONEY + COUNTS), amounts, steps(amounts)),
    st.builds(ScoreBonus, amounts),
    st.builds(Fixed, amounts),
    st.builds(Pool, st.sampled_from(MONEY), shares, st.sampled_from(PoolKey)),
    st.builds(Split, st.sampled_from(STORE), shares, parts, st.sampled_from(PoolKey)),
    st.builds(Penalty, st.sampled_from(STORE), shares, shares),
)
components = st.builds(
    Component,
    st.just("one"),
    st.just(Bilingual("提成", "Commission")),
    rules,
    gates=st.lists(st.sampled_from(KPIS), max_size=2, unique=True).map(lambda kpis: tuple(Gate(kpi) for kpi in kpis)),
    cliff=st.none() | st.builds(Cliff, st.sampled_from(MONEY), shares),
    floor=st.none() | amounts,
    cap=st.none() | amounts,
    step=st.sampled_from([CENT, YUAN]),
)


@given(component=components)
@settings(max_examples=300)
def test_a_sentence_reads_back_as_the_component_it_says(component: Component) -> None:
    for language in LANGUAGES:
        sentence = component_sentence(component, words(), language)
        like = {component.names.in_language(language): component}
        assert read_components(sentence, words(), language, like=like) == (component,)


@given(component=components)
def test_a_text_reads_back_as_the_plan_it_holds(component: Component) -> None:
    plan = Plan("p", Bilingual("方案", "Plan"), Phase.MATURE, ("digital-guide",), (component,), clawback_days=30)
    assert read_plan(yaml.safe_load(yaml.safe_dump(plan_node(plan), allow_unicode=True))) == plan


@given(
    component=components,
    cap=st.none() | amounts,
    guarantee=st.none() | amounts,
    days=st.none() | st.integers(min_value=0, max_value=3660),
)
def test_the_sentences_of_a_plan_read_back_with_what_bounds_the_whole(
    component: Component, cap: Decimal | None, guarantee: Decimal | None, days: int | None
) -> None:
    plan = Plan(
        "p", Bilingual("方案", "Plan"), Phase.MATURE, ("digital-guide",), (component,), None, cap, guarantee, days
    )
    blank = replace(plan, variable_cap=None, guarantee=None, clawback_days=None)
    for language in LANGUAGES:
        text = "\n".join(plan_sentences(plan, words(), language))
        assert read_sentences(text, words(), language, like=blank) == plan


@pytest.mark.parametrize("plan", load_templates().values(), ids=lambda plan: plan.id)
def test_a_ready_plan_is_sound_and_reads_back_in_both_languages(plan: Plan) -> None:
    assert check_plan(plan, words(), roles=frozenset(RoleKey)) == ()
    assert read_plan(plan_node(plan)) == plan
    for language in LANGUAGES:
        text = "\n".join(plan_sentences(plan, words(), language))
        assert read_sentences(text, words(), language, like=plan) == plan


def test_the_example_reads_as_a_sentence() -> None:
    plan = load_templates()["guide-composite"]
    said = [component_sentence(each, words(), "zh-hans") for each in plan.components]
    assert said[1] == "商城提成：本人归属商城净销售额的 3% 计提。"
    assert said[2] == "私域拉新奖：每 1 个有效新增私域客户计 3 元；不超过 300 元。"
    assert component_sentence(plan.components[2], words(), "en") == (
        "Private bonus: CNY 3 for each of valid new private contacts; at most CNY 300."
    )


@pytest.mark.parametrize("plan", load_templates().values(), ids=lambda plan: plan.id)
def test_chinese_typed_by_hand_reads_like_the_sentence(plan: Plan) -> None:
    marks = str.maketrans({"：": ":", "；": ";", "。": ".", " ": None, "%": "％"})
    typed = "\n".join(plan_sentences(plan, words(), "zh")).translate(marks)
    read = read_sentences(typed, words(), "zh", like=plan)
    assert plan_sentences(read, words(), "zh") == plan_sentences(plan, words(), "zh")


def test_every_line_that_cannot_be_read_is_named() -> None:
    text = "商城提成：本人归属商城净销售的 3% 计提。\n拉新奖：每 1 个有效新增私域客户计 3 元；不超过三百元。\n没有规则"
    with pytest.raises(Faulty) as refused:
        read_components(text, words(), "zh")
    first, second, third = refused.value.faults
    assert first == Fault("1", "unknown_name_near", {"name": "本人归属商城净销售", "near": "本人归属商城净销售额"})
    assert second == Fault("2", "no_such_bound", {"piece": "不超过三百元"})
    assert (third.path, third.code) == ("3", "no_name_and_rule")


def test_every_fault_of_a_text_is_named_at_its_place() -> None:
    node = plan_node(load_templates()["ladder-band"])
    node["phase"] = "later"
    node["components"][0]["rule"]["steps"][1]["price"] = "one"
    node["components"][0]["rule"]["mode"] = "both"
    node["bonus"] = 1
    with pytest.raises(Faulty) as refused:
        read_plan(node)
    assert [fault.path for fault in refused.value.faults] == [
        "bonus",
        "components.0.rule.mode",
        "components.0.rule.steps.1.price",
        "phase",
    ]


def test_what_can_be_read_is_judged_beside_what_cannot() -> None:
    node = plan_node(load_templates()["growth-manager"])
    node["roles"] = ["digital-guide", "astronaut"]
    node["components"][0]["rule"] = {"kind": "tiers", "base": "luck", "mode": "whole", "scale": "quantity", "steps": [
        {"start": "5", "price": "x"}, {"start": "4", "price": "1"},
    ]}  # fmt: skip
    node["components"][1]["rule"]["under"] = "much"
    node["components"].append("nothing")
    plan, shape = typed_plan(node)
    assert plan is not None
    assert {fault.path for fault in shape} == {
        "components.0.rule.steps.0.price",
        "components.1.rule.under",
        "components.2",
    }
    meant = without_echoes(check_plan(plan, words(), roles=frozenset(RoleKey)), shape)
    assert {(fault.path, fault.code) for fault in meant} == {
        ("components.0.rule.base", "unknown_base"),
        ("components.1.rule", "penalty_on_staff"),
        ("roles", "unknown_role"),
    }


def test_a_penalty_on_guides_needs_a_written_reason() -> None:
    plan = replace(load_templates()["growth-manager"], roles=("digital-guide",))
    assert check_plan(plan, words(), roles=frozenset(RoleKey)) == (Fault("components.1.rule", "penalty_on_staff"),)
    assert check_plan(replace(plan, reason="agreed with the staff council"), words(), roles=frozenset(RoleKey)) == ()


def test_steps_rise_and_bases_are_known() -> None:
    rule = Tiers("sales", TierMode.BAND, Scale.QUANTITY, (Step(Decimal(5), Decimal(1)), Step(Decimal(5), Decimal(2))))
    plan = replace(
        load_templates()["care"],
        components=(Component("a", Bilingual("甲：乙", "A"), rule, floor=Decimal(2), cap=CENT),),
    )
    paths = [fault.path for fault in check_plan(plan, words(), roles=frozenset(RoleKey))]
    assert paths == [
        "components.0.floor",
        "components.0.names",
        "components.0.rule.base",
        "components.0.rule.steps.1.start",
    ]


def test_every_fault_has_words_that_take_its_facts() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(checks.__file__).parent.glob("*.py"))
    source += Path(plans.__file__).read_text("utf-8") + Path(plan_check.__file__).read_text("utf-8")
    codes = set(re.findall(r'(?:Fault\([^,]+, |self\.fault\([^\n]+?, |_Unread\()"([a-z0-9_]+)"', source))
    assert codes == set(WORDS)
