"""Rules the catalogue of stages must keep. Each rule is one function over the typed catalogue and returns issues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from kpis.engine.formula_errors import FormulaError
from kpis.engine.grammar import parse_formula
from kpis.library import load_library
from omnichannel.core.datafiles import missing_texts
from omnichannel.core.issues import Issue
from orgstages.catalogue.loader import load_stages
from orgstages.catalogue.specs import AutoRule, How, Question, SectionKey, StageCatalogue
from roles.catalogue import StageKey, SubtypeKey

LAYERS = {"hq", "region", "store"}


def check_stages(catalogue: StageCatalogue | None = None) -> tuple[Issue, ...]:
    """Return everything wrong with the catalogue of stages (the shipped one by default)."""
    subject = catalogue or load_stages()
    return tuple(issue for rule in RULES for issue in rule(subject))


def stages_and_subtypes_are_complete(catalogue: StageCatalogue) -> list[Issue]:
    """Every stage and sub-type key is defined; stages count up from 1 in the order of the keys."""
    issues = [Issue(f"stages.{key}", "the stage is missing") for key in StageKey if key not in catalogue.stages]
    issues += [Issue(f"subtypes.{key}", "it is missing") for key in SubtypeKey if key not in catalogue.subtypes]
    return issues + [
        Issue(f"stages.{stage.key}.order", "stages must count up from 1")
        for number, stage in enumerate(catalogue.stages.values(), start=1)
        if stage.order != number or stage.key is not list(StageKey)[number - 1]
    ]


def departments_exist(catalogue: StageCatalogue) -> list[Issue]:
    """Departments of sub-types and both ends of relations are known; the leading one is among the sub-type's."""
    issues = []
    for spec in catalogue.subtypes.values():
        ends = [name for row in spec.relations for name in (row.from_department, row.to_department)]
        issues += [
            Issue(f"subtypes.{spec.key}", f"there is no department {name!r}")
            for name in dict.fromkeys((spec.leading_department, *spec.departments, *ends))
            if name not in catalogue.departments
        ]
        if spec.leading_department not in spec.departments:
            issues.append(Issue(f"subtypes.{spec.key}.leading_department", "it is not among the departments"))
    return issues


def subtypes_are_described(catalogue: StageCatalogue) -> list[Issue]:
    """A sub-type has relations numbered from 1, the three layers, and no role twice."""
    issues = []
    for spec in catalogue.subtypes.values():
        path = f"subtypes.{spec.key}"
        if [row.number for row in spec.relations] != list(range(1, len(spec.relations) + 1)):
            issues.append(Issue(f"{path}.relations", "relations must count up from 1"))
        if set(spec.layers) != LAYERS:
            issues.append(Issue(f"{path}.layers", "hq, region and store are needed"))
        if len({row.role for row in spec.positions}) != len(spec.positions):
            issues.append(Issue(f"{path}.positions", "a role stands twice"))
        empty = [name for name in ("criteria", "industries", "reports_to", "strengths") if not getattr(spec, name)]
        issues += [Issue(f"{path}.{name}", "the list is empty") for name in empty]
    return issues


def failure_modes_are_revealed(catalogue: StageCatalogue) -> list[Issue]:
    """Every failure mode names KPIs of the library that would reveal it, none twice."""
    issues = []
    for spec in catalogue.subtypes.values():
        for number, mode in enumerate(spec.failure_modes, start=1):
            path = f"subtypes.{spec.key}.failure_modes.{number}.revealed_by"
            unknown = [kpi for kpi in mode.revealed_by if kpi not in load_library().kpis]
            issues += [Issue(path, f"there is no KPI {kpi!r}") for kpi in unknown]
            if not mode.revealed_by or len(set(mode.revealed_by)) != len(mode.revealed_by):
                issues.append(Issue(path, "it needs at least one KPI, and none twice"))
    return issues


def transitions_lead_forward(catalogue: StageCatalogue) -> list[Issue]:
    """A transition goes to another sub-type, `skip` is said exactly when it jumps a stage, steps count up from 1."""
    issues = []
    for found in catalogue.transitions.values():
        start, end = catalogue.subtypes[found.from_subtype], catalogue.subtypes[found.to_subtype]
        distance = catalogue.stages[end.stage].order - catalogue.stages[start.stage].order
        if start is end or distance < 0:
            issues.append(Issue(f"transitions.{found.id}", "it must lead to another sub-type, not back"))
        if found.skip != (distance > 1):
            issues.append(Issue(f"transitions.{found.id}.skip", "skip is for a jump over a stage"))
        numbers = [step.order for step in found.steps]
        if numbers != list(range(1, len(numbers) + 1)) or any(step.weeks <= 0 for step in found.steps):
            issues.append(Issue(f"transitions.{found.id}.steps", "steps must count up from 1 and take weeks"))
    return issues


def questions_are_answerable(catalogue: StageCatalogue) -> list[Issue]:
    """`auto` goes with a rule; a question has options or a known scale, never both; weights are above 0."""
    issues = []
    for question in catalogue.questions.values():
        if (question.how is How.AUTO) != (question.auto is not None):
            issues.append(Issue(f"{_path(question)}.how", "auto needs a rule, and a rule needs auto"))
        if bool(question.options) == bool(question.scale) or question.scale not in {"", *catalogue.scales}:
            issues.append(Issue(_path(question), "either options or a known scale is needed"))
        if question.weight <= 0:
            issues.append(Issue(f"{_path(question)}.weight", "the weight must be above 0"))
    return issues


