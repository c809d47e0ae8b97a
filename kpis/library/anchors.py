"""Anchors of the qualitative KPIs: what each score from 1 to 5 looks like, and what counts as evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from kpis.library.loader import DATA
from omnichannel.core.datafiles import bilingual, read_yaml
from omnichannel.core.text import Bilingual

SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Anchors:
    """The texts of one KPI; `levels` has all five scores."""

    evidence: Bilingual
    levels: Mapping[int, Bilingual]


@cache
def review_anchors() -> Mapping[str, Anchors]:
    """Return the anchors per qualitative KPI of the library."""
    rows = read_yaml(DATA / "review_anchors.yaml")["anchors"]
    return MappingProxyType(
        {
            kpi: Anchors(
                evidence=bilingual(node["evidence"]),
                levels=MappingProxyType({score: bilingual(node[score]) for score in SCORES}),
            )
            for kpi, node in rows.items()
        }
    )
