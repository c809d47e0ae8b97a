"""Which column of a file feeds which field of one table: by header first, then by what the cells say to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kpis.datasets.meaning.evidence import Evidence
from kpis.datasets.meaning.headers import full_header, normal_header
from kpis.datasets.meaning.words import header_factor, is_doubtful, is_rival, reserved_headers
from kpis.engine.specs import ColumnSpec, TableSpec

# The share of columns with canonical names from which on a file is taken to be in our own format.
OURS = 0.5


class Confidence(StrEnum):
    """`sure` is used as it stands, `unsure` is asked, `none` is left out unless a person chooses."""

    SURE = "sure"
    UNSURE = "unsure"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """What one column of the file is taken for.

    `reason`, when it is sure: canonical, alias, known (every cell is an id or name we know), amounts (they add up),
    preset, saved, chosen; derived (without a field of its own: a part of sums or differences, whose fields are the
    candidates). When it is asked: doubtful (the header means several things), unit (its brackets), repeated (two
    columns for one field), rival (another column sounds like it), content (the cells are something else), table (the
    table itself is asked). Else: none, reserved (a column of the problem file), unused (the preset leaves it out).
    """

    column: str
    field: str | None
    confidence: Confidence
    candidates: tuple[str, ...] = ()
    reason: str = ""


def names(column: ColumnSpec) -> frozenset[str]:
    """Return the normal headers of a field."""
    return frozenset(
        normal_header(name) for name in (column.name, column.names.zh, column.names.en, *column.aliases) if name
    )


def match_columns(columns: Sequence[str], table: TableSpec, *, evidence: Evidence) -> tuple[ColumnMatch, ...]:
    """Return a match for every column. Headers propose; cells may lower a sure match or settle a doubtful one."""
    canonical = {_canonical(column, table) for column in columns}
    # In a file of our own making the headers are meant; elsewhere `status` or `cost` is a word like any other.
    ours = len(canonical - {None}) >= OURS * len(columns)
    matches = [
        _match(column, table, taken=frozenset(canonical - {_canonical(column, table)}), evidence=evidence)
        for column in columns
    ]
    if not ours:
        matches = [_plain_word(match, table, evidence=evidence) for match in matches]
    matches = [_repeated(match, matches) for match in matches]
    return tuple(_contested(match, matches, table=table) for match in matches)


def _plain_word(match: ColumnMatch, table: TableSpec, *, evidence: Evidence) -> ColumnMatch:
    if match.reason != "canonical" or not evidence.contradicts(match.column, table.column(match.candidates[0])):
        return match
    return replace(match, confidence=Confidence.UNSURE, reason="content")


def _canonical(header: str, table: TableSpec) -> str | None:
    fed = (column.name for column in table.columns if not column.computed)
    return next((name for name in fed if name == header.strip()), None)


def _match(header: str, table: TableSpec, *, taken: frozenset[str | None], evidence: Evidence) -> ColumnMatch:
    normal = normal_header(header)
    if normal in reserved_headers():
        return ColumnMatch(header, None, Confidence.NONE, reason="reserved")
    if name := _canonical(header, table):
        return ColumnMatch(header, name, Confidence.SURE, (name,), "canonical")
    candidates = tuple(
        column.name
        for column in table.columns
        if not column.computed and column.name not in taken and normal in names(column)
    )
    if not candidates:
        return ColumnMatch(header, None, Confidence.NONE, _near(normal, table, taken=taken), "none")
    return _judged(header, table, candidates=candidates, evidence=evidence)


def _judged(header: str, table: TableSpec, *, candidates: tuple[str, ...], evidence: Evidence) -> ColumnMatch:
    """Return how far a header that names a field is to be believed."""
    column = table.column(candidates[0])
    asked = ColumnMatch(header, column.name, Confidence.UNSURE, candidates, "doubtful")
    if header_factor(header, column=column, table=table) is None:
        return replace(asked, reason="unit")
    if len(candidates) > 1:
        return asked
    if evidence.settles(header, column):
        return replace(asked, confidence=Confidence.SURE, reason="known")
    if evidence.contradicts(header, column):
        return replace(asked, reason="content")
    own = {full_header(name) for name in (column.names.zh, column.names.en)}
    if is_doubtful(table.id, column.name, header) and full_header(header) not in own:
        return asked
    return replace(asked, confidence=Confidence.SURE, reason="alias")


def _near(normal: str, table: TableSpec, *, taken: frozenset[str | None]) -> tuple[str, ...]:
    """Return fields whose names contain the header or are contained in it: offered, never taken."""
    if len(normal) < 2:
        return ()
    return tuple(
        column.name
        for column in table.columns
        if not column.computed
        and column.name not in taken
        and any(len(name) >= 2 and (name in normal or normal in name) for name in names(column))
    )[:5]


def _repeated(match: ColumnMatch, others: Sequence[ColumnMatch]) -> ColumnMatch:
    """Two columns that claim one field are both asked about, unless one carries the canonical name."""
    rivals = [other for other in others if other.field and other.field == match.field]
    if len(rivals) > 1 and match.reason != "canonical":
        return replace(match, confidence=Confidence.UNSURE, reason="repeated")
    return match


def _contested(match: ColumnMatch, others: Sequence[ColumnMatch], *, table: TableSpec) -> ColumnMatch:
    """A sure column is asked about when one that nothing claims says the same (`付款时间` beside `尾款付款时间`)."""
    if match.confidence is not Confidence.SURE or match.field is None or match.reason == "canonical":
        return match
    column, normal = table.column(match.field), normal_header(match.column)
    own = {normal_header(name) for name in (column.names.zh, column.names.en)}
    for other in others:
        if other.field is not None or other.reason == "reserved":
            continue
        longer = normal_header(other.column)
        variant = normal not in own and len(normal) >= 2 and normal in longer and normal != longer
        if variant or is_rival(table.id, column.name, other.column):
            return replace(match, confidence=Confidence.UNSURE, reason="rival")
    return match
