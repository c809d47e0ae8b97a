"""What plans may pay on, and the ready plans, as the package brings them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from kpis.incentives.specs import BaseLevel, BaseSpec, Plan, Unit
from kpis.incentives.texts import read_plan
from omnichannel.core.text import Bilingual


@cache
def load_bases() -> Mapping[str, BaseSpec]:
    """Return the bases by id, in the order of the file."""
    found = {
        node["id"]: BaseSpec(
            node["id"],
            Bilingual(**node["names"]),
            Unit(node["unit"]),
            BaseLevel(node["level"]),
            Bilingual(**node["counter"]),
            node.get("target_kpi", ""),
            Decimal(node["typical"]),
        )
        for node in _read("bases")
    }
    return MappingProxyType(found)


@cache
def load_templates() -> Mapping[str, Plan]:
    """Return the ready plans by id, in the order of the file."""
    plans = [read_plan(node) for node in _read("templates")]
    return MappingProxyType({plan.id: plan for plan in plans})


def _read(name: str) -> list[dict[str, Any]]:
    text = files("kpis.incentives").joinpath("data", f"{name}.yaml").read_text("utf-8")
    return yaml.safe_load(text)  # type: ignore[no-any-return] # YAML is untyped; read_plan types it
