"""A worked example of a plan: the figures it asks for, and what it pays on those that are typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.incentives.calculating import ahead, calculate
from kpis.incentives.documents import bound_node, line_node
from kpis.incentives.phrases import plain
from kpis.incentives.specs import (
    ONE,
    Accelerator,
    Facts,
    Fixed,
    Penalty,
    Plan,
    Pool,
    PoolKey,
    Scale,
    ScoreBonus,
    Split,
    TargetBonus,
    Tiers,
    Unit,
)
from kpis.incentives.templates import load_bases
from kpis.queries.pay.plan_words import KEYS, role_names
from kpis.queries.pay.plans import vocabulary
from kpis.queries.pay.receipt_words import bound_words, missing_words, money, part_words, quantity_words

ME, OTHERS = "example", "example-others"
TYPICAL_SCORE = "94.17"
MOST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Asked:
    """One figure that the example asks for: `name` it is sent under, what is typed, what is wrong with it."""

    name: str
    label: str
    value: str
    suffix: str = ""
    error: str = ""
    options: Sequence[tuple[str, str]] = ()
    is_switch: bool = False


@dataclass(frozen=True, slots=True)
class WorkedLine:
    """A line in words: how each part is reckoned, what bounded it, what it pays or why it pays nothing yet."""

    name: str
    workings: tuple[str, ...]
    bounds: tuple[tuple[str, Decimal], ...]
    missing: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Example:
    """The figures and what the plan pays on them. `lines` are empty while the plan cannot be read."""

    asked: tuple[Asked, ...]
    lines: tuple[WorkedLine, ...] = ()
    bounds: tuple[tuple[str, Decimal], ...] = ()
    total: Decimal | None = None
    is_complete: bool = True
    steps: tuple[str, ...] = ()


def worked_example(plan: Plan | None, typed: Mapping[str, str]) -> Example:
    """Work the plan out on typed figures; those not typed yet are typical ones."""
    if plan is None:
        return Example(())
    asked = tuple(_asked(plan, typed))
    facts = _facts(plan, {each.name: each.value for each in asked if not each.error})
    payout = calculate(plan, facts)
    words = vocabulary()
    lines = tuple(
        WorkedLine(
            name=line.component.names.in_language(get_language()),
            workings=tuple(part_words(part, line.component.rule, load_bases()) for part in line_node(line)["parts"]),
            bounds=tuple((bound_words(bound_node(each), words), each.delta) for each in line.bounds),
            missing=missing_words(line_node(line)["missing"], words),
            amount=line.amount,
        )
        for line in payout.lines
    )
    bounds = tuple((bound_words(bound_node(each), words), each.delta) for each in payout.bounds)
    return Example(asked, lines, bounds, payout.amount, payout.is_complete, tuple(_steps(plan, facts)))


def _steps(plan: Plan, facts: Facts) -> Iterator[str]:
    """Yield what is missing to the next step of each ladder, and what the whole plan then pays more."""
    for step in ahead(plan, facts, dict(load_bases())):
        rule = step.component.rule
        if isinstance(rule, ScoreBonus | Fixed):
            continue
        base = load_bases()[rule.base]
        words = {
            "more": plain(step.more) if base.unit is Unit.COUNT else quantity_words(step.more, base),
            "what": base.counter.in_language(get_language()) if base.unit is Unit.COUNT else "",
            "name": step.component.names.in_language(get_language()),
            "gain": money(step.gain),
        }
        yield (_("%(name)s: %(more)s %(what)s more reach the next step, %(gain)s more") % words).replace("  ", " ")


def _asked(plan: Plan, typed: Mapping[str, str]) -> Iterator[Asked]:
    bases, targets = _bases_of(plan)
    for base in bases:
        spec = load_bases()[base]
        suffix = _("CNY") if spec.unit is Unit.MONEY else ""
        name = spec.names.in_language(get_language())
        yield _number(f"x.q.{base}", name, typed, plain(spec.typical), suffix)
        if base in targets:
            label = _("Target: %(name)s") % {"name": name}
            yield _number(f"x.t.{base}", label, typed, plain(spec.typical * Decimal("0.9")), suffix)
    rules = [each.rule for each in plan.components]
    if any(isinstance(rule, ScoreBonus) for rule in rules):
        yield _number("x.score", _("Scorecard score"), typed, TYPICAL_SCORE, "")
    for key in dict.fromkeys(rule.key for rule in rules if isinstance(rule, Pool | Split)):
        if key is PoolKey.EQUAL:
            yield _number("x.all.equal", _("People who share"), typed, "4", "")
            continue
        words = {"key": str(KEYS[key])}
        yield _number(f"x.own.{key}", _("Own: %(key)s") % words, typed, "22", "")
        yield _number(f"x.all.{key}", _("Of all who share: %(key)s") % words, typed, "82", "")
    if any(isinstance(rule, Split) for rule in rules) and plan.roles:
        role = typed.get("x.role", plan.roles[0])
        options = list(zip(plan.roles, role_names(plan.roles), strict=True))
        yield Asked("x.role", _("Own role"), role if role in plan.roles else plan.roles[0], options=options)
    known = vocabulary()
    for kpi in dict.fromkeys(gate.kpi for each in plan.components for gate in each.gates):
        label = _("Red alert: %(kpi)s") % {"kpi": known.kpi_name(kpi, get_language() or "en")}
        yield Asked(f"x.red.{kpi}", label, "on" if typed.get(f"x.red.{kpi}") else "", is_switch=True)


def _bases_of(plan: Plan) -> tuple[list[str], set[str]]:
    """Return the bases a plan looks at, and those whose target it needs."""
    bases: dict[str, None] = {}
    targets: set[str] = set()
    for each in plan.components:
        rule = each.rule
        if not isinstance(rule, ScoreBonus | Fixed):
            bases[rule.base] = None
            by_attainment = isinstance(rule, Tiers) and rule.scale is Scale.ATTAINMENT
            if by_attainment or isinstance(rule, TargetBonus | Penalty | Accelerator):
                targets.add(rule.base)
        if each.cliff:
            bases[each.cliff.base] = None
            targets.add(each.cliff.base)
    return [base for base in bases if base in load_bases()], targets


def _number(name: str, label: str, typed: Mapping[str, str], typical: str, suffix: str) -> Asked:
    """Return a figure as typed; emptied on purpose it is missing, not zero."""
    value = typed.get(name, typical).replace(",", "").replace("，", "").strip()
    try:
        number = Decimal(value) if value else Decimal(0)
    except InvalidOperation:
        number = Decimal("NaN")
    is_number = number.is_finite() and abs(number) <= MOST
    error = "" if is_number else _("%(text)s is no number.") % {"text": value[:40]}
    return Asked(name, label, value, suffix, error)


def _facts(plan: Plan, typed: Mapping[str, str]) -> Facts:
    def all_of(start: str) -> dict[str, Decimal]:
        return {
            name.removeprefix(start): Decimal(value)
            for name, value in typed.items()
            if name.startswith(start) and value
        }

    own, everybody = all_of("x.own."), all_of("x.all.")
    attendance: dict[PoolKey, dict[str, Decimal]] = {}
    for key, whole in everybody.items():
        mine = ONE if key == PoolKey.EQUAL else own.get(key)
        if mine is not None and mine >= 0 and whole >= mine:
            attendance[PoolKey(key)] = {ME: mine, OTHERS: whole - mine}
    role = typed.get("x.role", plan.roles[0] if plan.roles else "")
    score = typed.get("x.score")
    return Facts(
        ME,
        all_of("x.q."),
        all_of("x.t."),
        Decimal(score) if score else None,
        frozenset(name.removeprefix("x.red.") for name, value in typed.items() if name.startswith("x.red.") and value),
        attendance,
        role,
        {ME: role, OTHERS: role},
    )
