"""The price of a scenario as rows of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from kpis.queries.move_effect import CardMove
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.queries.diagnosis import Diagnosed
from orgstages.queries.prices import Price, VerdictShift
from orgstages.scoring import rounded
from orgstages.verdicts import certainty_word, verdict_name
from orgstages.views.scenario_frame import Frame, seeing
from roles.catalogue import RoleKey, roles_here
from roles.comparing import Difference
from roles.coverage import CoverState, RoleCover
from roles.queries.org_prices import CoverShift, OrgTotals, UnitPrice, UnitSide
from roles.queries.staffing import PlannedSeat

MOST = 50  # cards shown; the file has all
STATUS = {CoverState.FILLED: "met", CoverState.SHARED: "near", CoverState.MISSING: "missed"}


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure without and with the scenario; `unit` is the catalogue's."""

    label: str
    before: Decimal | int | None
    after: Decimal | int | None
    unit: str
    note: str = ""

    @property
    def change(self) -> Decimal | None:
        """Return by how much it differs; None where a side is missing."""
        return None if self.before is None or self.after is None else Decimal(self.after - self.before)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit of one side with what happens to it; `indent` counts the listed units that it is in, at most six."""

    price: UnitPrice
    side: UnitSide
    kind: str
    letter: str
    indent: int


@dataclass(frozen=True, slots=True)
class CoverRow:
    """A role of a unit whose coverage differs: its status on both sides."""

    unit: str
    role: Bilingual
    before: tuple[str, str]
    after: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sureness:
    """The confidence of a verdict as a part and in a word, as `_confidence.html` shows it; both None without one."""

    confidence: Decimal | None
    certainty: Bilingual | None


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """A diagnosed unit: what it is found to be, and how sure that is, on both sides; `words` where these are alike.

    `recounted` and `sure_then`: the same with the month's rows counted by the scenario's units, where that differs;
    `words_then` where the name and the confidence are those of the scenario's side.
    """

    shift: VerdictShift
    before: Bilingual | None
    after: Bilingual | None
    confidence: tuple[Sureness, Sureness]
    words: str
    recounted: Bilingual | None
    sure_then: Sureness
    words_then: str


def unit_rows(units: Iterable[UnitPrice], *, side: str, with_pay: bool) -> list[UnitRow]:
    """Return the units of a side of which something differs that its table shows, each below its listed parent."""
    pairs = ((unit, getattr(unit, side)) for unit in _shown(units, _side_figures, with_pay=with_pay))
    there: dict[str, tuple[UnitPrice, UnitSide]] = {unit.unit: (unit, found) for unit, found in pairs if found}
    below: dict[str, list[str]] = {}
    for key, (_unit, found) in there.items():
        below.setdefault(found.parent if found.parent in there else "", []).append(key)
    waiting = [(key, 0) for key in reversed(below.get("", []))]
    rows = []
    while waiting:
        key, indent = waiting.pop()
        unit, found = there[key]
        rows.append(UnitRow(unit, found, unit.kind.value, unit.kind.letter, min(indent, 6)))
        waiting += [(child, indent + 1) for child in reversed(below.get(key, []))]
    return rows


def _shown(
    units: Iterable[UnitPrice], figures: Callable[[UnitSide], tuple[object, ...]], *, with_pay: bool
) -> Iterator[UnitPrice]:
    """Yield the units that come, go or move, or of which a figure differs that is shown; money to those who see it."""
    for unit in units:
        old, new = (
            (*figures(side), side.money.cost if with_pay else None) if side else None
            for side in (unit.before, unit.after)
        )
        if unit.kind is not Difference.EDITED or old != new:
            yield unit


def _price_figures(side: UnitSide) -> tuple[object, ...]:
    own, count = side.figures, side.cover_count
    covers = count and (count.filled, count.shared, count.missing)
    return side.name, own.people, own.fte, own.span, own.layers, side.vacant, covers, side.adopted.subtype


def _side_figures(side: UnitSide) -> tuple[object, ...]:
    own, adopted = side.figures, side.adopted
    figures = (own.people, own.fte, own.seats, side.vacant, own.span, own.layers)
    return side.name, *figures, adopted.subtype, adopted.is_default


def price_context(request: WorkspaceRequest, page: Frame, priced: Price) -> Mapping[str, Any]:
    """Return what the price page shows; pay and people by name only to those who may see them."""
    sees = seeing(request.access)
    organisation, effect = priced.organisation, priced.effect
    units = list(_shown(organisation.units if organisation else (), _price_figures, with_pay=sees.with_pay))
    changed = effect.changed if effect else ()
    cards: Sequence[CardMove] = changed if sees.with_people else ()
    export = reverse("orgstages:scenario_price_csv", args=[request.access.workspace.slug, page.row.id])
    pay_export = reverse("orgstages:scenario_pay_csv", args=[request.access.workspace.slug, page.row.id])
    return {
        "price": priced,
        "figures": list(figure_rows(organisation.before, organisation.after, with_pay=sees.with_pay))
        if organisation
        else [],
        "units": [unit for unit in units if not unit.only_follows],
        "following": sum(unit.only_follows for unit in units),
        "letters": {kind.value: kind.letter for kind in Difference},
        "covers": [_cover(shift) for shift in organisation.covers] if organisation else [],
        "opened": [_seat(seat) for seat in organisation.opened] if organisation else [],
        "closed": [_seat(seat) for seat in organisation.closed] if organisation else [],
        "verdicts": [_verdict(shift) for shift in priced.verdicts],
        "is_recounted_elsewhere": any(shift.recounted for shift in priced.verdicts),
        "effect": effect,
        "shown": cards[:MOST],
        "more": max(len(cards) - MOST, 0),
        "export": f"{export}?on={priced.day}",
        "is_draft": True,
        "sees_people": sees.with_people,
        "sees_pay": sees.with_pay,
        "winners": priced.winners,
        "losers": priced.losers,
        "pay": priced.pay,
        "pay_moves": priced.pay.moves[:MOST] if priced.pay and sees.with_pay else (),
        "pay_export": f"{pay_export}?on={priced.day}",
    }


def figure_rows(before: OrgTotals, after: OrgTotals, *, with_pay: bool) -> Iterator[FigureRow]:
    """Yield the figures of the whole organisation without and with a scenario."""
    yield FigureRow(_("People"), before.people, after.people, "count")
    yield FigureRow(_("Full-time equivalents"), before.fte, after.fte, "FTE")
    if with_pay:
        unpriced = after.money.unpriced
        note = _("without %(count)s people whose cost is not known") % {"count": unpriced} if unpriced else ""
        yield FigureRow(_("Cost of people a month"), before.money.cost, after.money.cost, "CNY", note)
        yield FigureRow(_("Budget of all seats a month"), before.money.budget, after.money.budget, "CNY")
        yield FigureRow(
            _("Budget of vacant seats a month"), before.money.vacant_budget, after.money.vacant_budget, "CNY"
        )
    yield FigureRow(_("Seats"), before.seats, after.seats, "count")
    yield FigureRow(_("Vacant seats"), before.vacant, after.vacant, "count")
    yield FigureRow(_("Units"), before.units, after.units, "count")
    yield FigureRow(_("Layers of units"), before.layers, after.layers, "count")
    yield FigureRow(_("People who lead others"), before.leads, after.leads, "count")
    yield FigureRow(_("Reports of each of them, on average"), before.span, after.span, "")
    yield FigureRow(_("Expected roles that are filled"), before.covers.filled, after.covers.filled, "count")
    yield FigureRow(_("Dedicated roles held part-time only"), before.covers.shared, after.covers.shared, "count")
    yield FigureRow(_("Expected roles that nobody holds"), before.covers.missing, after.covers.missing, "count")
    yield FigureRow(
        _("Dedicated roles that nobody holds"), before.covers.missing_core, after.covers.missing_core, "count"
    )


def _cover(shift: CoverShift) -> CoverRow:
    return CoverRow(shift.name, roles_here().roles[shift.role].names, _state(shift.before), _state(shift.after))


def _state(line: RoleCover | None) -> tuple[str, str]:
    """Return the key of a status and its words; no key where nothing is judged or expected."""
    if line is None:
        return "", _("not judged here")
    words = {
        CoverState.FILLED: _("Filled"),
        CoverState.SHARED: _("Part-time only"),
        CoverState.MISSING: _("Nobody"),
        CoverState.NOT_NEEDED: _("Not needed"),
    }
    return STATUS.get(line.state, ""), words[line.state]


def _seat(seat: PlannedSeat) -> tuple[PlannedSeat, Bilingual | None]:
    return seat, roles_here().roles[RoleKey(seat.role)].names if seat.role else None


def _verdict(shift: VerdictShift) -> VerdictRow:
    before, after = shift.names
    sure = _sureness(shift.before), _sureness(shift.after)
    words = ""
    if (before, sure[0]) == (after, sure[1]):
        words = _("same verdict on other facts") if shift.differs else _("unchanged")
    anew = verdict_name(shift.recounted.verdict) if shift.recounted else None
    sure_then = _sureness(shift.recounted)
    words_then = _("same verdict on other facts") if (anew, sure_then) == (after, sure[1]) else ""
    return VerdictRow(shift, before, after, sure, words, anew, sure_then, words_then)


def _sureness(side: Diagnosed | None) -> Sureness:
    stage = side.verdict.stage if side else None
    if stage is None or stage.confidence is None:
        return Sureness(None, None)
    return Sureness(rounded(stage.confidence), certainty_word(stage))
