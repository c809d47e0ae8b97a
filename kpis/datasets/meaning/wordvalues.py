"""The words of a file that are not yet our values (已付 -> paid, 静安店 -> S0101): proposed with stated confidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pyarrow as pa

from kpis.datasets.checks.values import BLANKS, EMPTY, folded
from kpis.datasets.meaning.evidence import KnownIds, Names, ids_of, names_of
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.meaning.matching import Confidence
from kpis.datasets.meaning.words import enum_words, normal_value
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec

# Different words looked at per column, most frequent first: nobody maps more than these by hand.
MOST_WORDS = 500
CLOSE = 0.6


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One word of a column that feeds `field`. Sure ones are used as they stand; `value` of an unsure one is offered.

    `reason`: label (one of our words for it), name (the only one so called), near, several, unknown; chosen (given).
    """

    field: str
    column: str
    word: str
    count: int
    value: str | None
    confidence: Confidence
    candidates: tuple[str, ...] = ()
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "field": self.field,
            "column": self.column,
            "word": self.word,
            "count": self.count,
            "value": self.value,
            "confidence": self.confidence.value,
            "candidates": list(self.candidates),
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ValueLine:
        """Rebuild a line. KeyError or ValueError when the data is not one."""
        return cls(
            data["field"],
            data["column"],
            data["word"],
            int(data["count"]),
            data.get("value"),
            Confidence(data["confidence"]),
            tuple(data.get("candidates", ())),
            data.get("reason", ""),
        )


def propose_values(
    texts: Counter[str],
    column: ColumnSpec,
    *,
    header: str = "",
    names: Names | None = None,
    known: KnownIds | None = None,
    given: Mapping[str, str] | None = None,
) -> list[ValueLine]:
    """Return a line for every word of a column that is not a value itself; words that say "nothing" have none.

    Columns without a list of values have lines only if names or ids are known for them. `given`: words already mapped.
    """
    if column.type is ColumnType.ENUM:
        judge = _enum_judge(column)
    elif names_of(column, names or {}) or ids_of(column, known or {}):
        judge = _id_judge(names_of(column, names or {}), ids=ids_of(column, known or {}))
    else:
        return []
    lines = []
    for word, count in texts.most_common(MOST_WORDS):
        if not word or folded(word).casefold() in EMPTY:
            continue
        if given and word in given:
            sure = (given[word] or None, Confidence.SURE, tuple(filter(None, (given[word],))), "chosen")
            lines.append(ValueLine(column.name, header, word, count, *sure))
        elif (judged := judge(word)) is not None:
            lines.append(ValueLine(column.name, header, word, count, *judged))
    return lines


Judged = tuple[str | None, Confidence, tuple[str, ...], str]
Judge = Callable[[str], Judged | None]


def _enum_judge(column: ColumnSpec) -> Judge:
    """Return what a word of an enum column is worth: None for the values themselves."""
    words = enum_words(column.enum)

    def judge(word: str) -> Judged | None:
        if word in column.enum:
            return None
        normal = normal_value(folded(word))
        if normal in words:
            return words[normal], Confidence.SURE, (words[normal],), "label"
        near = _near(normal, words)
        return (near[0], Confidence.UNSURE, near, "near") if near else (None, Confidence.UNSURE, (), "unknown")

    return judge


def _id_judge(names: Mapping[str, str | Sequence[str]], *, ids: Collection[str]) -> Judge:
    """Return what a word of an id column is worth: None for ids. Two things of one name are never told apart."""
    by_name = _merged(names)
    ids = ids or {one for given in by_name.values() for one in given}

    def judge(word: str) -> Judged | None:
        if word in ids:
            return None
        normal = normal_value(folded(word))
        found = by_name.get(normal, ())
        if len(found) == 1:
            return found[0], Confidence.SURE, found, "name"
        if found:
            return None, Confidence.UNSURE, found, "several"
        near = _near_names(normal, by_name)
        return None, Confidence.UNSURE, near, "near" if near else "unknown"

    return judge


def _merged(names: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return normal name -> the ids of everything that is so called."""
    merged: dict[str, tuple[str, ...]] = {}
    for name, given in names.items():
        ids = (given,) if isinstance(given, str) else tuple(given)
        normal = normal_value(folded(name))
        merged[normal] = tuple(dict.fromkeys((*merged.get(normal, ()), *ids)))
    return merged


def _near(normal: str, words: Mapping[str, str]) -> tuple[str, ...]:
    """Return values whose words contain the word, are contained in it or are written much alike; the nearest first."""
    inside = sorted(
        (known for known in words if len(known) >= 2 and (known in normal or (len(normal) >= 2 and normal in known))),
        key=lambda known: -len(known),
    )
    close = get_close_matches(normal, words, n=3, cutoff=CLOSE)
    return tuple(dict.fromkeys(words[known] for known in (*inside, *close)))[:5]


def _near_names(normal: str, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    inside = [known for known in names if len(normal) >= 2 and len(known) >= 2 and (known in normal or normal in known)]
    close = get_close_matches(normal, names, n=3, cutoff=CLOSE)
    return tuple(dict.fromkeys(one for known in (*inside[:5], *close) for one in names[known]))[:5]


def count_words(rows: pa.Table, columns: Sequence[str]) -> dict[str, Counter[str]]:
    """Return for each column how often each of its texts is there; blanks around them do not count."""
    counted: dict[str, Counter[str]] = {}
    for column in columns:
        counts: Counter[str] = Counter()
        for one in rows.column(column).value_counts().to_pylist():
            counts[(one["values"] or "").strip(BLANKS)] += one["counts"]
        counted[column] = counts
    return counted


def value_lines(
    rows: pa.Table,
    mapping: ColumnMapping,
    *,
    table: TableSpec,
    names: Names | None = None,
    known: KnownIds | None = None,
) -> list[ValueLine]:
    """Return the lines of every column that feeds, or may feed, an enum or an id; words of ignored rows have none."""
    feeding = {name: source.column for name, source in mapping.fields.items() if source.column}
    asked = {match.field: match.column for match in mapping.matches if match.field and match.field not in feeding}
    wanted = {name: column for name, column in {**asked, **feeding}.items() if column in rows.column_names}
    wanted = {name: column for name, column in wanted.items() if _has_words(table.column(name), names, known)}
    counted = count_words(rows, list(dict.fromkeys(wanted.values())))
    lines: list[ValueLine] = []
    for name, column in wanted.items():
        left_out = set(mapping.ignore.get(column, ()))
        texts = Counter({text: count for text, count in counted[column].items() if text not in left_out})
        given = mapping.values.get(name)
        lines += propose_values(texts, table.column(name), header=column, names=names, known=known, given=given)
    return lines


def _has_words(column: ColumnSpec, names: Names | None, known: KnownIds | None) -> bool:
    if column.type is ColumnType.ENUM:
        return True
    return bool(names_of(column, names or {}) or ids_of(column, known or {}))


def with_sure_values(mapping: ColumnMapping, lines: Sequence[ValueLine]) -> ColumnMapping:
    """Return the mapping with the names that belong to one id only in its values. Labels of enums need no entry."""
    for line in lines:
        if line.reason == "name" and line.value is not None and line.confidence is Confidence.SURE:
            mapping = mapping.with_values(line.field, {line.word: line.value})
    return mapping
