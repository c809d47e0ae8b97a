"""The options of a question as pages list them: what chooses each of them, and what it does."""

from __future__ import annotations

from dataclasses import dataclass

from omnichannel.core.text import Bilingual
from orgstages.catalogue import AutoRule, Option, Question, load_stages
from orgstages.observed import case_words


@dataclass(frozen=True, slots=True)
class OptionLine:
    """An option with the numbers or observations that choose it, the stage it names and the points it gives."""

    option: Option
    chosen_by: Bilingual | None
    stage: Bilingual | None
    points: tuple[tuple[Bilingual, int], ...]


def option_lines(question: Question) -> tuple[OptionLine, ...]:
    """Return the options in order; none for a question on a scale."""
    catalogue, auto = load_stages(), question.auto
    return tuple(
        OptionLine(
            option,
            _chosen_by(auto, question, option.key) if auto else None,
            catalogue.stages[option.stage].names if option.stage else None,
            tuple((catalogue.subtypes[key].names, points) for key, points in option.points.items()),
        )
        for option in question.options
    )


def _chosen_by(auto: AutoRule, question: Question, key: str) -> Bilingual | None:
    """Say which numbers, or which observations, choose an option."""
    if auto.cases:
        return case_words(auto.cases, key)
    if auto.cuts is None:
        return None
    unit = " %" if auto.unit == "percent" else ""
    at = [option.key for option in question.options].index(key)
    low, high = (f"{cut.normalize():f}{unit}" for cut in auto.cuts)
    if auto.descending:
        signs = (f"≥ {low}", f"≥ {high}, < {low}", f"< {high}")
    else:
        signs = (f"< {low}", f"≥ {low}, ≤ {high}", f"> {high}")
    return Bilingual(signs[at], signs[at])
