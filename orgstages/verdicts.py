"""A verdict in words of both languages and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from omnichannel.core.text import Bilingual
from orgstages.catalogue import load_stages
from orgstages.scoring import Certainty, FitResult, StageResult, SubtypeResult, Verdict, rounded
from roles.catalogue import SubtypeKey

NOT_ENOUGH = Bilingual("数据不足", "not enough data")
CERTAINTY = {
    Certainty.CLEAR: Bilingual("明确", "clear"),
    Certainty.FAIR: Bilingual("较明确", "fairly clear"),
    Certainty.NARROW: Bilingual("差距小", "narrow"),
    Certainty.LEVEL: Bilingual("并列", "a tie"),
}


def verdict_name(verdict: Verdict) -> Bilingual:
    """Return what the unit is: its sub-type, both stages of a hybrid, or that too little is known."""
    catalogue = load_stages()
    stage = verdict.stage
    if stage.current is None:
        return NOT_ENOUGH
    first = catalogue.stages[stage.current].names
    if stage.is_hybrid and stage.second is not None:
        second = catalogue.stages[stage.second].names
        return Bilingual(f"{first.zh}与{second.zh}混合", f"hybrid of {first.en} and {second.en}")
    leading = verdict.subtype.leading if verdict.subtype else ()
    return either(leading) if leading else first


def certainty_word(stage: StageResult) -> Bilingual | None:
    """Return the confidence as a word; None while there is no verdict."""
    return CERTAINTY[stage.certainty] if stage.certainty else None


def lead_words(stage: StageResult) -> Bilingual | None:
    """Say what the confidence means: by how much the current stage leads which other; None without a verdict."""
    if stage.current is None or stage.confidence is None:
        return None
    if stage.second is None:
        return Bilingual("已答的题都指向这个阶段", "all that is answered points to this stage")
    second = load_stages().stages[stage.second].names
    if stage.certainty is Certainty.LEVEL:
        return Bilingual(f"与{second.zh}占比相同", f"the same share as the {second.en}")
    points = rounded(stage.confidence * 100, 1)
    return Bilingual(f"比{second.zh}多 {points} 个百分点", f"{points} percentage points ahead of the {second.en}")


def either(subtypes: Iterable[SubtypeKey]) -> Bilingual:
    """Return sub-types as a choice."""
    names = [load_stages().subtypes[key].names for key in subtypes]
    return Bilingual("或".join(name.zh for name in names), " or ".join(name.en for name in names))


def mixed_map(units: Iterable[tuple[str, Verdict]]) -> Bilingual:
    """Return one sentence over units in different stages: they stand side by side, no average is formed."""
    said = [(unit, verdict_name(verdict)) for unit, verdict in units]
    return Bilingual(
        "；".join(f"{unit}：{name.zh}" for unit, name in said), "; ".join(f"{unit}: {name.en}" for unit, name in said)
    )


def to_json(verdict: Verdict) -> dict[str, object]:
    """Return the verdict as it is stored and as REST clients see it; shares and means are decimal texts."""
    return {
        "name": verdict_name(verdict).as_json(),
        "stage": _stage(verdict.stage),
        "subtype": _subtype(verdict.subtype) if verdict.subtype else None,
        "fit": _fit(verdict.fit),
        "challenges": [
            {
                "challenge": result.challenge,
                "mean": _number(result.mean),
                "severity": result.severity.value if result.severity else None,
                "answered": result.answered,
                "asked": result.asked,
            }
            for result in verdict.challenges
        ],
        "maturity": {
            "index": _number(verdict.maturity.index),
            "level": verdict.maturity.level,
            "answered": verdict.maturity.answered,
            "asked": verdict.maturity.asked,
        },
    }


def _stage(result: StageResult) -> dict[str, object]:
    return {
        "current": result.current.value if result.current else None,
        "second": result.second.value if result.second else None,
        "is_hybrid": result.is_hybrid,
        "confidence": _number(result.confidence),
        "shares": {key.value: _number(share) for key, share in result.shares.items()},
        "answered_weight": str(result.answered),
        "total_weight": str(result.total),
    }


def _subtype(result: SubtypeResult) -> dict[str, object]:
    return {
        "leading": [key.value for key in result.leading],
        "is_either": result.is_either,
        "points": {key.value: points for key, points in result.points.items()},
        "answered": result.answered,
        "asked": result.asked,
    }


def _fit(result: FitResult) -> dict[str, object]:
    return {
        "stage": result.stage.value if result.stage else None,
        "subtypes": [key.value for key in result.subtypes],
        "missing": list(result.missing),
        "gap": result.gap,
        "needs_confirmation": result.needs_confirmation,
    }


def _number(value: Fraction | None) -> str | None:
    return None if value is None else str(rounded(value))
