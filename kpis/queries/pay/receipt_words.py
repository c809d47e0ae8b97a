"""The words of a receipt: what was missing, what bounded an amount, how each part was reckoned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.incentives.phrases import percent, plain
from kpis.incentives.specs import (
    BaseSpec,
    Component,
    Fixed,
    Penalty,
    Pool,
    Rule,
    ScoreBonus,
    Split,
    TargetBonus,
    Unit,
)
from kpis.incentives.wording import Vocabulary
from omnichannel.core.numerals import show

ZERO = Decimal(0)


def money(value: Decimal, *, signed: bool = False) -> str:
    """Return CNY to the cent."""
    return show(value, "CNY", language=get_language() or "en", places=2, signed=signed).text


def base_of(rule: Rule) -> str:
    """Return the base that a rule counts; empty where it counts none."""
    return "" if isinstance(rule, ScoreBonus | Fixed) else str(rule.base)


def quantity_words(quantity: Decimal, base: BaseSpec | None) -> str:
    """Return how much was counted, in the base's own unit."""
    if base is None or base.unit is Unit.MONEY:
        return money(quantity)
    return show(quantity, "count", language=get_language() or "en", places=0).text


def part_words(part: Mapping[str, str], rule: Rule, bases: Mapping[str, BaseSpec]) -> str:
    """Return one row of the workings as the reader reckons it: 45 × ¥3.00."""
    quantity, price = Decimal(part["quantity"]), Decimal(part["price"])
    if isinstance(rule, Pool | Split):
        return _("own share of the pool")
    if isinstance(rule, Fixed):
        return _("fixed amount")
    if isinstance(rule, ScoreBonus):
        return f"{money(price)} × {percent(quantity)}"
    if isinstance(rule, TargetBonus):
        return f"{money(price)} × {plain(quantity)}"
    if isinstance(rule, Penalty):
        return f"{money(quantity)} × {percent(price)}".replace("-", "\u2212")
    base = bases.get(rule.base)
    rate = percent(price) if base is not None and base.unit is Unit.MONEY else money(price)
    return f"{quantity_words(quantity, base)} × {rate}"


# in functions, so that each is translated when it is told
MISSING: Mapping[str, Callable[[], str]] = {
    "quantity": lambda: _("Not worked out: no rows of “%(base)s” have been loaded for this month."),
    "target": lambda: _("Not worked out: no target of “%(base)s” was set for this month."),
    "score": lambda: _("Not worked out: the scorecard of this month has no score."),
    "attendance": lambda: _("Not worked out: no shifts were recorded for this month."),
}
BOUNDS: Mapping[str, Callable[[], str]] = {
    "gate": lambda: _("Nothing is paid: the alert of “%(on)s” was red."),
    "cliff": lambda: _("Nothing is paid: “%(on)s” stayed under what the plan asks for."),
    "floor": lambda: _("Raised to the least of this line"),
    "cap": lambda: _("Kept at the most of this line"),
    "guarantee": lambda: _("Raised to the guaranteed sum"),
    "variable_cap": lambda: _("Kept at the most of all lines"),
}


def missing_words(missing: Mapping[str, str] | None, words: Vocabulary) -> str:
    """Return what a line misses and why that keeps it from being paid; empty where nothing is."""
    if not missing:
        return ""
    said = MISSING.get(missing["what"])
    base = words.bases.get(missing["base"])
    name = base.names.in_language(get_language()) if base else missing["base"]
    return said() % {"base": name} if said else f"{missing['what']} {name}"


def bound_words(bound: Mapping[str, str], words: Vocabulary) -> str:
    """Return what bounded an amount."""
    on, language = bound["on"], get_language() or "en"
    name = words.bases[on].names.in_language(language) if on in words.bases else words.kpi_name(on, language)
    said = BOUNDS.get(bound["kind"])
    return said() % {"on": name} if said else bound["kind"]


def rounding_of(component: Component, workings: Mapping[str, Any], amount: Decimal) -> Decimal:
    """Return by how much a line was rounded: what it pays less what its parts and bounds say."""
    parts = sum((Decimal(each["quantity"]) * Decimal(each["price"]) for each in workings["parts"]), ZERO)
    return amount - parts - sum((Decimal(each["delta"]) for each in workings["bounds"]), ZERO)
