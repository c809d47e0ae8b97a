"""The diagnosis of a unit on a day, from stored rows: facts, answers of people, verdict, and the adopted stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from kpis.queries.subjects import Organisation, organisation_of
from kpis.queries.values import Book
from omnichannel.core.periods import Period, shift_months
from orgstages.answers import Answered, Given, GivenAnswer, counting, pair
from orgstages.catalogue import load_stages
from orgstages.errors import UnknownDiagnosisUnit
from orgstages.facts import Fact
from orgstages.method import OLD_AFTER_MONTHS
from orgstages.models import DiagnosisAnswer
from orgstages.queries.evidence import Evidence, read_evidence
from orgstages.queries.facts import COUNTED, facts_of
from orgstages.scoring import Verdict, judge
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitNode, UnitTree, unit_tree
from roles.queries.stages import Adopted, adopted_stages

# The levels a diagnosis is made for by itself; any other unit can be opened too.
DIAGNOSED_LEVELS = frozenset({UnitLevel.GROUP, UnitLevel.BUSINESS_UNIT})


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A unit on a day: every question with what is known about it, the verdict, and the stage the unit has adopted.

    `evidence` is what the facts were read from, the same for all units of one reading.
    """

    unit: UnitNode
    as_of: date
    period: Period | None
    answers: Mapping[str, Answered]
    verdict: Verdict
    adopted: Adopted
    evidence: Evidence = field(repr=False)

    @property
    def facts(self) -> Mapping[str, Fact]:
        """Return what was measured for the automatic questions."""
        return {key: one.fact for key, one in self.answers.items() if one.fact is not None}

    @property
    def counts_others(self) -> bool:
        """True when its figures count other units than stand in it on the day."""
        return self.evidence.counts_others(self.unit.external_id)


@dataclass(frozen=True, slots=True)
class Case:
    """What the diagnoses of some units rest on, as it was read at one moment."""

    units: tuple[str, ...]
    evidence: Evidence
    given: Mapping[str, Mapping[str, Given]]
    adopted: Mapping[str, Adopted]

    @property
    def tree(self) -> UnitTree:
        """Return the units of the day."""
        return self.evidence.tree

    @property
    def organisation(self) -> Organisation:
        """Return the whole organisation of the day as grading needs it."""
        return organisation_of(self.evidence.tree, stages=self.adopted, holdings=self.evidence.holdings)


def diagnose(unit: str, *, as_of: date, within: str | None = None) -> Diagnosed:
    """Return the diagnosis of one unit. Raise UnknownDiagnosisUnit for one that is not there or out of bounds."""
    return _diagnosed([unit], tree=tree_with(unit, as_of=as_of, within=within))[0]


def diagnose_all(*, as_of: date, within: str | None = None) -> tuple[Diagnosed, ...]:
    """Return the diagnoses of the group and the business units inside the bounds; else of the topmost unit."""
    return judged(read_case(as_of=as_of, within=within))


def read_case(*, as_of: date, within: str | None = None, before: Case | None = None, people_stay: bool = False) -> Case:
    """Read what the diagnoses of `diagnose_all` rest on, so that they can be judged later, or with other figures.

    `before` is the case of the same day of an organisation that differs: what does not hang on it is not read again,
    nor are its people with `people_stay`, where only units and stages differ.
    """
    tree = unit_tree(as_of=as_of)
    bounds = set(tree.nodes) if within is None else tree.subtree(within)
    units = [node.external_id for node in tree if node.external_id in bounds and node.level in DIAGNOSED_LEVELS]
    top = tree.root_ids if within is None else (within,)
    return _case(units or [unit for unit in top if unit in tree], tree=tree, before=before, people_stay=people_stay)


def judged(case: Case, *, figures: Book | None = None) -> tuple[Diagnosed, ...]:
    """Return the diagnoses of a case; `figures` replace stored ones of its period."""
    evidence = replace(case.evidence, book={**case.evidence.book, **figures}) if figures else case.evidence
    return tuple(_one(unit, case, evidence, facts_of(unit, evidence=evidence)) for unit in case.units)


