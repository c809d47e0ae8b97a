"""The whole method as data: with it and the facts, two people with a calculator get the same points. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from omnichannel.core.text import Bilingual
from orgstages.catalogue import AutoRule, Question, StageCatalogue, load_stages
from orgstages.scoring import CERTAINTIES, EITHER, ENOUGH, HYBRID, SEVERITIES, SKIP, Certainty, Severity
from roles.coverage import DEDICATED_SHARE

OLD_AFTER_MONTHS = 6

Json = Mapping[str, object]

PEOPLE: tuple[tuple[str, Bilingual], ...] = (
    (
        "outrank",
        Bilingual(
            "有人作答时，以人的答案为准；与数据不一致须写明理由，数据的答案一并保留。",
            "Where people answer, their answer counts; one that differs from the data needs a reason, and both stay.",
        ),
    ),
    (
        "each",
        Bilingual(
            "每位作答人各留一个答案，取截至当日最新的一个；可收回自己的答案。",
            "Each respondent has one answer, the newest by the day; everybody may take back their own.",
        ),
    ),
    (
        "scale",
        Bilingual(
            "量表题取各人答案的平均数，不取整。", "Scale questions count with the mean of the answers, unrounded."
        ),
    ),
    (
        "plurality",
        Bilingual(
            "选项题取最多人选的选项；并列时由确认人在并列的选项中选定，未确认前按数据的答案，没有数据则算未答。",
            "Option questions count with the option most respondents chose; on a tie a confirmer chooses among the "
            "tied options, and until then the data's answer counts, or none.",
        ),
    ),
    (
        "age",
        Bilingual(
            f"答案满 {OLD_AFTER_MONTHS} 个月后标为待复核，仍然计入。",
            f"An answer older than {OLD_AFTER_MONTHS} months is marked for renewal and still counts.",
        ),
    ),
)


def method(catalogue: StageCatalogue | None = None) -> Json:
    """Return every rule, cut, weight, option and point of the diagnostic as one document."""
    rules = catalogue or load_stages()
    return {
        "version": rules.version,
        "people": {key: text.as_json() for key, text in PEOPLE},
        "sections": {
            section.key.value: {
                "names": section.names.as_json(),
                "rule": section.rule.as_json(),
                "questions": list(section.questions),
            }
            for section in rules.sections.values()
        },
        "questions": {question.id: _question(question, rules) for question in rules.questions.values()},
        "stage": {
            "order": [key.value for key in rules.stages],
            "enough": _fraction(ENOUGH),
            "hybrid_from": _fraction(HYBRID),
            "confidence_words": {
                "from": [[_fraction(least), word.value] for least, word in CERTAINTIES],
                "below": Certainty.NARROW.value,
                "at_zero": Certainty.LEVEL.value,
            },
            "dedicated_share": str(DEDICATED_SHARE),
        },
        "subtype": {
            "either_within": EITHER,
            "order": {key.value: [each.value for each in spec.subtypes] for key, spec in rules.stages.items()},
        },
        "fit": _fit(rules),
        "challenges": {
            "order": list(rules.challenges),
            "severities": [[least, severity.value] for least, severity in SEVERITIES],
            "below": Severity.GREEN.value,
        },
        "maturity": {"levels": [_level(level.id, level.index) for level in rules.maturity.values()]},
    }


def _question(question: Question, rules: StageCatalogue) -> Json:
    scale = rules.scales[question.scale] if question.scale else None
    return {
        "section": question.section.value,
        "names": question.names.as_json(),
        "how": question.how.value,
        "weight": str(question.weight),
        "options": {
            option.key: {
                "names": option.names.as_json(),
                "stage": option.stage.value if option.stage else None,
                "points": {key.value: points for key, points in option.points.items()},
            }
            for option in question.options
        },
        "scale": {"min": scale.minimum, "max": scale.maximum, "meaning": scale.meaning.as_json()} if scale else None,
        "applies": question.applies.value if question.applies else None,
        "challenge": question.challenge or None,
        "auto": _auto(question.auto) if question.auto else None,
        "source": question.source,
    }


def _auto(auto: AutoRule) -> Json:
    return {
        "formula": auto.formula.as_json(),
        "tables": list(auto.tables),
        "kpi": auto.kpi or None,
        "expression": auto.expression or None,
        "unit": auto.unit or None,
        "reads": auto.reads.value if auto.reads else None,
        "cuts": [str(cut) for cut in auto.cuts] if auto.cuts else None,
        "descending": auto.descending,
        "divisor": None if auto.divisor is None else str(auto.divisor),
        "cases": [
            {"when": {name: list(values) for name, values in case.when.items()}, "option": case.option}
            for case in auto.cases
        ],
    }


def _fit(rules: StageCatalogue) -> Json:
    return {
        "steps": [
            {
                "is_any": step.is_any,
                "options": {question: list(keys) for question, keys in step.options.items()},
                "stage": step.stage.value,
                "subtype": step.subtype.value,
            }
            for step in rules.fit.steps
        ],
        "otherwise": rules.fit.otherwise.value,
        "skip_from": SKIP,
    }


def _level(name: str, index: tuple[object, object]) -> Json:
    return {"id": name, "from": str(index[0]), "to": str(index[1])}


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"
