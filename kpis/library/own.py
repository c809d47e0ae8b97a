"""The library with what a workspace has changed: its own KPIs, its text of library KPIs, its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from kpis.engine.plan import plan_kpi
from kpis.engine.specs import KpiSpec, Library
from kpis.library.content import Node, spec_of
from kpis.library.params import PARAMS


@dataclass(frozen=True, slots=True)
class Composed:
    """A library that can be computed. `broken` are own definitions that it cannot read, and why: they do not count."""

    library: Library
    broken: Mapping[str, str]


def composed(base: Library, *, kpis: Mapping[str, Node], params: Mapping[str, object], mark: str) -> Composed:
    """Put a workspace's definitions over the library. `mark` becomes part of its version, so that figures tell.

    A definition that fitted an earlier library and no longer does is left out: the library's own counts instead.
    """
    if not kpis and not params:
        return Composed(base, {})
    found, broken = dict(base.kpis), {}
    for kpi, node in kpis.items():
        try:
            found[kpi] = checked_spec(base, kpi, node)
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            broken[kpi] = str(error) or type(error).__name__
    values = {name: PARAMS[name].read(str(value)) for name, value in params.items() if name in PARAMS}
    library = replace(
        base,
        version=f"{base.version}+ws.{mark}",
        kpis=MappingProxyType(found),
        params=replace(base.params, **values),  # type: ignore[arg-type] # PARAMS reads each as its field's type
    )
    return Composed(library, broken)


def checked_spec(base: Library, kpi: str, node: Node) -> KpiSpec:
    """Type one definition and make sure that the engine can plan it. ValueError or KeyError when it cannot."""
    spec = spec_of(node, base, inherited=base.kpis.get(kpi))
    plan_kpi(with_kpi(base, spec), spec.id)
    return spec


def with_kpi(library: Library, spec: KpiSpec) -> Library:
    """Return the library with one KPI put in or replaced."""
    return replace(library, kpis=MappingProxyType({**library.kpis, spec.id: spec}))
