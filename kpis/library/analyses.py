"""The texts of the analyses: what each asks, by which rules it answers, notes under its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from kpis.library.loader import DATA
from omnichannel.core.datafiles import Data, bilingual, read_yaml
from omnichannel.core.text import Bilingual


@dataclass(frozen=True, slots=True)
class AnalysisText:
    """One analysis; the texts may hold `%(name)s` for the page to fill."""

    question: Bilingual
    rules: tuple[Bilingual, ...]
    notes: Mapping[str, Bilingual]


@cache
def analysis_texts() -> Mapping[str, AnalysisText]:
    """Return the texts of every analysis, read once per process."""
    rows = read_yaml(DATA / "analyses.yaml")["analyses"]
    return MappingProxyType({name: _text(row) for name, row in rows.items()})


def _text(row: Data) -> AnalysisText:
    notes = {key: bilingual(node) for key, node in row.get("notes", {}).items()}
    return AnalysisText(
        bilingual(row["question"]), tuple(bilingual(rule) for rule in row["rules"]), MappingProxyType(notes)
    )
