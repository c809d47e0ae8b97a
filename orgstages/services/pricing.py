"""The price of a scenario: the organisation read without it and with it, in the same ways as every page reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kpis.queries.values import Book
from kpis.services.draft_effect import effect_and_figures, last_closed, people_stay, read_draft
from kpis.services.draft_figures import Draft, measured_anew
from kpis.services.draft_pay import pay_effect
from omnichannel.core.collecting import uncollected
from omnichannel.core.periods import Period
from orgstages.queries.diagnosis import Case, judged, judged_again, read_case
from orgstages.queries.evidence import figures_asked
from orgstages.queries.prices import Price, VerdictShift, subtype_shifts, verdict_shifts
from roles.errors import OrganisationBusy
from roles.queries.consequences import snapshot
from roles.queries.frames import is_alike
from roles.queries.move_figures import Snapshot
from roles.queries.org_prices import OrgPrice, org_price
from roles.services.scenarios import drafted


@dataclass(frozen=True, slots=True)
class _Inside:
    """What was read while the draft stood.

    `then` is the draft by whose units the case's month counts: that of its last day where it reaches back to it.
    """

    snapshot: Snapshot
    case: Case
    draft: Draft
    then: Draft
    left_out: tuple[str, ...]


@uncollected()
def price(scenario_id: int, *, on: date, today: date) -> Price:
    """Return everything that a scenario changes as of a day, and on the figures of the last closed month.

    Weights, scores and verdicts are those of the organisation of that day, or of the month's last day where that is
    later. Verdicts are those that the diagnostic shows on the day once the scenario is applied: a month that it reaches
    back to is computed again then. Scores are what the last closed month comes to with the scenario; its cards say so
    once it is applied if it reaches back to the month (see `docs/decisions/0014`).
    """
    period = last_closed(today)
    day = on if period is None else max(on, period.last_day)
    before, case = snapshot(on), read_case(as_of=day)
    live, month = case.organisation, case.evidence.period
    try:
        with drafted(scenario_id) as open_draft:
            stay = people_stay(open_draft.changes)
            found = read_case(as_of=day, before=case, people_stay=stay)
            draft = read_draft(open_draft.changes, before=live.tree, day=day, everyone=found.organisation)
            is_recounted = month is not None and draft.reaches(month)
            then = draft
            if month is not None and is_recounted and not is_alike(day, month.last_day):
                then = read_draft(open_draft.changes, before=case.evidence.counted, day=month.last_day)
            inside = _Inside(
                snapshot(on, staffing=before.staffing if stay else None),
                found,
                draft,
                then,
                tuple(dict.fromkeys(issue.message for _thing, issue in open_draft.left_out)),
            )
    except OrganisationBusy:
        return Price(on, is_busy=True)
    kpis = figures_asked()
    effect, anew = effect_and_figures(inside.draft, period=period, also=kpis, live=live)
    return Price(
        on,
        organisation=org_price(before, inside.snapshot),
        verdicts=_verdicts(case, inside, _of_period(inside, anew, period=period, kpis=kpis), is_recounted=is_recounted),
        subtypes=subtype_shifts(before, inside.snapshot),
        effect=effect,
        pay=pay_effect(inside.draft, effect, live=live, today=today),
        left_out=inside.left_out,
        counted=month,
        is_recounted=is_recounted,
    )


def organisation_price(scenario_id: int, *, on: date) -> OrgPrice:
    """Return the price in people, money, seats and coverage alone. Raises OrganisationBusy."""
    before = snapshot(on)
    with drafted(scenario_id):
        after = snapshot(on)
    return org_price(before, after)


def _verdicts(case: Case, inside: _Inside, found: tuple[Book, Book], *, is_recounted: bool) -> tuple[VerdictShift, ...]:
    """Return the verdicts that the diagnostic shows without the draft, and with it once it is applied.

    A month that the draft reaches back to is found anew on both sides: what is stored may be older than the rows, and
    that is no change of the draft's. Of an earlier one what is stored counts, and a recount stands beside it.
    """
    stood, becomes = found
    if is_recounted:
        return verdict_shifts(judged(case, figures=stood), judged(inside.case, figures=becomes))
    kept = judged(inside.case)
    if not becomes:
        return verdict_shifts(judged(case), kept)
    same = judged_again(inside.case, kept, figures=stood)
    anew = judged_again(inside.case, kept, figures=becomes, counted=inside.case.tree)
    moved = [new for old, new in zip(same, anew, strict=True) if old.verdict != new.verdict]
    return verdict_shifts(judged(case), kept, moved)


def _of_period(
    inside: _Inside, found: tuple[Book, Book], *, period: Period | None, kpis: Sequence[str]
) -> tuple[Book, Book]:
    """Return the figures of the month that the diagnosis reads, without the draft and as the draft makes them."""
    asked = inside.case.evidence.period
    if asked is None or (asked == period and inside.then is inside.draft):
        return found
    return measured_anew(inside.then, period=asked, kpis=kpis)
