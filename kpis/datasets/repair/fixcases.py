"""What a one-click fix is, and the group of problems that the makers of fixes look at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from kpis.datasets.checks.findings import Group
from kpis.datasets.checks.problems import LONGEST_VALUE
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.engine.specs import ColumnSpec, TableSpec
from omnichannel.core.text import Bilingual

Steps = tuple[dict[str, Any], ...]
Known = Mapping[str, Collection[str] | pa.Array]
MOST_WORDS, MOST_EACH, LABEL = 50, 6, 24


@dataclass(frozen=True, slots=True)
class Fix:
    """What a button says, and the steps it adds."""

    label: Bilingual
    steps: Steps

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {"label": {"zh": self.label.zh, "en": self.label.en}, "steps": list(self.steps)}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around a file: ids by `table.column`, names -> id by `table.column`, ids of the catalogue."""

    known: Known = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    allowed: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One group as the makers of fixes see it."""

    group: Group
    field: str
    column: ColumnSpec
    table: TableSpec
    mapping: ColumnMapping
    around: Surroundings

    @property
    def words(self) -> tuple[str, ...]:
        """Return the texts that steps can name: whole, and not the empty one."""
        return tuple(
            text for text, _ in self.group.values if text and len(text) <= LONGEST_VALUE and "\u2400" not in text
        )

    @property
    def complete(self) -> bool:
        """Return whether `words` is every text of the group."""
        return len(self.words) == len(self.group.values) and sum(n for _, n in self.group.values) == self.group.count


def value_steps(case: Case, chosen: Mapping[str, str]) -> Steps:
    return tuple({"kind": "value", "field": case.field, "from": word, "to": to} for word, to in chosen.items())


def arrows(chosen: Mapping[str, str]) -> str:
    shown = "、".join(f"“{short(word)}”→“{short(to)}”" for word, to in list(chosen.items())[:3])
    return shown + ("…" if len(chosen) > 3 else "")


def replace_fix(case: Case, chosen: Mapping[str, str], *, zh: str, en: str) -> list[Fix]:
    """Return one fix that replaces these words, if there are any."""
    if not chosen:
        return []
    shown = arrows(chosen)
    return [Fix(Bilingual(f"{zh}：{shown}", f"{en}: {shown.replace('、', ', ')}"), value_steps(case, chosen))]


def short(text: str) -> str:
    """Return a text as it fits on a button."""
    return text if len(text) <= LABEL else f"{text[:LABEL]}…"
