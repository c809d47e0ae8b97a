"""Mappings that are known beforehand: the presets of `presets/*.yaml`, recognised by the headers of an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kpis.datasets.headers import normal_header
from kpis.datasets.mapping import ColumnMapping, ColumnMatch, Confidence
from kpis.datasets.raw import Guess
from kpis.datasets.sources import FirstOf, Source
from omnichannel.core.text import Bilingual


@dataclass(frozen=True, slots=True)
class Preset:
    """One known export: the headers that give it away, how to read it, and a mapping for each table it feeds."""

    id: str
    names: Bilingual
    headers: tuple[str, ...]
    guess: Guess
    mappings: tuple[ColumnMapping, ...]

    def fits(self, columns: Sequence[str]) -> bool:
        """Return whether a file has all the headers that give this export away."""
        there = {normal_header(column) for column in columns}
        return bool(self.headers) and all(normal_header(header) in there for header in self.headers)


def mapping_from_entry(entry: Mapping[str, Any]) -> ColumnMapping:
    """Return the mapping of one `{table, fields, values, first_of}` entry. ValueError when it is not one."""
    if not isinstance(entry.get("table"), str) or not isinstance(entry.get("fields"), Mapping):
        raise ValueError("a mapping needs a table and its fields")
    fields = {name: Source.from_json(source) for name, source in entry["fields"].items()}
    matches = tuple(
        ColumnMatch(source.column, name, Confidence.SURE, (name,), "preset")
        for name, source in fields.items()
        if source.column
    )
    values = {
        name: {str(word): str(value) for word, value in words.items()}
        for name, words in (entry.get("values") or {}).items()
    }
    first = entry.get("first_of")
    return ColumnMapping(
        entry["table"],
        Confidence.SURE,
        (entry["table"],),
        matches,
        fields,
        values,
        FirstOf(str(first["key"]), str(first["by"])) if first else None,
    )


@cache
def load_presets() -> Mapping[str, Preset]:
    """Return every preset by id."""
    presets = {}
    for path in sorted(Path(__file__).with_name("presets").glob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        presets[data["id"]] = Preset(
            data["id"],
            Bilingual(**data["names"]),
            tuple(data.get("headers", ())),
            Guess.from_json(data),
            tuple(map(mapping_from_entry, data["tables"])),
        )
    return presets


def match_preset(columns: Sequence[str], *, presets: Mapping[str, Preset]) -> Preset | None:
    """Return the preset whose headers the file has; the one with the most headers when several fit."""
    fitting = [preset for preset in presets.values() if preset.fits(columns)]
    return max(fitting, key=lambda preset: len(preset.headers), default=None)
