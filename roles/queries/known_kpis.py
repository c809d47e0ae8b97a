"""Which KPIs a role may name. The app that has them registers itself: roles knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from omnichannel.core.text import Bilingual


@dataclass(frozen=True, slots=True)
class KnownKpi:
    """A KPI that a role may name. `role` is the first one that carries it; empty of the whole company's."""

    names: Bilingual
    role: str


_readers: list[Callable[[], Mapping[str, KnownKpi]]] = []


def register_kpis(reader: Callable[[], Mapping[str, KnownKpi]]) -> None:
    """Let `reader` answer which KPIs count in the open workspace, by id."""
    _readers[:] = [reader]


def known_kpis() -> Mapping[str, KnownKpi]:
    """Return the KPIs of the library and of the workspace, by id."""
    return {key: kpi for read in _readers for key, kpi in read().items()}