def judged_again(
    case: Case, stands: Sequence[Diagnosed], *, figures: Book, counted: UnitTree | None = None
) -> tuple[Diagnosed, ...]:
    """Return the diagnoses `stands` of a case with other figures of its period, which count by the tree `counted`.

    Only what figures answer is asked again.
    """
    stored = case.evidence
    evidence = replace(stored, book={**stored.book, **figures}, counted=counted or stored.counted)
    return tuple(
        _one(
            one.unit.external_id,
            case,
            evidence,
            {**one.facts, **facts_of(one.unit.external_id, evidence=evidence, only=COUNTED)},
        )
        for one in stands
    )


def tree_with(unit: str, *, as_of: date, within: str | None) -> UnitTree:
    """Return the whole tree of a day. Raise UnknownDiagnosisUnit for a unit that is not there or out of bounds."""
    tree = unit_tree(as_of=as_of)
    if not in_bounds(unit, tree=tree, within=within):
        raise UnknownDiagnosisUnit
    return tree


def in_bounds(unit: str, *, tree: UnitTree, within: str | None) -> bool:
    """Tell whether the unit is in the tree and inside the asker's subtree."""
    return unit in tree and (within is None or unit in tree.subtree(within))


def given_answers(units: Collection[str], *, as_of: date) -> Mapping[str, Mapping[str, Given]]:
    """Return what people say to each question per unit: every respondent's newest answer that was not taken back."""
    rows = (
        DiagnosisAnswer.objects.filter(unit_external_id__in=units, answered_on__lte=as_of)
        .order_by("unit_external_id", "question", "author_id", "is_confirmation", "-answered_on", "-id")
        .distinct("unit_external_id", "question", "author_id", "is_confirmation")
        .select_related("author")
    )
    old = shift_months(as_of, -OLD_AFTER_MONTHS)
    told: dict[tuple[str, str], list[DiagnosisAnswer]] = {}
    for row in rows:
        if row.option:
            told.setdefault((row.unit_external_id, row.question), []).append(row)
    found: dict[str, dict[str, Given]] = {unit: {} for unit in units}
    for (unit, question), kept in told.items():
        answers = tuple(_given(row, old) for row in kept if not row.is_confirmation)
        choices = [row for row in kept if row.is_confirmation]
        newest = max(choices, key=lambda row: (row.answered_on, row.pk), default=None)
        if answers:
            confirmed = _given(newest, old) if newest is not None else None
            found[unit][question] = Given(load_stages().questions[question], answers, confirmed)
    return found


def _given(row: DiagnosisAnswer, old: date) -> GivenAnswer:
    return GivenAnswer(
        question=row.question,
        option=row.option,
        overruled_option=row.overruled_option,
        reason=row.reason,
        author=str(row.author or ""),
        author_id=row.author_id,
        answered_on=row.answered_on,
        is_old=row.answered_on < old,
        evidence=row.evidence,
        evidence_url=row.evidence_url,
        evidence_kpi=row.evidence_kpi,
    )


def _diagnosed(units: Collection[str], *, tree: UnitTree) -> tuple[Diagnosed, ...]:
    return judged(_case(units, tree=tree))


def _case(units: Collection[str], *, tree: UnitTree, before: Case | None = None, people_stay: bool = False) -> Case:
    known = before.evidence if before is not None else None
    return Case(
        units=tuple(units),
        evidence=read_evidence(tree.as_of, units=units, tree=tree, before=known, people_stay=people_stay),
        given=given_answers(units, as_of=tree.as_of),
        adopted=adopted_stages(tree.as_of, tree=tree),
    )


def _one(unit: str, case: Case, evidence: Evidence, facts: Mapping[str, Fact]) -> Diagnosed:
    answers = pair(facts, case.given[unit])
    return Diagnosed(
        unit=case.tree.nodes[unit],
        as_of=evidence.day,
        period=evidence.period,
        answers=answers,
        verdict=judge(counting(answers)),
        adopted=case.adopted[unit],
        evidence=evidence,
    )
