"""What is wrong with a file, in words a person can act on. Codes and texts: `data/messages.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from omnichannel.core.text import Bilingual

LONGEST_VALUE = 200


class Severity(StrEnum):
    """An error keeps the row out; a warning lets it in."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `line` is the 1-based line of a CSV or row of a sheet; None means the whole file."""

    sheet: str
    line: int | None
    column: str
    value: str
    code: str
    message: Bilingual
    hint: Bilingual
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class _Template:
    code: str
    severity: Severity
    message: Bilingual
    hint: Bilingual


@cache
def _templates() -> Mapping[str, _Template]:
    path = Path(__file__).parents[1] / "data" / "messages.yaml"
    entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {
        code: _Template(
            code=entry.get("code", code),
            severity=Severity(entry.get("severity", "error")),
            message=Bilingual(entry["zh"][0], entry["en"][0]),
            hint=Bilingual(entry["zh"][1], entry["en"][1]),
        )
        for code, entry in entries.items()
    }


def codes() -> frozenset[str]:
    """Return every message id there is."""
    return frozenset(_templates())


def severity_of(code: str) -> Severity:
    """Return how bad a code is."""
    return _templates()[code].severity


def make_problem(
    code: str, *, sheet: str = "", line: int | None = None, column: str = "", value: str = "", **params: object
) -> Problem:
    """Build a problem from its code; `params` fill the names its texts use."""
    template = _templates()[code]
    value = clipped(value)
    names = {"column": column, "value": value, **params}
    return Problem(
        sheet=sheet,
        line=line,
        column=column,
        value=value,
        code=template.code,
        message=Bilingual(template.message.zh.format(**names), template.message.en.format(**names)),
        hint=Bilingual(template.hint.zh.format(**names), template.hint.en.format(**names)),
        severity=template.severity,
    )


def clipped(text: str) -> str:
    """Return a cell as a problem shows it: printable, and cut when it is very long."""
    return printable(text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…")


def printable(text: str) -> str:
    """Return a cell as it can be stored and shown: NUL, which PostgreSQL has no text for, as its picture."""
    return text.replace("\x00", "\u2400")


def to_json(problem: Problem) -> dict[str, object]:
    """Return the problem as plain JSON data, in the one form that pages, files and the API have."""
    return {
        "sheet": problem.sheet,
        "row": problem.line,
        "column": problem.column,
        "value": problem.value,
        "code": problem.code,
        "severity": problem.severity.value,
        "message": {"zh": problem.message.zh, "en": problem.message.en},
        "hint": {"zh": problem.hint.zh, "en": problem.hint.en},
    }


def from_json(data: Mapping[str, object]) -> Problem:
    """Rebuild a problem that `to_json` wrote."""
    message, hint, line = data["message"], data["hint"], data["row"]
    if not isinstance(message, Mapping) or not isinstance(hint, Mapping):
        raise ValueError("a problem needs its message and hint in both languages")
    return Problem(
        sheet=str(data["sheet"]),
        line=int(str(line)) if line is not None else None,
        column=str(data["column"]),
        value=str(data["value"]),
        code=str(data["code"]),
        message=Bilingual(str(message["zh"]), str(message["en"])),
        hint=Bilingual(str(hint["zh"]), str(hint["en"])),
        severity=Severity(str(data["severity"])),
    )