def options_decide(catalogue: StageCatalogue) -> list[Issue]:
    """Section A options name each stage in order; section B options give points to sub-types of the stage asked for."""
    issues = []
    for question in catalogue.questions.values():
        if question.section is SectionKey.STAGE and [option.stage for option in question.options] != list(StageKey):
            issues.append(Issue(f"{_path(question)}.options", "the options must name the stages in order"))
        if question.section is SectionKey.SUBTYPE:
            stages = {catalogue.subtypes[key].stage for option in question.options for key in option.points}
            if stages != {question.applies} or not all(option.points for option in question.options):
                issues.append(Issue(f"{_path(question)}.options", "options need points for sub-types of the stage"))
        keys = [option.key for option in question.options]
        if keys != list("abcdefg"[: len(keys)]):
            issues.append(Issue(f"{_path(question)}.options", "the keys must be a, b, c ..."))
    return issues


def fit_steps_ask_known_questions(catalogue: StageCatalogue) -> list[Issue]:
    """The steps of section C read its own questions and their options, and give a sub-type of their stage."""
    issues = []
    for number, step in enumerate(catalogue.fit.steps, start=1):
        path = f"diagnostic.fit.steps.{number}"
        for name, keys in step.options.items():
            question = catalogue.questions.get(name)
            if question is None or question.section is not SectionKey.FIT:
                issues.append(Issue(path, f"section C has no question {name!r}"))
            elif not set(keys) <= {option.key for option in question.options}:
                issues.append(Issue(path, f"{name} has no such option"))
        if catalogue.subtypes[step.subtype].stage is not step.stage:
            issues.append(Issue(path, "the sub-type belongs to another stage"))
    return issues


def challenges_are_measured(catalogue: StageCatalogue) -> list[Issue]:
    """Section D asks about known challenges, and about each of them."""
    asked = [question for question in catalogue.questions.values() if question.section is SectionKey.CHALLENGES]
    issues = [
        Issue(_path(question), f"there is no challenge {question.challenge!r}")
        for question in asked
        if question.challenge not in catalogue.challenges
    ]
    missing = set(catalogue.challenges) - {question.challenge for question in asked}
    return issues + [Issue(f"challenges.{name}", "no question asks about it") for name in sorted(missing)]


def auto_rules_reach_data(catalogue: StageCatalogue) -> list[Issue]:
    """An automatic answer reads known tables and KPIs, its expression parses, and its cuts run the right way."""
    library = load_library()
    issues = []
    for question, auto in _auto(catalogue):
        path = f"{_path(question)}.auto"
        unknown = [name for name in auto.tables if name not in library.tables]
        issues += [Issue(f"{path}.tables", f"there is no table {name!r}") for name in unknown]
        if auto.kpi and (auto.kpi not in library.kpis or auto.expression):
            issues.append(Issue(f"{path}.kpi", "kpi must be a KPI of the library, and then no expression is needed"))
        issues += _expression_issues(auto, path)
        if auto.cuts and (auto.cuts[0] > auto.cuts[1]) != auto.descending:
            issues.append(Issue(f"{path}.cuts", "cuts run low, high; descending ones high, low"))
        if auto.cuts and len(question.options) != 3:
            issues.append(Issue(f"{path}.cuts", "two cuts need three options"))
        if bool(auto.cases) == bool(auto.reads):
            issues.append(Issue(path, "it reads a number or has cases"))
        if auto.cases and (auto.cases[-1].when or not {case.option for case in auto.cases} <= _keys(question)):
            issues.append(Issue(f"{path}.cases", "the last case fits always, and every option is the question's"))
        if (auto.divisor is not None) != bool(question.scale):
            issues.append(Issue(f"{path}.divisor", "exactly scale questions need a divisor"))
    return issues


def maturity_covers_the_index(catalogue: StageCatalogue) -> list[Issue]:
    """The ranges of the maturity levels follow each other from 0 to 100."""
    edges = [edge for level in catalogue.maturity.values() for edge in level.index]
    if edges[:1] == [Decimal(0)] and edges[-1:] == [Decimal(100)] and edges[1:-1:2] == edges[2:-1:2]:
        return []
    return [Issue("maturity", "the ranges must follow each other from 0 to 100")]


def stage_texts_are_bilingual(catalogue: StageCatalogue) -> list[Issue]:
    """Every text exists in Chinese and in English."""
    return missing_texts(catalogue, "")


def _path(question: Question) -> str:
    return f"diagnostic.{question.section}.{question.id}"


def _keys(question: Question) -> set[str]:
    return {option.key for option in question.options}


def _auto(catalogue: StageCatalogue) -> Iterator[tuple[Question, AutoRule]]:
    return ((question, question.auto) for question in catalogue.questions.values() if question.auto)


def _expression_issues(auto: AutoRule, path: str) -> list[Issue]:
    if not auto.expression:
        return []
    try:
        parse_formula(auto.expression, known=set(load_library().measures))
    except FormulaError as error:
        return [Issue(f"{path}.expression", str(error))]
    return []


RULES: tuple[Callable[[StageCatalogue], list[Issue]], ...] = (
    stages_and_subtypes_are_complete,
    departments_exist,
    subtypes_are_described,
    failure_modes_are_revealed,
    transitions_lead_forward,
    questions_are_answerable,
    options_decide,
    fit_steps_ask_known_questions,
    challenges_are_measured,
    auto_rules_reach_data,
    maturity_covers_the_index,
    stage_texts_are_bilingual,
)
