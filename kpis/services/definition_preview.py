"""What a draft would change for the company, units and scores: computed beside what counts, kept in its job alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from kpis.choices import DefinitionState, DefinitionSubject
from kpis.engine.scoping import ScopeRequest
from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.errors import DefinitionInvalid, NoDraft, NothingToCompute
from kpis.library.entry import check_entry
from kpis.models import Definition
from kpis.queries.definitions import library_at, trying
from kpis.queries.entry_words import label_of, message_of
from kpis.queries.own_definitions import surroundings_of
from kpis.queries.uploads import last_change
from kpis.queries.values import Book, as_book, months_with_data, stored_periods
from kpis.queries.where_used import kpis_with
from kpis.services.definitions import draft_of
from kpis.services.figure_preview import Mover, Report
from kpis.services.grading import Card
from kpis.services.scorecards import GRADED_KINDS, grade_period, stored_values
from kpis.services.values import is_personal, measuring
from omnichannel.core.periods import Period
from omnichannel.jobs.choices import JobKind, JobOrigin, JobStep
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job

MONTHS = 13
MOST_UNITS = 400  # rows of units kept, the largest movers first
MOST_CARDS = 50
CardKey = tuple[str, Scope]


@transaction.atomic
def request_definition_preview(
    subject: DefinitionSubject, key: str, *, actor_id: int | None, origin: JobOrigin = JobOrigin.WEB
) -> Job:
    """Queue the search for what the draft would change. NoDraft, DefinitionInvalid for one that cannot be computed."""
    draft = draft_of(subject, key)
    if subject is DefinitionSubject.KPI:
        errors = check_entry(draft.content, surroundings_of(key)).errors
        if errors:
            issues = [(each.field, each.code, message_of(each.code, each.params)) for each in errors]
            raise DefinitionInvalid(issues, label=label_of)
    if not _periods():
        raise NothingToCompute
    params = {"draft": draft.pk, "subject": subject.value, "key": key, "seen": last_change()}
    job = create_job(JobKind.PREVIEW_DEFINITION, params=params, actor_id=actor_id, origin=origin)
    wake(job)
    return job


def preview_definition(params: Mapping[str, Any], *, report: Report) -> dict[str, Any]:
    """Compute what the draft touches as it is and as it would be, the newest month first. Nothing is written.

    The newest month tells every unit and the scores, the months before it the company alone.
    """
    draft = Definition.objects.filter(pk=params["draft"], state=DefinitionState.DRAFT).first()
    periods = _periods()
    if draft is None:
        raise NoDraft
    if not periods:
        raise NothingToCompute
    kpis = [draft.key] if draft.subject == DefinitionSubject.KPI else list(kpis_with(draft.key))
    seen = last_change()
    report(JobStep.COMPUTING, done=0, total=len(periods))
    newest = _everywhere(draft, periods[0], kpis=kpis)
    company = [_mover(periods[0], (kpi, COMPANY), *newest).to_json() for kpi in kpis]
    with measuring(asked=[(kpis, ScopeRequest())]) as now, measuring(asked=[(kpis, ScopeRequest())]) as then:
        for done, period in enumerate(periods[1:], start=1):
            report(JobStep.COMPUTING, done=done, total=len(periods))
            before = as_book(now(period))
            with trying(draft):
                after = as_book(then(period))
            company += [_mover(period, (kpi, COMPANY), before, after).to_json() for kpi in kpis]
    report(JobStep.GRADING, done=len(periods), total=len(periods))
    return {
        "draft": draft.pk,
        "seen": seen,
        "period": str(periods[0]),
        "kpis": kpis,
        "company": company,
        **_units(periods[0], *newest),
        "scores": _scores(draft, periods[0], *newest, kpis=kpis),
    }


def _periods() -> list[Period]:
    """Return the months to look at, newest first: those that are stored, else those with data."""
    return stored_periods()[:MONTHS] or sorted(months_with_data(), reverse=True)[:MONTHS]


def _everywhere(draft: Definition, period: Period, *, kpis: Sequence[str]) -> tuple[Book, Book]:
    """Compute a month at all scopes that units and cards read, as it is and as it would be."""
    with trying(draft):
        specs = library_at(period.last_day).kpis
    personal = frozenset(kpi for kpi in kpis if kpi in specs and is_personal(specs[kpi]))
    kinds = GRADED_KINDS if personal else GRADED_KINDS - {ScopeKind.EMPLOYEE}
    scopes = ScopeRequest(kinds, keep_unavailable=False, kpis_at={ScopeKind.EMPLOYEE: personal})
    with measuring(asked=[(kpis, scopes)]) as now, measuring(asked=[(kpis, scopes)]) as then:
        before = as_book(now(period))
        with trying(draft):
            return before, as_book(then(period))


def _mover(period: Period, at: tuple[str, Scope], before: Book, after: Book) -> Mover:
    kpi, scope = at
    return Mover(period, kpi, scope, before.get(at), after.get(at))


def _units(period: Period, before: Book, after: Book) -> dict[str, Any]:
    """Return every unit's figures, the largest movers first, and how many of them move."""
    places = [at for at in dict.fromkeys([*before, *after]) if at[1].kind is ScopeKind.UNIT]
    movers = [_mover(period, at, before, after) for at in places]
    moving = [mover for mover in movers if _moves(mover)]
    still = [mover for mover in movers if not _moves(mover)]
    ranked = [*sorted(moving, key=lambda one: (-one.weight, one.kpi, one.scope)), *still]
    return {
        "units": [mover.to_json() for mover in ranked[:MOST_UNITS]],
        "units_moved": len(moving),
        "units_total": len(movers),
    }


