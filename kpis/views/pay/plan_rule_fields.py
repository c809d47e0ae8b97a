"""The fields of one rule and of what bounds it, as the designer's form draws them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from kpis.incentives.checks import MOST_STEPS
from kpis.incentives.specs import Unit
from kpis.incentives.templates import load_bases
from kpis.incentives.texts import RULE_FIELDS
from kpis.queries.pay.plan_words import KEYS, MODES, SCALES, base_options, role_names
from kpis.queries.pay.plans import vocabulary
from kpis.views.pay.plan_forms import PREFIX, as_percent, measures_of

Options = Sequence[tuple[str, str | Promise]]


@dataclass(frozen=True, slots=True)
class PlanField:
    """One control. `kind` is text, number, select, checks, area or fixed; `errors` stand under it."""

    path: str
    label: str
    value: Any = ""
    kind: str = "text"
    options: Options = ()
    suffix: str = ""
    errors: tuple[str, ...] = ()
    help: str = ""
    refresh: bool = False
    twin: int = 0

    @property
    def name(self) -> str:
        """The name it is sent under."""
        return PREFIX + self.path

    @property
    def control(self) -> str:
        """The id of the control; the first of several with one path has the path's own."""
        return f"f.{self.path}.{self.twin}" if self.twin else f"f.{self.path}"


@dataclass(frozen=True, slots=True)
class Faults:
    """The messages by path; each is taken once, by the nearest control."""

    by_path: Mapping[str, tuple[str, ...]]

    def at(self, path: str) -> tuple[str, ...]:
        return self.by_path.get(path, ())


def rule_fields(rule: Mapping[str, Any], path: str, faults: Faults) -> Iterator[PlanField]:
    """Yield the controls of a rule's own fields, without its steps and shares."""
    kind, measures = text_in(rule.get("kind")), measures_of(rule)
    chosen: Mapping[str, tuple[str, Options]] = {
        "mode": (_("Meaning of the steps"), list(MODES.items())),
        "scale": (_("Steps are reached"), list(SCALES.items())),
        "key": (_("Shared by"), list(KEYS.items())),
        "base": (
            _("Paid on"),
            base_options(money=kind in ("pool", "split"), store=kind in ("pool", "split", "penalty")),
        ),
    }
    typed = {
        "price": pgettext("of pay", "Rate") if measures.price else _("Amount for each"),
        "amount": _("Amount"),
        "rate": _("Share of the variable pay") if kind == "penalty" else _("Share"),
        "under": _("While under this part of the target"),
        "start": _("Faster above this part of the target"),
        "factor": _("Factor"),
    }
    for name in RULE_FIELDS.get(kind, ()):
        place, value = f"{path}.{name}", text_in(rule.get(name))
        if name in chosen:
            label, options = chosen[name]
            yield PlanField(
                place, label, value, "select", with_odd(options, value), errors=faults.at(place), refresh=name != "key"
            )
        elif name in typed:
            share = measures.is_share(name)
            suffix = "%" if share else ("×" if name == "factor" else _("CNY"))
            shown = as_percent(value) if share and value else value
            yield PlanField(place, typed[name], shown, "number", suffix=suffix, errors=faults.at(place))


def rule_pairs(
    rule: Mapping[str, Any], path: str, faults: Faults, *, roles: list[str]
) -> Iterator[tuple[PlanField, ...]]:
    """Yield the steps of a ladder with room for all that there may be, or the part of each role of a split."""
    kind, measures = rule.get("kind"), measures_of(rule)
    if "steps" in RULE_FIELDS.get(str(kind), ()):
        steps = _mappings(rule.get("steps"))
        is_money = measures.price
        for at in range(max(MOST_STEPS, len(steps))):
            step, place = steps[at] if at < len(steps) else {}, f"{path}.steps.{at}"
            start, price = text_in(step.get("start")), text_in(step.get("price"))
            yield (
                PlanField(
                    f"{place}.start",
                    _("Step %(number)s from") % {"number": at + 1},
                    as_percent(start) if measures.start and start else start,
                    "number",
                    suffix="%" if measures.start else _unit_of(rule),
                    errors=(*faults.at(place), *faults.at(f"{place}.start")),
                ),
                PlanField(
                    f"{place}.price",
                    _("Factor") if kind == "target_bonus" else _("pays"),
                    as_percent(price) if is_money and price else price,
                    "number",
                    suffix="×" if kind == "target_bonus" else ("%" if is_money else _("CNY")),
                    errors=faults.at(f"{place}.price"),
                ),
            )
    if kind == "split":
        held = {text_in(each.get("role")): each for each in _mappings(rule.get("shares"))}
        for at, role in enumerate(dict.fromkeys([*held, *roles])):
            place, share = f"{path}.shares.{at}", text_in(held.get(role, {}).get("share"))
            yield (
                PlanField(f"{place}.role", _("Role"), role, "hidden"),
                PlanField(
                    f"{place}.share",
                    role_names([role])[0],
                    as_percent(share) if share else "",
                    "number",
                    suffix="%",
                    errors=(*faults.at(f"{place}.role"), *faults.at(f"{place}.share")),
                ),
            )


def rule_bounds(node: Mapping[str, Any], path: str, faults: Faults) -> Iterator[PlanField]:
    gates = [text_in(gate) for gate in node.get("gates", ()) or ()] if isinstance(node.get("gates"), list) else []
    kpis = _kpi_options()
    for at in range(len(gates) + 1):
        value = gates[at] if at < len(gates) else ""
        errors = faults.at(f"{path}.gates") if not at else ()
        yield PlanField(f"{path}.gates", _("Nothing while in red alert"), value, "select", kpis, errors=errors, twin=at)
    cliff = node.get("cliff")
    cliff = cliff if isinstance(cliff, Mapping) else {}
    base, under = text_in(cliff.get("base")), text_in(cliff.get("under"))
    options = [("", "–"), *with_odd(base_options(), base)]
    yield PlanField(
        f"{path}.cliff.base", _("Nothing while this"), base, "select", options, errors=faults.at(f"{path}.cliff.base")
    )
    yield PlanField(
        f"{path}.cliff.under",
        _("is under this part of its target"),
        as_percent(under) if under else "",
        "number",
        suffix="%",
        errors=faults.at(f"{path}.cliff.under"),
    )
    for name, label in (("floor", _("At least")), ("cap", _("At most"))):
        place = f"{path}.{name}"
        yield PlanField(place, label, text_in(node.get(name)), "number", suffix=_("CNY"), errors=faults.at(place))
    steps = with_odd([("", _("to the cent")), ("1", _("to the yuan"))], text_in(node.get("step")))
    yield PlanField(
        f"{path}.step", _("Rounded"), text_in(node.get("step")), "select", steps, errors=faults.at(f"{path}.step")
    )


def _kpi_options() -> Options:
    language = get_language()
    return [("", "–"), *((kpi, names.in_language(language)) for kpi, names in vocabulary().kpis.items())]


def _unit_of(rule: Mapping[str, Any]) -> str:
    base = load_bases().get(text_in(rule.get("base")))
    return _("CNY") if base is None or base.unit is Unit.MONEY else ""


def with_odd(options: Any, value: str) -> list[tuple[str, str | Promise]]:
    """Return the choices, and what is written although it is none of them: the check says so."""
    offered = list(options)
    return offered if not value or value in dict(offered) else [*offered, (value, value)]


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def at_path(node: Mapping[str, Any], path: str) -> object:
    found: object = node
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def text_in(value: object) -> str:
    return "" if value is None or isinstance(value, Mapping | list) else str(value)
