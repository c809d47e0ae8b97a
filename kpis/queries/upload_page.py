"""One upload as its page shows it: how it was read, its columns and values, its problems, what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from kpis.choices import UploadState
from kpis.datasets.meaning.mapping import ColumnMapping, ColumnMatch
from kpis.datasets.meaning.presets import load_presets
from kpis.datasets.pipeline import HIDDEN
from kpis.datasets.repair.fixes import DERIVED, fold
from kpis.engine.specs import ColumnSpec, TableSpec
from kpis.library import load_library
from kpis.models import Upload
from kpis.models.uploads import BUSY
from kpis.queries.mappings import last_upload_with
from kpis.queries.upload_problems import ProblemGroup, problem_groups
from kpis.queries.upload_values import ValueField, value_fields
from kpis.queries.upload_words import reason_in_words, steps_in_words, value_name
from kpis.queries.uploads import has_unchecked_changes, identical_upload
from omnichannel.jobs.models import Job

SAMPLES = 3


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column of the file: what it holds, which field it feeds, if any, and why. `parts`: fields it is a part of."""

    index: int
    match: ColumnMatch
    samples: tuple[str, ...]
    field: ColumnSpec | None
    required: bool
    reason: str
    parts: tuple[ColumnSpec, ...]

    @property
    def group(self) -> str:
        """Return where the line stands: asked, used, unused."""
        if self.match.confidence == "unsure":
            return "asked"
        return "used" if self.field or self.parts else "unused"


@dataclass(frozen=True, slots=True)
class DerivedLine:
    """A field that no column feeds as it stands, and where its values come from in words."""

    field: ColumnSpec
    words: str


