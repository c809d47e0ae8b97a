"""From figures to cards: which scope each KPI is read at, what it is measured against, and the engine's arithmetic."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from kpis.choices import WeightsSource
from kpis.engine.grading import GradedLine, Line, Scorecard, band_of, combine, grade
from kpis.engine.specs import KpiSpec, Scope, ScopeKind, Value
from kpis.models import CardLine, ShareLine
from kpis.queries.definitions import library_at
from kpis.queries.reading import measured
from kpis.queries.subjects import Organisation, Subject, subjects
from kpis.queries.values import Book
from kpis.queries.weights import EffectiveWeights, WeightBook, unit_line
from roles.catalogue import RoleKey

Targets = Mapping[tuple[str, Scope], Decimal]
NO_DATA, NO_TARGET = "no_data", "no_target"


@dataclass(frozen=True, slots=True)
class Card:
    """A graded card before it is stored. `coverage` is in percent; a combined card has no role and no weight set."""

    role: str
    scope: Scope
    unit: str
    stage: str
    subtype: str
    stage_unit: str
    score: Decimal | None
    coverage: Decimal
    band: str
    lines: tuple[CardLine, ...] | tuple[ShareLine, ...]
    weights_source: WeightsSource
    weight_set_id: int | None

    def digest(self) -> str:
        """Return a SHA-256 over everything the card shows."""
        facts: list[Any] = [self.unit, self.stage, self.subtype, self.stage_unit, str(self.score), str(self.coverage)]
        facts += [self.weights_source.value, self.weight_set_id, [line.to_json() for line in self.lines]]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def grade_all(
    found: Organisation, *, book: Book, targets: Targets, weights: WeightBook, only: RoleKey | None = None
) -> list[Card]:
    """Grade every card of a period: the company, units and people per role, then people's roles combined by share.

    `only`: the cards of one role, and all cards of the people who hold it, since their combined score follows.
    """
    wanted = subjects(found)
    if only is not None:
        holders = {one.scope for one in wanted if one.role == only and one.scope.kind is ScopeKind.EMPLOYEE}
        wanted = [one for one in wanted if one.role == only or one.scope in holders]
    return grade_subjects(wanted, found=found, book=book, targets=targets, weights=weights)


def grade_subjects(
    wanted: Sequence[Subject], *, found: Organisation, book: Book, targets: Targets, weights: WeightBook
) -> list[Card]:
    """Grade the cards given, and the combined card of everyone who has several roles among them."""
    kpis = library_at(found.day).kpis
    graded = []
    for one in wanted:
        used = weights_for(one, found=found, weights=weights)
        graded.append((one, *_graded(one, kpis=kpis, book=book, targets=targets, used=used)))
    return [card for _one, _result, card in graded] + _combined(graded)


def weights_for(subject: Subject, *, found: Organisation, weights: WeightBook) -> EffectiveWeights:
    """Return the weights of the subject's role in its stage, sub-type and unit."""
    line = unit_line(subject.unit, found.tree)
    return weights.of(subject.role, subject.stage, subtype=subject.subtype, units=line)


def _graded(
    subject: Subject, *, kpis: Mapping[str, KpiSpec], book: Book, targets: Targets, used: EffectiveWeights
) -> tuple[Scorecard, Card]:
    weighed = [(kpis[kpi], weight) for kpi, weight in used.weights.items() if kpi in kpis]
    values = [(kpi, weight, measured(kpi, subject, book)) for kpi, weight in weighed]
    lines = [Line(kpi, weight, value, targets.get((kpi.id, value.scope))) for kpi, weight, value in values]
    result = grade(lines)
    pairs = zip(values, result.lines, strict=True)
    shown = tuple(_card_line(kpi, value, line) for (kpi, _weight, value), line in pairs)
    return result, Card(
        role=subject.role,
        scope=subject.scope,
        unit=subject.unit,
        stage=subject.stage,
        subtype=subject.subtype,
        stage_unit=subject.stage_unit,
        score=result.score,
        coverage=_percent(result.coverage),
        band=result.band.value if result.band else "",
        lines=shown,
        weights_source=used.source,
        weight_set_id=used.weight_set_id,
    )


def _card_line(kpi: KpiSpec, value: Value, line: GradedLine) -> CardLine:
    reason = line.reason.value if line.reason else ""
    if not reason and line.attainment is None:
        reason = NO_TARGET
    return CardLine(
        kpi=kpi.id,
        weight=line.weight,
        value=line.value,
        unit=kpi.unit,
        target=line.target,
        attainment=line.attainment,
        points=line.points,
        status=NO_DATA if line.attainment is None else band_of(line.attainment).value,
        reason=reason,
        detail=line.detail,
        measured=value.scope,
        rows=value.rows,
    )


def _combined(graded: Sequence[tuple[Subject, Scorecard, Card]]) -> list[Card]:
    """Combine the cards of everyone who holds several roles, by share of time."""
    people = [each for each in graded if each[0].scope.kind is ScopeKind.EMPLOYEE]
    people.sort(key=lambda each: (each[0].scope.id, -each[0].share, each[0].role))
    cards = []
    for _person, held in groupby(people, key=lambda each: each[0].scope.id):
        several = list(held)
        if len(several) > 1:
            cards.append(_combined_card(several))
    return cards


def _combined_card(held: Sequence[tuple[Subject, Scorecard, Card]]) -> Card:
    result = combine([(card, subject.share) for subject, card, _card in held])
    main = held[0][2]
    lines = tuple(
        ShareLine(subject.role, subject.share, card.score, points, card.band or NO_DATA)
        for (subject, _result, card), points in zip(held, result.points, strict=True)
    )
    return Card(
        role="",
        scope=main.scope,
        unit=main.unit,
        stage="",
        subtype="",
        stage_unit="",
        score=result.score,
        coverage=_percent(result.coverage),
        band=result.band.value if result.band else "",
        lines=lines,
        weights_source=WeightsSource.SHARES,
        weight_set_id=None,
    )


def _percent(share: Decimal) -> Decimal:
    return (share * 100).quantize(Decimal("0.01"))
