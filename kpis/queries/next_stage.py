"""A card's score under the weights of the stage that comes next: from the same figures and targets, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.choices import WeightsSource
from kpis.engine.grading import Line, band_of, grade
from kpis.engine.specs import Scope, ScopeKind
from kpis.models import Scorecard
from kpis.queries.definitions import library_at
from kpis.queries.reading import measured, scopes_read
from kpis.queries.subjects import Subject, answers_for
from kpis.queries.targets import targets_of
from kpis.queries.values import as_book, current_values
from kpis.queries.weights import EffectiveWeights, WeightBook, unit_line, weights_on
from omnichannel.core.periods import Period, parse_period
from omnichannel.core.text import Bilingual
from roles.catalogue import StageKey, SubtypeKey
from roles.choices import SUBTYPE_NAMES, SUBTYPES_OF, StageName
from roles.queries.org_chart import UnitTree, unit_tree

STAGES = tuple(StageKey)


@dataclass(frozen=True, slots=True)
class NextWeight:
    """A KPI's weight now and in the next stage; 0 where the stage does not weigh it. `attainment` is as on the card."""

    kpi: str
    names: Bilingual
    now: Decimal
    then: Decimal
    attainment: Decimal | None

    @property
    def change(self) -> Decimal:
        """The weight then less the weight now."""
        return self.then - self.now


@dataclass(frozen=True, slots=True)
class NextScore:
    """The score under one set of the next stage. `subtypes` names the sub-types it holds for, none meaning all."""

    score: Decimal | None
    band: str
    coverage: Decimal
    weights: tuple[NextWeight, ...]
    source: WeightsSource
    subtypes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextStage:
    """What the card would say in the next stage: one score, or one per sub-type where their weights differ."""

    stage: StageKey
    label: str
    present: Decimal | None
    scores: tuple[NextScore, ...]

    @property
    def score(self) -> Decimal | None:
        """The first (mostly the only) score."""
        return self.scores[0].score

    @property
    def change(self) -> Decimal | None:
        """That score less the present one."""
        return None if self.score is None or self.present is None else self.score - self.present


def next_stage_scores(cards: Sequence[Scorecard]) -> dict[int, NextStage]:
    """Return cards of one period under the next stage's weights, by card number, in four queries however many.

    Cards of the last stage and combined ones are left out.
    """
    coming = {card.pk: (card, stage) for card in cards if card.role_key and (stage := _next_stage(card.stage))}
    if not coming:
        return {}
    period = parse_period(cards[0].period)
    tree, book = unit_tree(as_of=period.last_day), weights_on(period.last_day)
    candidates = {key: _candidates(card, stage, book=book, tree=tree) for key, (card, stage) in coming.items()}
    subjects = {key: _subject(card, tree) for key, (card, _stage) in coming.items()}
    kpis = {kpi for sets in candidates.values() for used, _names in sets for kpi in used.weights}
    figures = _Figures(period, kpis=kpis, scopes={scope for one in subjects.values() for scope in scopes_read(one)})
    return {key: _next(card, stage, subjects[key], candidates[key], figures) for key, (card, stage) in coming.items()}


class _Figures:
    """The period's figures, targets and definitions that the cards need."""

    def __init__(self, period: Period, *, kpis: set[str], scopes: set[Scope]) -> None:
        self.kpis = library_at(period.last_day).kpis
        self.book = as_book(current_values(period, kpis=kpis, scopes=scopes))
        self.targets = targets_of(period, kpis=kpis, scopes=scopes)


def _next_stage(stage: str) -> StageKey | None:
    at = STAGES.index(StageKey(stage)) + 1 if stage else len(STAGES)
    return STAGES[at] if at < len(STAGES) else None


def _subject(card: Scorecard, tree: UnitTree) -> Subject:
    scope = Scope(ScopeKind(card.scope_kind), card.scope_id)
    measured_at = answers_for(card.unit_id, tree) if card.unit_id in tree else Scope(ScopeKind.COMPANY)
    return Subject(card.role_key, scope, measured_at, card.unit_id, card.stage, card.subtype, card.stage_unit)


def _candidates(
    card: Scorecard, stage: StageKey, *, book: WeightBook, tree: UnitTree
) -> list[tuple[EffectiveWeights, tuple[SubtypeKey, ...]]]:
    """Return the different sets of the next stage with the sub-types each holds for."""
    units = unit_line(card.unit_id, tree) if not card.unit_id or card.unit_id in tree else ()
    sets: dict[tuple[int | None, str], tuple[EffectiveWeights, tuple[SubtypeKey, ...]]] = {}
    for subtype in SUBTYPES_OF[stage]:
        used = book.of(card.role_key, stage.value, subtype=subtype.value, units=units)
        _used, before = sets.get((used.weight_set_id, used.source), (used, ()))
        sets[used.weight_set_id, used.source] = (used, (*before, subtype))
    return list(sets.values())


def _next(
    card: Scorecard,
    stage: StageKey,
    subject: Subject,
    candidates: Sequence[tuple[EffectiveWeights, tuple[SubtypeKey, ...]]],
    figures: _Figures,
) -> NextStage:
    alone = len(candidates) == 1
    return NextStage(
        stage=stage,
        label=str(StageName(stage.value).label),
        present=card.score,
        scores=tuple(
            _graded(card, subject, used, figures, subtypes=() if alone else names) for used, names in candidates
        ),
    )


def _graded(
    card: Scorecard, subject: Subject, used: EffectiveWeights, figures: _Figures, *, subtypes: tuple[SubtypeKey, ...]
) -> NextScore:
    lines = []
    for kpi, weight in used.weights.items():
        if kpi in figures.kpis:
            value = measured(figures.kpis[kpi], subject, figures.book)
            lines.append(Line(figures.kpis[kpi], weight, value, figures.targets.get((kpi, value.scope))))
    result = grade(lines)
    present = {line.kpi: line for line in card.card_lines}
    reached = {line.kpi: line.attainment for line in result.lines}
    ids = dict.fromkeys([*used.weights, *present])
    return NextScore(
        score=result.score,
        band=band_of(result.score).value if result.score is not None else "",
        coverage=result.coverage * 100,
        weights=tuple(
            NextWeight(
                kpi=kpi,
                names=figures.kpis[kpi].names,
                now=present[kpi].weight if kpi in present else Decimal(0),
                then=used.weights.get(kpi, Decimal(0)),
                attainment=reached[kpi] if kpi in reached else present[kpi].attainment if kpi in present else None,
            )
            for kpi in ids
            if kpi in figures.kpis
        ),
        source=used.source,
        subtypes=tuple(str(SUBTYPE_NAMES[subtype]) for subtype in subtypes),
    )
