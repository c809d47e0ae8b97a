"""A pay plan's form: its node as fields by their path, and back. It shows; the check of the plan judges.

Shares are typed in percent: 3 is 0.03. What is no number goes back as it was typed, so that the check can name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict

from kpis.incentives.checks import MOST_STEPS
from kpis.incentives.phrases import HUNDRED, plain
from kpis.incentives.specs import Scale, Unit
from kpis.incentives.templates import load_bases
from kpis.incentives.texts import RULE_FIELDS

PREFIX = "p."  # of every field of the plan, so that a path is the rest of the name
MOST_COMPONENTS = 20
SHARE_FIELDS = frozenset({"rate", "under"})


@dataclass(frozen=True, slots=True)
class Measures:
    """What the numbers of a rule are written in: percent or plain."""

    price: bool
    start: bool

    def is_share(self, name: str) -> bool:
        """Tell whether a field of the rule is typed in percent."""
        return name in SHARE_FIELDS or (name == "price" and self.price) or (name == "start" and self.start)


def measures_of(rule: Mapping[str, Any]) -> Measures:
    """Tell how the numbers of a rule are typed: prices of money in percent, attainments in percent."""
    base = load_bases().get(str(rule.get("base", "")))
    is_money = base is not None and base.unit is Unit.MONEY
    kind = rule.get("kind")
    by_number = kind == "tiers" and rule.get("scale") == Scale.QUANTITY
    return Measures(price=is_money and kind in ("rate", "tiers", "accelerator"), start=not by_number)


def as_percent(value: object) -> str:
    """Return a share as it is typed: 0.03 as 3; what is no number as it stands."""
    return _scaled(value, lambda number: number * HUNDRED)


def from_percent(text: str) -> str:
    """Return what was typed in percent as a share: 3 or 3% as 0.03."""
    return _scaled(text.removesuffix("%").removesuffix("％"), lambda number: number / HUNDRED, typed=text)


def number(text: str) -> str:
    """Return a typed number without the commas between thousands."""
    return _scaled(text, lambda value: value)


def node_of_form(data: QueryDict) -> dict[str, Any]:
    """Return what the form says as a plan's node; empty fields are left out."""
    said = {name.removeprefix(PREFIX): str(value).replace("\x00", "").strip() for name, value in data.items()}
    node: dict[str, Any] = {
        "id": said.get("id", ""),
        "names": {code: said.get(f"names.{code}", "") for code in ("zh", "en")},
        "phase": said.get("phase", ""),
        "roles": data.getlist(f"{PREFIX}roles"),
        "components": [_component(said, f"components.{at}", data) for at in _numbers(said, "components")],
    }
    for name in ("valid_from", "reason"):
        if said.get(name):
            node[name] = said[name]
    for name in ("guarantee", "variable_cap", "clawback_days"):
        if said.get(name):
            node[name] = number(said[name])
    return node


def rearranged(node: Mapping[str, Any], act: str, *, name_zh: str, name_en: str) -> dict[str, Any]:
    """Return the plan with a component added, removed or moved, as a button of the form asks for."""
    what, _colon, at = act.partition(":")
    components = list(node.get("components", ()))
    if what == "add" and len(components) < MOST_COMPONENTS:
        taken = {each.get("id") for each in components if isinstance(each, Mapping)}
        place = next(n for n in range(len(components) + 1, 10_000) if f"part-{n}" not in taken)
        names = {"zh": f"{name_zh} {place}", "en": f"{name_en} {place}"}
        rule = {"kind": "rate", "base": next(iter(load_bases())), "price": "0.01"}
        components.append({"id": f"part-{place}", "names": names, "rule": rule})
    elif at.isdecimal() and int(at) < len(components):
        index = int(at)
        moved = components.pop(index)
        if what in ("up", "down"):
            components.insert(max(index - 1, 0) if what == "up" else index + 1, moved)
    return {**node, "components": components}


def _component(said: Mapping[str, str], path: str, data: QueryDict) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": said.get(f"{path}.id", ""),
        "names": {code: said.get(f"{path}.names.{code}", "") for code in ("zh", "en")},
        "rule": _rule(said, f"{path}.rule"),
    }
    gates = [gate for gate in data.getlist(f"{PREFIX}{path}.gates") if gate]
    if gates:
        found["gates"] = list(dict.fromkeys(gates))
    cliff, under = said.get(f"{path}.cliff.base", ""), said.get(f"{path}.cliff.under", "")
    if cliff:
        found["cliff"] = {"base": cliff, "under": from_percent(under)}
    for name in ("floor", "cap"):
        if said.get(f"{path}.{name}"):
            found[name] = number(said[f"{path}.{name}"])
    if said.get(f"{path}.step"):
        found["step"] = said[f"{path}.step"]
    return found


def _rule(said: Mapping[str, str], path: str) -> dict[str, Any]:
    kind = said.get(f"{path}.kind", "")
    rule: dict[str, Any] = {"kind": kind}
    texts = {name: said.get(f"{path}.{name}", "") for name in RULE_FIELDS.get(kind, ())}
    measures = measures_of(rule | texts)
    for name, text in texts.items():
        if name == "steps":
            rule["steps"] = list(_steps(said, f"{path}.steps", measures))
        elif name == "shares":
            rule["shares"] = list(_shares(said, f"{path}.shares"))
        elif name in ("base", "mode", "scale", "key"):
            rule[name] = text
        else:
            rule[name] = from_percent(text) if measures.is_share(name) else number(text)
    return rule


def _steps(said: Mapping[str, str], path: str, measures: Measures) -> Iterator[dict[str, str]]:
    for at in range(MOST_STEPS):
        start, price = said.get(f"{path}.{at}.start", ""), said.get(f"{path}.{at}.price", "")
        if start or price:
            yield {
                "start": from_percent(start) if measures.start else number(start),
                "price": from_percent(price) if measures.price else number(price),
            }


def _shares(said: Mapping[str, str], path: str) -> Iterator[dict[str, str]]:
    for at in _numbers(said, path):
        share = said.get(f"{path}.{at}.share", "")
        if share:
            yield {"role": said.get(f"{path}.{at}.role", ""), "share": from_percent(share)}


def _numbers(said: Mapping[str, str], path: str) -> list[int]:
    """Return the places of a list that the form has fields for, in their order."""
    start = f"{path}."
    places = {name.removeprefix(start).partition(".")[0] for name in said if name.startswith(start)}
    return sorted(int(place) for place in places if place.isdecimal() and len(place) < 3)[:MOST_COMPONENTS]


def _scaled(value: object, scale: Callable[[Decimal], Decimal], *, typed: str = "") -> str:
    text = str(value if value is not None else "").replace(",", "").replace("，", "").strip()
    try:
        found = Decimal(text)
    except InvalidOperation:
        return typed or str(value if value is not None else "")
    return plain(scale(found)) if found.is_finite() and abs(found) < Decimal(10) ** 15 else str(value)
