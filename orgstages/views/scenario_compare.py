"""Several scenarios beside each other, on one day, with the live organisation first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.queries.diagnosis import Diagnosed
from orgstages.queries.prices import Price, VerdictShift
from orgstages.services.pricing import price
from orgstages.verdicts import verdict_name
from orgstages.views.price_rows import figure_rows
from orgstages.views.scenario_frame import OVER, asked_day, seeing, today
from roles.queries.scenarios import ScenarioRow, scenarios

FEWEST, MOST = 2, 5


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of one scenario beside the live one."""

    value: Decimal | int | None
    change: Decimal | None


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of every column: the live one, then each scenario. `is_change`: with its sign."""

    label: str
    unit: str
    live: Decimal | int | None
    cells: tuple[Cell, ...]
    places: int | None = None
    is_change: bool = False


@dataclass(frozen=True, slots=True)
class VerdictCell:
    """What a unit is found to be in a scenario; None where it is not diagnosed.

    `recounted`: the same with the month's rows counted by the scenario's units, where that differs.
    """

    name: Bilingual | None
    differs: bool
    recounted: Bilingual | None


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """What a unit is found to be in every column; None where it is not diagnosed."""

    name: str
    live: Bilingual | None
    cells: tuple[VerdictCell, ...]


@require_GET
def compare(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Compare the scenarios of `?ids=` on the day `?on=`, by default the latest of their own days."""
    rows = [row for row in scenarios() if row.status not in OVER]
    asked = request.GET.getlist("ids")
    chosen = [row for row in rows if str(row.id) in asked][:MOST]
    context: dict[str, object] = {"choices": [(row, row in chosen) for row in rows], "chosen": chosen, "most": MOST}
    if len(chosen) >= FEWEST:
        on = asked_day(request, max(row.effective_on for row in chosen))
        prices = [price(row.id, on=on, today=today(request)) for row in chosen]
        context |= {"on": on, "busy": _("The organisation is being changed right now.") if _is_busy(prices) else ""}
        if not context["busy"]:
            context |= _compared(chosen, prices, with_pay=seeing(request.access).with_pay)
    return render(request, "orgstages/scenarios/compare.html", context)


def _is_busy(prices: Sequence[Price]) -> bool:
    return any(one.is_busy for one in prices)


def _compared(chosen: Sequence[ScenarioRow], prices: Sequence[Price], *, with_pay: bool) -> dict[str, object]:
    columns = [
        list(figure_rows(one.organisation.before, one.organisation.after, with_pay=with_pay))
        for one in prices
        if one.organisation
    ]
    rows = [
        Row(lines[0].label, lines[0].unit, lines[0].before, tuple(Cell(line.after, line.change) for line in lines))
        for lines in zip(*columns, strict=True)
    ]
    return {
        "columns": list(zip(chosen, prices, strict=True)),
        "rows": [*rows, *_scores(prices), *(_pay(prices) if with_pay else ())],
        "verdicts": _verdicts(prices),
        "counted": next((one.counted for one in prices if any(shift.recounted for shift in one.verdicts)), None),
        "period": prices[0].effect.period if prices[0].effect else None,
    }


def _scores(prices: Sequence[Price]) -> list[Row]:
    """Return what happens to scorecards; nothing without a closed month."""
    effects = [one.effect for one in prices if one.effect is not None and one.effect.period is not None]
    if len(effects) < len(prices):
        return []
    figures = [
        (_("Scorecards that change"), [len(effect.changed) for effect in effects]),
        (_("With other weights"), [effect.weights_changed for effect in effects]),
        (_("Scores that rise"), [effect.up for effect in effects]),
        (_("Scores that fall"), [effect.down for effect in effects]),
    ]
    rows = [Row(label, "", None, tuple(Cell(value, None) for value in values)) for label, values in figures]
    averages = tuple(Cell(effect.average_change, None) for effect in effects)
    return [*rows, Row(_("Change of the scores, on average"), "", None, averages, places=2, is_change=True)]


def _pay(prices: Sequence[Price]) -> list[Row]:
    """Return what the month's incentive pay comes to; nothing where it is not worked out for every scenario."""
    effects = [one.pay for one in prices if one.pay is not None]
    if len(effects) < len(prices):
        return []
    cells = tuple(Cell(effect.after, effect.change) for effect in effects)
    return [Row(_("Incentive pay of the month"), "CNY", effects[0].before, cells)]


def _verdicts(prices: Sequence[Price]) -> list[VerdictLine]:
    units: dict[str, str] = {shift.unit: shift.name for one in prices for shift in one.verdicts}
    found = [{shift.unit: shift for shift in one.verdicts} for one in prices]
    lines = []
    for unit, name in units.items():
        shifts = [each.get(unit) for each in found]
        live = next((_name(shift.before) for shift in shifts if shift is not None), None)
        lines.append(VerdictLine(name, live, tuple(_cell(shift, live=live) for shift in shifts)))
    return lines


def _cell(shift: VerdictShift | None, *, live: Bilingual | None) -> VerdictCell:
    after, anew = (_name(shift.after), _name(shift.recounted)) if shift is not None else (None, None)
    return VerdictCell(after, after != live, anew)


def _name(side: Diagnosed | None) -> Bilingual | None:
    return verdict_name(side.verdict) if side is not None else None
