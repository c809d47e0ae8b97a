"""The diagnosis of a unit on a day, from stored rows: facts, answers of people, verdict, and the adopted stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from omnichannel.core.periods import Period, shift_months
from orgstages.answers import Answered, GivenAnswer, counting, pair
from orgstages.errors import UnknownDiagnosisUnit
from orgstages.models import DiagnosisAnswer
from orgstages.queries.evidence import Evidence, read_evidence
from orgstages.queries.facts import facts_of
from orgstages.scoring import Verdict, judge
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitNode, UnitTree, unit_tree
from roles.queries.stages import Adopted, adopted_stages

# The levels a diagnosis is made for by itself; any other unit can be opened too.
DIAGNOSED_LEVELS = frozenset({UnitLevel.GROUP, UnitLevel.BUSINESS_UNIT})
OLD_AFTER_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A unit on a day: every question with what is known about it, the verdict, and the stage the unit has adopted."""

    unit: UnitNode
    as_of: date
    period: Period | None
    answers: Mapping[str, Answered]
    verdict: Verdict
    adopted: Adopted


def diagnose(unit: str, *, as_of: date, within: str | None = None) -> Diagnosed:
    """Return the diagnosis of one unit. Raise UnknownDiagnosisUnit for one that is not there or out of bounds."""
    tree = unit_tree(as_of=as_of)
    if not in_bounds(unit, tree=tree, within=within):
        raise UnknownDiagnosisUnit
    return _diagnosed([unit], tree=tree)[0]


def diagnose_all(*, as_of: date, within: str | None = None) -> tuple[Diagnosed, ...]:
    """Return the diagnoses of the group and the business units inside the bounds; else of the topmost unit."""
    tree = unit_tree(as_of=as_of)
    bounds = set(tree.nodes) if within is None else tree.subtree(within)
    units = [node.external_id for node in tree if node.external_id in bounds and node.level in DIAGNOSED_LEVELS]
    top = tree.root_ids if within is None else (within,)
    return _diagnosed(units or [unit for unit in top if unit in tree], tree=tree)


def in_bounds(unit: str, *, tree: UnitTree, within: str | None) -> bool:
    """Tell whether the unit is in the tree and inside the asker's subtree."""
    return unit in tree and (within is None or unit in tree.subtree(within))


def given_answers(units: Collection[str], *, as_of: date) -> Mapping[str, Mapping[str, GivenAnswer]]:
    """Return the newest answer of people to each question per unit; answers that were taken back are left out."""
    rows = (
        DiagnosisAnswer.objects.filter(unit_external_id__in=units, answered_on__lte=as_of)
        .order_by("unit_external_id", "question", "-answered_on", "-id")
        .distinct("unit_external_id", "question")
        .select_related("author")
    )
    found: dict[str, dict[str, GivenAnswer]] = {unit: {} for unit in units}
    old = shift_months(as_of, -OLD_AFTER_MONTHS)
    for row in rows:
        if row.option:
            found[row.unit_external_id][row.question] = GivenAnswer(
                question=row.question,
                option=row.option,
                overruled_option=row.overruled_option,
                reason=row.reason,
                author=str(row.author or ""),
                answered_on=row.answered_on,
                is_old=row.answered_on < old,
            )
    return found


def _diagnosed(units: Collection[str], *, tree: UnitTree) -> tuple[Diagnosed, ...]:
    evidence = read_evidence(tree.as_of, units=units, tree=tree)
    given = given_answers(units, as_of=tree.as_of)
    adopted = adopted_stages(tree.as_of, tree=tree)
    return tuple(_one(unit, evidence, given[unit], adopted[unit]) for unit in units)


def _one(unit: str, evidence: Evidence, given: Mapping[str, GivenAnswer], adopted: Adopted) -> Diagnosed:
    answers = pair(facts_of(unit, evidence=evidence), given)
    verdict = judge(counting(answers))
    return Diagnosed(evidence.tree.nodes[unit], evidence.day, evidence.period, answers, verdict, adopted)
