"""A plan as a YAML text and back. The text, the form and the sentences are three views of one object."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from kpis.incentives.faults import Fault, Faulty
from kpis.incentives.specs import (
    CENT,
    ZERO,
    Accelerator,
    Cliff,
    Component,
    Fixed,
    Gate,
    Penalty,
    Phase,
    Plan,
    Pool,
    PoolKey,
    Rate,
    RoleShare,
    Rule,
    Scale,
    ScoreBonus,
    Split,
    Step,
    TargetBonus,
    TierMode,
    Tiers,
)
from omnichannel.core.text import Bilingual

Node = Mapping[str, Any]
T = TypeVar("T", bound=StrEnum)
RULES: dict[str, type[Rule]] = {
    "rate": Rate,
    "tiers": Tiers,
    "accelerator": Accelerator,
    "target_bonus": TargetBonus,
    "score_bonus": ScoreBonus,
    "pool": Pool,
    "split": Split,
    "fixed": Fixed,
    "penalty": Penalty,
}
RULE_FIELDS = {
    "rate": ("base", "price"),
    "tiers": ("base", "mode", "scale", "steps"),
    "accelerator": ("base", "price", "start", "factor"),
    "target_bonus": ("base", "amount", "steps"),
    "score_bonus": ("amount",),
    "pool": ("base", "rate", "key"),
    "split": ("base", "rate", "shares", "key"),
    "fixed": ("amount",),
    "penalty": ("base", "under", "rate"),
}
COMPONENT_FIELDS = ("id", "names", "rule", "gates", "cliff", "floor", "cap", "step")
MOST_DAYS = 3660
PLAN_FIELDS = (
    "id",
    "names",
    "phase",
    "roles",
    "components",
    "valid_from",
    "variable_cap",
    "guarantee",
    "clawback_days",
    "reason",
)


def plan_node(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain mappings, lists and texts, for YAML or JSON; decimals are texts."""
    node: dict[str, Any] = {
        "id": plan.id,
        "names": plan.names.as_json(),
        "phase": plan.phase.value,
        "roles": list(plan.roles),
        "components": [_component_node(each) for each in plan.components],
    }
    if plan.valid_from:
        node["valid_from"] = plan.valid_from.isoformat()
    for name in ("variable_cap", "guarantee"):
        if (money := getattr(plan, name)) is not None:
            node[name] = str(money)
    if plan.clawback_days is not None:
        node["clawback_days"] = str(plan.clawback_days)
    return node | ({"reason": plan.reason} if plan.reason else {})


def read_plan(node: object) -> Plan:
    """Type a plan. Faulty names every fault of shape at once; what it means is `checks.check_plan`'s."""
    plan, faults = typed_plan(node)
    if faults or plan is None:
        raise Faulty(faults)
    return plan


def typed_plan(node: object) -> tuple[Plan | None, tuple[Fault, ...]]:
    """Type as much of a plan as can be, with every fault of shape; None where there are no fields at all.

    What cannot be typed stands as a neutral value at its place, so that the rest can be checked by what it means.
    """
    reading = _Reading()
    plan = reading.plan(node)
    return plan, tuple(reading.faults)


def _component_node(component: Component) -> dict[str, Any]:
    rule = component.rule
    kind = next(name for name, made in RULES.items() if isinstance(rule, made))
    node: dict[str, Any] = {
        "id": component.id,
        "names": component.names.as_json(),
        "rule": {"kind": kind} | {name: _plain(getattr(rule, name)) for name in RULE_FIELDS[kind]},
    }
    if component.gates:
        node["gates"] = [gate.kpi for gate in component.gates]
    if component.cliff:
        node["cliff"] = {"base": component.cliff.base, "under": str(component.cliff.under)}
    for name in ("floor", "cap"):
        if (money := getattr(component, name)) is not None:
            node[name] = str(money)
    return node | ({"step": str(component.step)} if component.step != CENT else {})


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [{name: str(getattr(each, name)) for name in each.__dataclass_fields__} for each in value]
    return value.value if isinstance(value, StrEnum) else str(value)


