"""What differs between two versions of a job description, section by section and line by line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, ADDED, REMOVED = "same", "added", "removed"
AROUND = 1  # lines shown on both sides of a change


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a section: there in both, only after, or only before."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class SectionDiff:
    """A section that differs."""

    id: str
    heading: str
    lines: tuple[DiffLine, ...]


def diff_sections(
    before: Mapping[str, str], after: Mapping[str, str], *, headings: Mapping[str, str]
) -> tuple[SectionDiff, ...]:
    """Return the sections whose text differs, in the order of `headings`."""
    return tuple(
        SectionDiff(name, heading, diff_lines(before.get(name, ""), after.get(name, "")))
        for name, heading in headings.items()
        if before.get(name, "") != after.get(name, "")
    )


def diff_lines(before: str, after: str) -> tuple[DiffLine, ...]:
    """Return removed and added lines with what stands around them."""
    old, new = _lines(before), _lines(after)
    found: list[DiffLine] = []
    for kind, low, high, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            kept = old[low:high]
            shown = kept if len(kept) <= 2 * AROUND else [*kept[:AROUND], "…", *kept[-AROUND:]]
            found += [DiffLine(SAME, line) for line in shown]
        else:
            found += [DiffLine(REMOVED, line) for line in old[low:high]]
            found += [DiffLine(ADDED, line) for line in new[start:end]]
    return tuple(found)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.startswith("| ---")]
