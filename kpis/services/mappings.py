"""Mappings kept per source: saved when a file is loaded, taken up for the next file with the same headers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.meaning.saved import apply_saved, file_fingerprint
from kpis.datasets.repair.fixes import fold
from kpis.errors import MappingNameMissing
from kpis.library import load_library
from kpis.models import SavedMapping, Upload
from kpis.queries.mappings import saved_mapping_for

LONGEST_NAME = 120
# Reasons of a match that stand for a person's word.
DECIDED = ("chosen", "saved")


@dataclass(frozen=True, slots=True)
class Adopted:
    """A saved mapping fitted to the columns of a file."""

    saved: SavedMapping
    mapping: ColumnMapping


def adopt_saved(columns: list[str], *, table_id: str) -> Adopted | None:
    """Return the mapping kept for files with these headers, fitted to them; None when there is none that still fits."""
    saved = saved_mapping_for(columns, table_id=table_id)
    tables = load_library().tables
    if saved is None or saved.table_id not in tables:
        return None
    return Adopted(saved, apply_saved(saved.mapping, columns, tables=tables))


def effective_mapping(upload: Upload) -> ColumnMapping:
    """Return the upload's mapping with the corrections that concern whole fields in it."""
    return fold(ColumnMapping.from_json(upload.mapping), upload.steps)[0]


def holds_decisions(upload: Upload) -> bool:
    """Tell whether a person decided something about this source that would have to be decided again."""
    mapping = effective_mapping(upload)
    told = any(match.reason in DECIDED for match in mapping.matches)
    return told or bool(upload.guess) or any("field" in step for step in upload.steps)


def keep_mapping(upload: Upload, *, name: str, actor_id: int | None) -> SavedMapping | None:
    """Keep how this upload was read and mapped for the next file with its headers, in the caller's transaction.

    Nothing is kept where nobody decided anything. MappingNameMissing without a name.
    """
    if not upload.mapping or not holds_decisions(upload):
        return None
    name = name.strip()[:LONGEST_NAME]
    if not name:
        raise MappingNameMissing
    columns = upload.inspected.get("columns", [])
    saved, created = SavedMapping.objects.get_or_create(
        fingerprint=file_fingerprint(columns),
        table_id=upload.table_id,
        defaults={"name": name, "created_by_id": actor_id},
    )
    saved.name, saved.headers, saved.system = name, list(columns), upload.system
    saved.guess, saved.mapping = upload.guess, effective_mapping(upload).to_json()
    saved.uses, saved.used_at = (1 if created else saved.uses + 1), timezone.now()
    saved.save()
    Upload.objects.filter(pk=upload.pk).update(saved_mapping=saved)
    upload.saved_mapping = saved
    return saved


def note_use(upload: Upload) -> None:
    """Count the load of an upload that was mapped by a saved mapping."""
    if upload.saved_mapping_id is not None:
        used = SavedMapping.objects.filter(pk=upload.saved_mapping_id)
        used.update(uses=F("uses") + 1, used_at=timezone.now())


@transaction.atomic
def rename_mapping(saved: SavedMapping, *, name: str) -> None:
    """Give a saved mapping another name."""
    name = name.strip()[:LONGEST_NAME]
    if not name:
        raise MappingNameMissing
    SavedMapping.objects.filter(pk=saved.pk).update(name=name)


def delete_mapping(saved: SavedMapping) -> None:
    """Forget a saved mapping: the next file of that source is mapped afresh. Uploads keep the mapping they have."""
    saved.delete()