@dataclass
class _Reading:
    """Reads a plan and keeps going at a fault, so that all are told."""

    faults: list[Fault] = field(default_factory=list)

    def plan(self, node: object) -> Plan | None:
        found = self.mapping(node, "", PLAN_FIELDS, needed=("id", "names", "phase", "roles", "components"))
        if found is None:
            return None
        components = self.items(found, "components", "")
        return Plan(
            id=self.text(found, "id", ""),
            names=self.names(found, ""),
            phase=self.choice(found, "phase", "", Phase) or Phase.MATURE,
            roles=tuple(str(role) for role in self.items(found, "roles", "")),
            components=tuple(self.component(each, f"components.{at}") for at, each in enumerate(components)),
            valid_from=self.day(found, "valid_from"),
            variable_cap=self.number(found, "variable_cap", ""),
            guarantee=self.number(found, "guarantee", ""),
            clawback_days=self.whole(found, "clawback_days"),
            reason=str(found.get("reason", "")),
        )

    def component(self, node: object, path: str) -> Component:
        found = self.mapping(node, path, COMPONENT_FIELDS, needed=("id", "names", "rule"))
        if found is None:
            return Component("", Bilingual("", ""), UNREAD)
        rule = self.rule(found.get("rule"), f"{path}.rule")
        cliff = None
        if found.get("cliff") is not None:
            held = self.mapping(found["cliff"], f"{path}.cliff", ("base", "under"), needed=("base", "under")) or {}
            under = self.number(held, "under", f"{path}.cliff")
            cliff = Cliff(self.text(held, "base", f"{path}.cliff"), under or Decimal(0))
        return Component(
            id=self.text(found, "id", path),
            names=self.names(found, path),
            rule=rule,
            gates=tuple(Gate(str(kpi)) for kpi in self.items(found, "gates", path)),
            cliff=cliff,
            floor=self.number(found, "floor", path),
            cap=self.number(found, "cap", path),
            step=self.number(found, "step", path) or CENT,
        )

    def rule(self, node: object, path: str) -> Rule:
        kind = str(node.get("kind", "")) if isinstance(node, Mapping) else ""
        if kind not in RULES:
            self.fault(f"{path}.kind", "unknown_rule", value=kind, known=", ".join(RULES))
            return UNREAD
        names = RULE_FIELDS[kind]
        found = self.mapping(node, path, ("kind", *names), needed=names) or {}
        values: dict[str, object] = {}
        for name in names:
            if name == "base":
                values[name] = self.text(found, name, path)
            elif name == "steps":
                values[name] = self.steps(found, path)
            elif name == "shares":
                values[name] = self.shares(found, path)
            elif name in CHOICES:
                values[name] = self.choice(found, name, path, CHOICES[name]) or next(iter(CHOICES[name]))
            else:
                number = self.number(found, name, path)
                values[name] = ZERO if number is None else number
        return RULES[kind](**values)  # type: ignore[arg-type] # read by field

    def steps(self, node: Node, path: str) -> tuple[Step, ...]:
        steps = []
        for at, each in enumerate(self.items(node, "steps", path)):
            place = f"{path}.steps.{at}"
            found = self.mapping(each, place, ("start", "price"), needed=("start", "price"))
            if found is None:
                continue
            start, price = self.number(found, "start", place), self.number(found, "price", place)
            if start is not None and price is not None:
                steps.append(Step(start, price))
        return tuple(steps)

    def shares(self, node: Node, path: str) -> tuple[RoleShare, ...]:
        shares = []
        for at, each in enumerate(self.items(node, "shares", path)):
            place = f"{path}.shares.{at}"
            found = self.mapping(each, place, ("role", "share"), needed=("role", "share"))
            share = self.number(found, "share", place) if found is not None else None
            if found is not None and share is not None:
                shares.append(RoleShare(self.text(found, "role", place), share))
        return tuple(shares)

    def mapping(self, node: object, path: str, known: Collection[str], *, needed: Collection[str]) -> Node | None:
        if not isinstance(node, Mapping):
            self.fault(path, "fields_expected", known=", ".join(known))
            return None
        for name in node:
            if name not in known:
                self.fault(_join(path, str(name)), "unknown_field", known=", ".join(known))
        missing = [name for name in needed if node.get(name) in (None, "")]
        for name in missing:
            self.fault(_join(path, name), "missing")
        return node

    def items(self, node: Node, name: str, path: str) -> list[object]:
        value = node.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self.fault(_join(path, name), "list_expected")
        return []

    def text(self, node: Node, name: str, path: str) -> str:
        value = node.get(name, "")
        if value is not None and not isinstance(value, str | int):
            self.fault(_join(path, name), "text_expected")
        return str(value or "")

    def names(self, node: Node, path: str) -> Bilingual:
        place = _join(path, "names")
        found = self.mapping(node.get("names"), place, ("zh", "en"), needed=("zh", "en")) or {}
        return Bilingual(self.text(found, "zh", place), self.text(found, "en", place))

    def choice(self, node: Node, name: str, path: str, choices: type[T]) -> T | None:
        value = node.get(name)
        if value in set(choices):
            return choices(str(value))
        if value not in (None, ""):
            self.fault(_join(path, name), "not_one_of", value=value, known=", ".join(choices))
        return None

    def number(self, node: Node, name: str, path: str) -> Decimal | None:
        value = node.get(name)
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self.fault(_join(path, name), "bad_number", value=value)
            return None
        return number

    def whole(self, node: Node, name: str) -> int | None:
        number = self.number(node, name, "")
        if number is not None and (number != number.to_integral_value() or abs(number) > MOST_DAYS):
            self.fault(name, "bad_number", value=node[name])
            return None
        return None if number is None else int(number)

    def day(self, node: Node, name: str) -> date | None:
        value = node.get(name)
        if value is None or isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fault(name, "bad_day", value=value)
            return None

    def fault(self, path: str, code: str, **facts: object) -> None:
        self.faults.append(Fault(path, code, facts))


UNREAD = Fixed(ZERO)  # stands where a rule could not be read
CHOICES: dict[str, type[StrEnum]] = {"mode": TierMode, "scale": Scale, "key": PoolKey}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
