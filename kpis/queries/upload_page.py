"""One upload as its page shows it: how it was read, its columns, its problems, what loading would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kpis.choices import UploadState
from kpis.datasets.mapping import ColumnMapping, ColumnMatch
from kpis.engine.specs import ColumnSpec, TableSpec
from kpis.library import load_library
from kpis.models import Upload
from kpis.models.uploads import BUSY
from kpis.queries.uploads import identical_upload
from omnichannel.jobs.models import Job

LISTED_PER_CAUSE = 50
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column of the file: what it holds, and which field it feeds, if any."""

    index: int
    match: ColumnMatch
    samples: tuple[str, ...]
    field: ColumnSpec | None
    required: bool


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A problem in the page's language."""

    row: int | None
    column: str
    value: str
    code: str
    message: str
    hint: str
    severity: str


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """One cause in one column: all of it counted, the first lines listed."""

    first: ProblemLine
    count: int
    rows: tuple[ProblemLine, ...]


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Everything the page of an upload shows. `job` is the one that is or was at work last."""

    upload: Upload
    standing: UploadState
    job: Job | None
    table: TableSpec | None
    identical: Upload | None
    columns: tuple[ColumnLine, ...]
    missing: tuple[ColumnSpec, ...]
    groups: tuple[ProblemGroup, ...]

    @property
    def busy(self) -> bool:
        """True while a job is on it or about to be."""
        return self.standing in BUSY

    @property
    def good(self) -> int:
        """Return how many rows have no error."""
        return int(self.upload.counts.get("good", 0))

    @property
    def months(self) -> list[str]:
        """Return the months that loading would touch."""
        return list(self.upload.staged.get("months", ()))

    @property
    def may_load(self) -> bool:
        """True when all rows can be loaded."""
        return (self.standing is UploadState.READY or self._load_failed) and not self.upload.counts.get("errors")

    @property
    def may_load_good_rows(self) -> bool:
        """True when some rows are faulty and the others may be loaded without them."""
        partly = (self.standing is UploadState.NEEDS_ATTENTION or self._load_failed) and self.good > 0
        return partly and bool(self.upload.counts.get("errors")) and not self.upload.counts.get("all_or_nothing")

    @property
    def _load_failed(self) -> bool:
        return self.standing is UploadState.FAILED and self.upload.load_job is not None

    @property
    def may_change(self) -> bool:
        """True while reading and columns may still be changed."""
        return self.standing in (
            UploadState.NEEDS_ATTENTION,
            UploadState.READY,
            UploadState.REFUSED,
            UploadState.FAILED,
        )


def upload_page(upload: Upload, *, language: str) -> UploadPage:
    """Return the page of an upload that was fetched by `newest_uploads`."""
    mapping = ColumnMapping.from_json(upload.mapping) if upload.mapping else None
    table = load_library().tables.get(upload.table_id)
    fed = set(mapping.fields) if mapping else set()
    needed = [column for column in table.columns if not column.nullable and not column.computed] if table else []
    return UploadPage(
        upload=upload,
        standing=upload.standing,
        job=upload.load_job or upload.check_job,
        table=table,
        identical=identical_upload(upload),
        columns=column_lines(upload.inspected, mapping, table=table),
        missing=tuple(column for column in needed if column.name not in fed) if mapping else (),
        groups=problem_groups(upload, language=language),
    )


def column_lines(
    inspected: Mapping[str, Any], mapping: ColumnMapping | None, *, table: TableSpec | None
) -> tuple[ColumnLine, ...]:
    """Return the columns of the file: those to be asked about, then required fields, then the rest, in file order."""
    if mapping is None or table is None:
        return ()
    fields = {column.name: column for column in table.columns}
    places = {name: place for place, name in enumerate(inspected.get("columns", ()))}
    lines = []
    for index, match in enumerate(mapping.matches):
        field = fields.get(match.field or "")
        samples = _samples(inspected.get("sample", ()), places.get(match.column))
        lines.append(ColumnLine(index, match, samples, field, bool(field and not field.nullable)))
    return tuple(sorted(lines, key=lambda line: (line.match.confidence != "unsure", not line.required, not line.field)))


def _samples(rows: Sequence[Sequence[str]], place: int | None) -> tuple[str, ...]:
    if place is None:
        return ()
    return tuple(dict.fromkeys(row[place] for row in rows if row[place]))[:SAMPLES]


def problem_groups(upload: Upload, *, language: str) -> tuple[ProblemGroup, ...]:
    """Return the problems by cause and column, errors first, the most frequent first."""
    told = "zh" if language.startswith("zh") else "en"
    columns = ("line", "column", "value", "code", f"message_{told}", f"hint_{told}", "severity")
    counted = {(group["code"], group["column"]): group["count"] for group in upload.counts.get("groups", ())}
    listed: dict[tuple[str, str], list[ProblemLine]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for row in upload.problems.values_list(*columns):
        problem = ProblemLine(*row)
        key = (problem.code, problem.column)
        seen[key] += 1
        if len(listed.setdefault(key, [])) < LISTED_PER_CAUSE:
            listed[key].append(problem)
    groups = [ProblemGroup(rows[0], max(counted.get(key, 0), seen[key]), tuple(rows)) for key, rows in listed.items()]
    return tuple(sorted(groups, key=lambda group: (group.first.severity != "error", -group.count)))
