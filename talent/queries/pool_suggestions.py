"""Who could be put into a pool by rule: the newest rating and the newest monthly score, both shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.queries.scorecards import current_cards
from kpis.queries.values import stored_periods
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from roles.queries.people import holders
from talent.choices import Pool, Readiness
from talent.people.gaps import Ability, CompetenceSummary, fit_of
from talent.queries.competence import RatedOn, models_on, newest_ratings, summaries
from talent.queries.pools import Stay

# Our own proposal, shown with every suggestion: what must be reached in both.
CORE_FIT, CORE_SCORE = Decimal("0.90"), Decimal(85)
RESERVE_FIT, RESERVE_SCORE = Decimal("0.75"), Decimal(80)
READY = ((Decimal("0.90"), Readiness.NOW), (Decimal("0.75"), Readiness.ONE_YEAR))
LEAST_NEXT = Decimal("0.60")


@dataclass(frozen=True, slots=True)
class PoolSuggestion:
    """Somebody to look at. `next_fit` is the fit measured against the next job level; None on the highest."""

    person: str
    name: str
    unit: str
    unit_name: str
    pool: Pool
    role: str
    names: Bilingual
    fit: Decimal
    score: Decimal
    period: Period
    next_level: str
    next_fit: Decimal | None
    readiness: Readiness


def pool_suggestions(
    stays: Collection[Stay], *, as_of: date, tree: UnitTree, without: str = ""
) -> tuple[PoolSuggestion, ...]:
    """Return the suggestions of a day, best fit first; nobody who is in the pool for the role already."""
    period = newest_month(as_of)
    if period is None:
        return ()
    models, ratings = models_on(as_of=as_of), newest_ratings(as_of=as_of)
    found, scores = summaries(ratings, models=models), scores_of(period)
    taken = {(stay.person, stay.pool, stay.target_role) for stay in stays}
    made = []
    for one in holders(as_of=as_of, tree=tree):
        person, role = one.person_external_id, one.role_key.value
        summary, score = found.get(person, {}).get(role), scores.get((person, role))
        if summary is None or score is None or person == without:
            continue
        rule = _rule(summary, score, models[role], ratings[person, role])
        if rule is None or (person, rule[0], role) in taken:
            continue
        taken.add((person, rule[0], role))
        pool, readiness, level, next_fit = rule
        names = role_library().roles[one.role_key].names
        made.append(
            PoolSuggestion(
                person, one.person_name, one.unit_external_id, one.unit_name, pool, role, names, summary.fit, score,
                period, level, next_fit, readiness,
            )
        )  # fmt: skip
    return tuple(sorted(made, key=lambda each: (each.pool, -each.fit, -each.score, each.person)))


def newest_month(as_of: date) -> Period | None:
    """Return the newest month with figures that was over on the day."""
    return next((period for period in stored_periods() if period.last_day <= as_of), None)


def scores_of(period: Period) -> dict[tuple[str, str], Decimal]:
    """Return the score per person and role of a month; those without a score are absent."""
    rows = current_cards(period, scope_kind="employee").exclude(role_key="")
    told = rows.values_list("scope_id", "role_key", "score")
    return {(person, role): score for person, role, score in told if score is not None}


def _rule(
    summary: CompetenceSummary, score: Decimal, model: tuple[Ability, ...], rating: RatedOn
) -> tuple[Pool, Readiness, str, Decimal | None] | None:
    """Return pool and readiness: ready for the next job level makes reserve, strong on the own one makes core."""
    level, fit = _next(summary.job_level, model, rating.levels)
    ready = None if fit is None else next((word for least, word in READY if fit >= least), None)
    if fit is not None and summary.fit >= RESERVE_FIT and score >= RESERVE_SCORE and fit >= LEAST_NEXT:
        return Pool.RESERVE, ready or Readiness.TWO_YEARS, level, fit
    if summary.fit >= CORE_FIT and score >= CORE_SCORE:
        return Pool.CORE, Readiness.NOW, level, fit
    return None


def _next(level: str, model: tuple[Ability, ...], rated: Mapping[str, int]) -> tuple[str, Decimal | None]:
    levels = list(role_library().catalogue.jd.levels)
    after = levels[levels.index(level) + 1 :][:1]
    if not after:
        return "", None
    return after[0], fit_of([each for each in model if each.key in rated], rated, job_level=after[0])
