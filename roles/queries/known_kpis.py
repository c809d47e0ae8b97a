"""Which KPIs a role may name. The app that has them registers itself: roles knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from omnichannel.core.text import Bilingual

_readers: list[Callable[[], Mapping[str, Bilingual]]] = []


def register_kpis(reader: Callable[[], Mapping[str, Bilingual]]) -> None:
    """Let `reader` answer which KPIs count in the open workspace, by id, with their names."""
    _readers[:] = [reader]


def known_kpis() -> Mapping[str, Bilingual]:
    """Return the KPIs of the library and of the workspace, by id."""
    return {key: names for read in _readers for key, names in read().items()}
