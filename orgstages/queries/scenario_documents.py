"""Scenarios as REST clients read them: plain documents; people and pay only for those who may see them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from kpis.queries.move_effect import CardMove, MoveEffect
from kpis.queries.pay.draft_pay import PayEffect
from orgstages.queries.diagnosis import Diagnosed
from orgstages.queries.prices import Price, VerdictShift
from orgstages.queries.scenario_diffs import Seeing
from orgstages.scoring import rounded
from roles.choices import ChangeKind
from roles.queries.org_prices import CoverShift, OrgTotals, UnitPrice
from roles.queries.scenarios import ScenarioChange, ScenarioRow
from roles.state_lines import EXISTS
from roles.state_merge import Conflict

Document = dict[str, Any]


def scenario_document(row: ScenarioRow) -> Document:
    """Return a scenario."""
    return {
        "id": row.id,
        "name": row.name,
        "note": row.note,
        "status": row.status.value,
        "effective_on": row.effective_on,
        "baseline": row.baseline,
        "since": row.since,
        "changes": {kind.value: row.counts.get(kind, 0) for kind in ChangeKind},
        "author": row.author or None,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "submitted_by": row.submitted_by or None,
        "submitted_at": row.submitted_at,
        "decided_by": row.decided_by or None,
        "decided_at": row.decided_at,
        "decision_note": row.decision_note,
        "applied_at": row.applied_at,
        "applied_revision": row.applied_revision,
        "copy_of": row.copy_of,
    }


def changes_document(changes: tuple[ScenarioChange, ...], *, seeing: Seeing) -> Document:
    """Return what a scenario changes, field by field, and how much of it the reader may not see."""
    shown = [change for change in changes if seeing.shows(change.thing)]
    return {
        "changes": [
            {
                "thing": change.thing.value,
                "external_id": change.external_id,
                "change": change.kind.value,
                "effective_on": change.effective_on,
                "lines": [
                    {"field": one.field, "start": one.start, "end": one.end, "before": one.before, "after": one.after}
                    for one in change.lines
                    if seeing.shows(change.thing, one.field)
                ],
            }
            for change in shown
        ],
        "hidden": len(changes) - len(shown),
    }


def conflict_document(one: Conflict, *, seeing: Seeing) -> Document:
    """Return a conflict; of what the reader may not see only that it is there.

    Whether a thing is there is told by true and false: all its fields would tell more than may be seen.
    """
    is_shown = seeing.shows(one.thing, one.field)
    base, live, wanted = (
        (each is not None if one.field == EXISTS else each) if is_shown else None
        for each in (one.base, one.live, one.wanted)
    )
    return {
        "id": one.id if is_shown else "",
        "thing": one.thing.value,
        "external_id": one.key if is_shown else None,
        "field": one.field,
        "start": one.start,
        "end": one.end,
        "base": base,
        "live": live,
        "wanted": wanted,
        "is_shown": is_shown,
    }


def price_document(price: Price, *, seeing: Seeing) -> Document:
    """Return what a scenario comes to, with all that the price page tells."""
    found = price.organisation
    return {
        "on": price.day,
        "figures": list(_figures(found.before, found.after, with_pay=seeing.with_pay)) if found else [],
        "units": [_unit(unit) for unit in found.units] if found else [],
        "coverage": [_cover(shift) for shift in found.covers] if found else [],
        "seats_opened": [seat.seat for seat in found.opened] if found else [],
        "seats_closed": [seat.seat for seat in found.closed] if found else [],
        "verdicts_period": str(price.counted) if price.counted else None,
        "is_recounted": price.is_recounted,
        "verdicts": [_verdict(shift) for shift in price.verdicts],
        "subtypes": {shift.unit: shift.spec.names.as_json() for shift in price.subtypes},
        "effect": _effect(price.effect, seeing=seeing) if price.effect else None,
        "pay": _pay(price.pay, seeing=seeing) if price.pay else None,
        "left_out": list(price.left_out) if seeing.with_people else [],
    }


def _pay(pay: PayEffect, *, seeing: Seeing) -> Document:
    """Return what it does to pay: everything to those who see pay, to others a rough sum of enough people."""
    if not seeing.with_pay:
        return {"before": None, "after": None, "change": _text(pay.rough_change), "is_rough": True, "people": None}
    return {
        "before": _text(pay.before),
        "after": _text(pay.after),
        "change": _text(pay.change),
        "is_rough": False,
        "people": [
            {
                "person_external_id": move.person,
                "before": _text(move.before.amount if move.before else None),
                "after": _text(move.after.amount if move.after else None),
                "change": _text(move.change),
            }
            for move in pay.moves
        ],
    }


def _figures(before: OrgTotals, after: OrgTotals, *, with_pay: bool) -> Iterator[Document]:
    names = ("people", "fte", "units", "layers", "leads", "span", "seats", "vacant")
    sides = [{name: getattr(side, name) for name in names} for side in (before, after)]
    for side, totals in zip(sides, (before, after), strict=True):
        if with_pay:
            money = totals.money
            side |= {"cost": money.cost, "budget": money.budget, "vacant_budget": money.vacant_budget}
        covers = ("filled", "shared", "missing", "missing_core")
        side |= {f"roles_{name}": getattr(totals.covers, name) for name in covers}
    for name, value in sides[0].items():
        yield {"name": name, "before": _text(value), "after": _text(sides[1][name])}


def _unit(unit: UnitPrice) -> Document:
    before, after = unit.before, unit.after
    return {
        "unit_external_id": unit.unit,
        "name": unit.name,
        "change": unit.kind.value,
        "parent_before": before.parent if before else None,
        "parent_after": after.parent if after else None,
        "people_before": before.figures.people if before else None,
        "people_after": after.figures.people if after else None,
    }


def _cover(shift: CoverShift) -> Document:
    before, after = (line.state.value if line else None for line in (shift.before, shift.after))
    return {"unit_external_id": shift.unit, "role": shift.role.value, "before": before, "after": after}


def _verdict(shift: VerdictShift) -> Document:
    return {
        "unit_external_id": shift.unit,
        "name": shift.name,
        "differs": shift.differs,
        "before": _verdict_side(shift.before),
        "after": _verdict_side(shift.after),
        "recounted": _verdict_side(shift.recounted),
    }


def _verdict_side(side: Diagnosed | None) -> Document | None:
    if side is None:
        return None
    stage, subtype = side.verdict.stage, side.verdict.subtype
    return {
        "stage": stage.current.value if stage.current else None,
        "subtypes": [key.value for key in subtype.leading] if subtype else [],
        "confidence": _text(None if stage.confidence is None else rounded(stage.confidence)),
    }


def _effect(effect: MoveEffect, *, seeing: Seeing) -> Document:
    return {
        "period": str(effect.period) if effect.period else None,
        "day": effect.day,
        "month_stays": effect.month_stays,
        "people": effect.people,
        "changed": len(effect.changed),
        "weights_changed": effect.weights_changed,
        "up": effect.up,
        "down": effect.down,
        "average_change": _text(effect.average_change),
        "cards": [_card(card) for card in effect.changed] if seeing.with_people else None,
    }


def _card(card: CardMove) -> Document:
    before, after = card.before, card.after
    return {
        "person_external_id": card.person,
        "role": card.role,
        "unit_before": before.unit if before else None,
        "unit_after": after.unit if after else None,
        "score_before": _text(before.score if before else None),
        "score_after": _text(after.score if after else None),
        "weights_changed": card.weights_changed,
    }


def _text(value: Decimal | int | None) -> str | None:
    return None if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