@dataclass(frozen=True, slots=True)
class MissingField:
    """A required field that nothing feeds; `options` are the values it may have, empty when any text will do."""

    field: ColumnSpec
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Everything the page of an upload shows. `job` is the one that is or was at work last.

    `missing`: required fields that nothing feeds or is proposed for. `previous`: the upload mapped the same way before.
    `unchecked`: corrections are there that no check has seen yet.
    """

    upload: Upload
    standing: UploadState
    job: Job | None
    table: TableSpec | None
    identical: Upload | None
    previous: Upload | None
    preset: str
    columns: tuple[ColumnLine, ...]
    derived: tuple[DerivedLine, ...]
    missing: tuple[MissingField, ...]
    values: tuple[ValueField, ...]
    groups: tuple[ProblemGroup, ...]
    steps: tuple[str, ...]
    unchecked: bool

    @property
    def busy(self) -> bool:
        """True while a job is on it or about to be."""
        return self.standing in BUSY

    @property
    def good(self) -> int:
        """Return how many rows have no error."""
        return int(self.upload.counts.get("good", 0))

    @property
    def left_out(self) -> int:
        """Return how many rows with errors are not among the loaded ones."""
        return int(self.upload.counts.get("bad", 0))

    @property
    def months(self) -> list[str]:
        """Return the months that loading would touch."""
        return list(self.upload.staged.get("months", ()))

    @property
    def asked(self) -> int:
        """Return how many columns a person should decide about."""
        return sum(line.group == "asked" for line in self.columns)

    @property
    def used(self) -> int:
        """Return how many columns are used."""
        return sum(line.group == "used" for line in self.columns)

    @property
    def fixes(self) -> int:
        """Return how many causes have a fix to offer."""
        return sum(bool(group.fixes) for group in self.groups)

    @property
    def may_load(self) -> bool:
        """True when all rows can be loaded."""
        ready = self.standing is UploadState.READY or self._load_failed
        return ready and not self.unchecked and not self.upload.counts.get("errors")

    @property
    def may_load_good_rows(self) -> bool:
        """True when some rows are faulty and the others may be loaded without them."""
        partly = (self.standing is UploadState.NEEDS_ATTENTION or self._load_failed) and self.good > 0
        faulty = bool(self.upload.counts.get("errors")) and not self.upload.counts.get("all_or_nothing")
        return partly and faulty and not self.unchecked

    @property
    def may_check_again(self) -> bool:
        """True where another check may find something else: the last failed, or rows did not fit the organisation."""
        if self.standing is UploadState.FAILED:
            return not self.may_load and not self.may_load_good_rows
        return self.standing is UploadState.NEEDS_ATTENTION and bool(self.upload.counts.get("all_or_nothing"))

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

    @property
    def may_correct(self) -> bool:
        """True while rows and values may be corrected: there is a table to correct them for."""
        return self.may_change and self.table is not None and self.standing is not UploadState.REFUSED


def upload_page(upload: Upload, *, language: str) -> UploadPage:
    """Return the page of an upload that was fetched by `newest_uploads`."""
    table = load_library().tables.get(upload.table_id)
    mapping = _effective(upload)
    preset = load_presets().get(upload.inspected.get("preset") or "")
    preset_name = preset.names.in_language(language) if preset else ""
    return UploadPage(
        upload=upload,
        standing=upload.standing,
        job=upload.load_job or upload.check_job,
        table=table,
        identical=identical_upload(upload),
        previous=last_upload_with(upload.saved_mapping, before=upload) if upload.saved_mapping else None,
        preset=preset_name,
        columns=column_lines(upload, mapping, table=table, preset=preset_name),
        derived=_derived(mapping, table=table),
        missing=_missing(upload, mapping, table=table),
        values=value_fields(upload, mapping, table=table),
        groups=problem_groups(upload, mapping, table=table, language=language),
        steps=tuple(steps_in_words(upload.steps, table=table)),
        unchecked=has_unchecked_changes(upload),
    )


def _effective(upload: Upload) -> ColumnMapping | None:
    """Return the mapping with the corrections of whole fields in it."""
    return fold(ColumnMapping.from_json(upload.mapping), upload.steps)[0] if upload.mapping else None


def column_lines(
    upload: Upload, mapping: ColumnMapping | None, *, table: TableSpec | None, preset: str
) -> tuple[ColumnLine, ...]:
    """Return the columns of the file: those to be asked about, then required fields, then the rest, in file order."""
    if mapping is None or table is None:
        return ()
    fields = {column.name: column for column in table.columns}
    inspected: Mapping[str, Any] = upload.inspected
    places = {name: place for place, name in enumerate(inspected.get("columns", ()))}
    saved = upload.saved_mapping.name if upload.saved_mapping else ""
    lines = []
    for index, match in enumerate(mapping.matches):
        field = fields.get(match.field or "")
        parts = [
            fields[name]
            for name, source in mapping.fields.items()
            if match.column in source.columns and name != match.field and name in fields
        ]
        lines.append(
            ColumnLine(
                index=index,
                match=match,
                samples=_samples(inspected.get("sample", ()), places.get(match.column)),
                field=field,
                required=bool(field and not field.nullable),
                reason=reason_in_words(match, preset=preset, saved=saved, hidden=_hidden(inspected, places, match)),
                parts=tuple(parts),
            )
        )
    order = ("asked", "used", "unused")
    return tuple(sorted(lines, key=lambda line: (order.index(line.group), not line.required)))


def _hidden(inspected: Mapping[str, Any], places: Mapping[str, int], match: ColumnMatch) -> bool:
    """Return whether the column's cells are withheld as personal data of customers."""
    return _samples(inspected.get("sample", ()), places.get(match.column)) == (HIDDEN,)


def _samples(rows: Sequence[Sequence[str]], place: int | None) -> tuple[str, ...]:
    if place is None:
        return ()
    return tuple(dict.fromkeys(row[place] for row in rows if row[place]))[:SAMPLES]


def _derived(mapping: ColumnMapping | None, *, table: TableSpec | None) -> tuple[DerivedLine, ...]:
    """Return constants, sums and the like; also columns that are scaled or filled up, which a header does not tell."""
    if mapping is None or table is None:
        return ()
    fields = {column.name: column for column in table.columns}
    language = get_language()
    return tuple(
        DerivedLine(fields[name], source.describe().in_language(language))
        for name, source in mapping.fields.items()
        if name in fields and (not source.column or source.scale != "1" or source.default is not None)
    )


def _missing(upload: Upload, mapping: ColumnMapping | None, *, table: TableSpec | None) -> tuple[MissingField, ...]:
    """Return the required fields without a source. Once checked it is the check's word: it works some out itself."""
    if mapping is None or table is None:
        return ()
    found = set(mapping.fields) | {match.field for match in mapping.matches}
    told = {group["column"] for group in upload.counts.get("groups", ()) if group["code"] == "column_missing"}
    needed = (column for column in table.columns if not column.nullable and not column.computed)
    return tuple(
        MissingField(column, tuple((value, value_name(value)) for value in column.enum))
        for column in needed
        if column.name not in found
        and (column.name in told if upload.counts else f"{table.id}.{column.name}" not in DERIVED)
    )
