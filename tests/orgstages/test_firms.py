"""Constructed firms: every verdict by hand, again by a blind script, and what would flip it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from rest_framework.utils.encoders import JSONEncoder

from omnichannel.workspaces.models import Workspace
from orgstages.answers import counting
from orgstages.catalogue import SectionKey, load_stages
from orgstages.method import method
from orgstages.queries.diagnosis import Diagnosed, diagnose, diagnose_all
from orgstages.queries.evidence import read_evidence
from orgstages.queries.exports import diagnosis_json
from orgstages.queries.fact_rows import fact_rows
from orgstages.queries.facts import FACTS
from orgstages.scoring import Answers, rounded, stage_result
from orgstages.smallest import MOST, StageOutcome, Way, stage_flips, stage_outcome
from roles.catalogue import StageKey
from tests.orgstages.blind import recompute
from tests.orgstages.firm import FIRMS, read_firm, write_firm, write_later

LEAST_POINTS = 90
WEIGHTS = {key: int(load_stages().questions[key].weight) for key in load_stages().sections[SectionKey.STAGE].questions}
TOTAL = sum(WEIGHTS.values())
STAGES = list(StageKey)


def test_there_are_enough_firms_of_every_kind() -> None:
    assert len(FIRMS) >= 12


@pytest.mark.parametrize("path", FIRMS, ids=[path.stem for path in FIRMS])
def test_every_unit_of_a_firm_gets_the_verdict_worked_out_by_hand(path: Path, in_workspace: Workspace) -> None:
    firm = read_firm(path)
    write_firm(firm)
    _judge(firm, day=date.fromisoformat(firm["day"]))
    for later in firm.get("later", ()):
        write_later(later)
        _judge(later, day=date.fromisoformat(later["day"]))


def _judge(firm: dict[str, Any], *, day: date) -> None:
    assert {each.unit.external_id for each in diagnose_all(as_of=day)} <= set(firm["expected"])
    for unit, expected in firm["expected"].items():
        found = diagnose(unit, as_of=day)
        assert _said(found, expected) == expected, unit
        _recomputed(found)
        _rows_add_up(found)
        _nothing_smaller_flips(counting(found.answers))


def _said(found: Diagnosed, expected: dict[str, Any]) -> dict[str, Any]:
    stage, subtype = found.verdict.stage, found.verdict.subtype
    said: dict[str, Any] = {
        "stage": stage.current,
        "hybrid_with": stage.second if stage.is_hybrid else None,
        "subtypes": list(subtype.leading) if subtype else [],
    }
    if "shares" in expected:
        said["shares"] = [str(rounded(share)) for share in stage.shares.values()]
    if "fit" in expected:
        said["fit"] = [found.verdict.fit.stage, *found.verdict.fit.subtypes]
    return said


def _recomputed(found: Diagnosed) -> None:
    """The exported documents alone give every point of the verdict."""
    documents = [json.loads(json.dumps(each, cls=JSONEncoder)) for each in (method(), diagnosis_json(found))]
    blind = recompute(*documents)
    assert blind.differences == []
    assert blind.compared >= LEAST_POINTS


def _rows_add_up(found: Diagnosed) -> None:
    """The rows behind a fact make its numerator and its denominator."""
    unit = found.unit.external_id
    evidence = read_evidence(found.as_of, units=[unit])
    for question in FACTS:
        told = fact_rows(question, unit, evidence=evidence)
        if told.fact.numerator is not None:
            assert told.part == told.fact.numerator, question
        if told.fact.denominator is not None:
            assert told.counted == told.fact.denominator, question


def _nothing_smaller_flips(answers: Answers) -> None:
    """Each smallest change flips the verdict; among all smaller ones, tried one by one, none does."""
    here = _outcome(answers)
    assert stage_outcome(answers) == here
    ways = stage_flips(answers)
    assert ways
    size, weight = len(ways[0].changes), ways[0].weight
    for way in ways:
        assert _outcome(after(way, answers)) == way.outcome != here
        assert (len(way.changes), way.weight) == (size, weight)
    equal = set()
    for changed in _all_changes(answers, size):
        outcome = _quick({**answers, **changed})
        if outcome in (None, (here.current, here.partner) if here else None):
            continue
        spent = sum(WEIGHTS[name] for name in changed)
        assert (len(changed), spent) >= (size, weight), changed
        if (len(changed), spent) == (size, weight):
            equal.add(frozenset(changed.items()))
    told = {frozenset((change.question, change.after) for change in way.changes) for way in ways}
    assert told <= equal
    assert told == equal or len(ways) >= MOST


def _outcome(answers: Answers) -> StageOutcome | None:
    found = stage_result(answers, catalogue=load_stages())
    return StageOutcome(found.current, found.second if found.is_hybrid else None) if found.current else None


def _quick(answers: Answers) -> tuple[str, str | None] | None:
    """Judge in whole numbers, written a second time: 60 % of 24 is 14.4, and 30 % makes a hybrid."""
    weights = [0, 0, 0]
    for question, option in answers.items():
        if question in WEIGHTS:
            weights["abc".index(option)] += WEIGHTS[question]
    answered = sum(weights)
    if 10 * answered < 6 * TOTAL:
        return None
    first = weights.index(max(weights))
    second = max((at for at in range(3) if at != first), key=lambda at: (weights[at], -at))
    is_hybrid = 10 * weights[second] >= 3 * answered or weights[first] == weights[second]
    return STAGES[first], STAGES[second] if is_hybrid else None


def _all_changes(answers: Answers, most: int) -> Iterable[dict[str, str]]:
    """Yield every change of up to so many questions."""
    for number in range(1, most + 1):
        for chosen in combinations(WEIGHTS, number):
            others = [[key for key in "abc" if key != answers.get(name)] for name in chosen]
            for keys in product(*others):
                yield dict(zip(chosen, keys, strict=True))


def after(way: Way, answers: Answers) -> dict[str, str]:
    """Return the answers with the changes of a way."""
    return {**answers, **{change.question: change.after for change in way.changes}}