def _moves(mover: Mover) -> bool:
    old, new = mover.before, mover.after
    return (old.value if old else None) != (new.value if new else None)


def _scores(draft: Definition, period: Period, before: Book, after: Book, *, kpis: Sequence[str]) -> dict[str, Any]:
    """Grade the month with the figures as they are and as they would be; tell the cards whose score differs."""
    kept = {(value.kpi, value.scope): value for value in stored_values(period) if value.kpi not in kpis}
    old = _by_key(grade_period(period, values=[*kept.values(), *before.values()]))
    with trying(draft):
        new = _by_key(grade_period(period, values=[*kept.values(), *after.values()]))
    moved = [key for key in dict.fromkeys([*old, *new]) if _score(old.get(key)) != _score(new.get(key))]
    people = [key for key in moved if key[1].kind is ScopeKind.EMPLOYEE]
    # a person's own score is not for everyone who may try a definition: people are only counted
    ranked = sorted(
        (key for key in moved if key not in people),
        key=lambda key: (key[1].kind is not ScopeKind.COMPANY, -_distance(old, new, key), key),
    )
    return {
        "cards": len(new),
        "moved": len(moved),
        "people_up": len({key[1] for key in people if _rises(old, new, key)}),
        "people_down": len({key[1] for key in people if not _rises(old, new, key)}),
        "top": [_move(old.get(key), new.get(key), key) for key in ranked[:MOST_CARDS]],
    }


def _by_key(cards: Iterable[Card]) -> dict[CardKey, Card]:
    return {(card.role, card.scope): card for card in cards}


def _score(card: Card | None) -> Decimal | None:
    return card.score if card is not None else None


def _distance(old: Mapping[CardKey, Card], new: Mapping[CardKey, Card], key: CardKey) -> Decimal:
    before, after = _score(old.get(key)), _score(new.get(key))
    return abs(after - before) if before is not None and after is not None else Decimal(0)


def _rises(old: Mapping[CardKey, Card], new: Mapping[CardKey, Card], key: CardKey) -> bool:
    """A score that comes where there was none rises; one that goes falls."""
    before, after = _score(old.get(key)), _score(new.get(key))
    return after is not None and (before is None or after > before)


def _move(old: Card | None, new: Card | None, key: CardKey) -> dict[str, Any]:
    role, scope = key
    before, after = _score(old), _score(new)
    return {
        "role": role,
        "scope_kind": scope.kind.value,
        "scope_id": scope.id,
        "before": None if before is None else str(before),
        "after": None if after is None else str(after),
        "band_before": old.band if old else "",
        "band_after": new.band if new else "",
    }
