"""Saved mappings as pages list them, and the one that fits the headers of a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from django.db.models import Count, QuerySet

from kpis.datasets.meaning.presets import load_presets
from kpis.datasets.meaning.saved import file_fingerprint
from kpis.models import SavedMapping, Upload

# What a system adds to the name of each export: dates, counters, the mark of a copy.
VARYING = re.compile(r"[\s_\-.]*(?:\(\d+\)|（\d+）|[\d][\d_\-.:年月日]*|-?\s*副本|problems)+$", re.IGNORECASE)


def saved_mappings() -> QuerySet[SavedMapping]:
    """Return all saved mappings by name, with who saved them and how many uploads were mapped by each."""
    return SavedMapping.objects.select_related("created_by").annotate(uploads=Count("mapped_uploads"))


def saved_mapping_for(columns: Sequence[str], *, table_id: str = "") -> SavedMapping | None:
    """Return the mapping kept for files with these headers, the newest used one when a source feeds several tables."""
    found = SavedMapping.objects.filter(fingerprint=file_fingerprint(columns))
    if table_id:
        found = found.filter(table_id=table_id)
    return found.order_by("-used_at", "-id").first()


def last_upload_with(saved: SavedMapping, *, before: Upload) -> Upload | None:
    """Return the newest other upload that was mapped the same way."""
    return Upload.objects.filter(saved_mapping=saved, pk__lt=before.pk).order_by("-pk").first()


def source_name(upload: Upload, *, language: str) -> str:
    """Return the name to keep a mapping under: the known export, the name it has already, or that of the file."""
    if upload.saved_mapping is not None:
        return upload.saved_mapping.name
    preset = load_presets().get(upload.inspected.get("preset") or "")
    if preset is not None:
        return preset.names.in_language(language)
    stem = PurePath(upload.filename).stem
    return (VARYING.sub("", stem) or stem)[:120]
