"""What a newer library changed in a KPI that a workspace overrides, against what the workspace changed itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kpis.library.content import Node, tidy

NESTED = ("names", "definition")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that the newer library has otherwise. `ours` differs from `base` where the workspace changed it too."""

    field: str
    base: Any
    ours: Any
    theirs: Any

    @property
    def is_conflict(self) -> bool:
        """True when both sides changed it, and not to the same."""
        return self.ours not in (self.base, self.theirs)


def upstream_changes(base: Node, ours: Node, theirs: Node) -> tuple[FieldChange, ...]:
    """Return the fields that the library changed since and the workspace does not have so yet."""
    old, mine, new = flat(base), flat(ours), flat(theirs)
    names = dict.fromkeys([*old, *new])
    return tuple(
        FieldChange(name, old.get(name), mine.get(name), new.get(name))
        for name in names
        if old.get(name) != new.get(name) and mine.get(name) != new.get(name)
    )


def own_changes(base: Node, ours: Node) -> tuple[FieldChange, ...]:
    """Return the fields in which a definition differs from the library's."""
    old, mine = flat(base), flat(ours)
    names = dict.fromkeys([*old, *mine])
    return tuple(
        FieldChange(name, old.get(name), mine.get(name), old.get(name))
        for name in names
        if old.get(name) != mine.get(name)
    )


def merged(ours: Node, changes: Collection[FieldChange], *, take: Collection[str]) -> dict[str, Any]:
    """Return the workspace's definition with the library's text in the fields to take."""
    found = flat(ours) | {each.field: each.theirs for each in changes if each.field in take}
    nested = {
        name: {code: found[f"{name}.{code}"] for code in ("zh", "en") if f"{name}.{code}" in found} for name in NESTED
    }
    return tidy({name: value for name, value in found.items() if "." not in name} | nested)


def flat(node: Node) -> dict[str, Any]:
    """Return the entry with its bilingual texts as two fields each."""
    found: dict[str, Any] = {}
    for name, value in tidy(node).items():
        if name in NESTED and isinstance(value, Mapping):
            found.update({f"{name}.{code}": text for code, text in value.items()})
        else:
            found[name] = value
    return found
