"""Writes targets and reviews that came through the data door: the newest word counts, twice is once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone

from kpis.models import Review, Target
from omnichannel.core.periods import parse_period
from omnichannel.workspaces.scoping import WorkspaceModel, current_workspace_id

BATCH = 5000
Row = Mapping[str, Any]
M = TypeVar("M", bound=WorkspaceModel)


@dataclass(frozen=True, slots=True)
class Upserted:
    """How many rows were new, different from before, or as they were."""

    created: int
    changed: int
    same: int


@transaction.atomic
def upsert_targets(rows: Sequence[Row], *, upload_id: int | None, dry_run: bool = False) -> Upserted:
    """Write rows of the canonical table `targets`. Of two rows with one key the later counts.

    A dry run only tells what would become of them. Raises ValueError for a period that is none: the data door has
    checked the rest.
    """
    found = {}
    for row in rows:
        target = Target(
            period=str(parse_period(row["period"])),
            kpi=row["kpi_id"],
            scope_kind=row["scope_kind"],
            scope_id="" if row["scope_kind"] == "company" else row["scope_id"] or "",
            floor=row.get("floor"),
            value=row["value"],
            stretch=row.get("stretch"),
        )
        found[_key(target, TARGET_KEY)] = target
    facts = ("floor", "value", "stretch")
    return _upsert(Target, found, key=TARGET_KEY, facts=facts, upload_id=upload_id, dry_run=dry_run)


@transaction.atomic
def upsert_reviews(rows: Sequence[Row], *, upload_id: int | None, dry_run: bool = False) -> Upserted:
    """Write rows of the canonical table `reviews`. Of two rows with one key the later counts.

    A dry run only tells what would become of them.
    """
    found = {}
    for row in rows:
        review = Review(
            period=str(parse_period(row["period"])),
            kpi=row["kpi_id"],
            subject_kind=row["subject_kind"],
            subject_id=row["subject_id"],
            reviewer_id=row["reviewer_id"],
            score=row["score"],
            evidence=row["evidence"],
        )
        found[_key(review, REVIEW_KEY)] = review
    facts = ("score", "evidence")
    return _upsert(Review, found, key=REVIEW_KEY, facts=facts, upload_id=upload_id, dry_run=dry_run)


TARGET_KEY = ("period", "kpi", "scope_kind", "scope_id")
REVIEW_KEY = ("period", "kpi", "subject_kind", "subject_id", "reviewer_id")
ORIGIN: Mapping[type[models.Model], tuple[str, ...]] = {Target: ("upload", "edit"), Review: ("upload",)}


def _key(row: models.Model, names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)


def _upsert(
    model: type[M],
    found: Mapping[tuple[Any, ...], M],
    *,
    key: Sequence[str],
    facts: Sequence[str],
    upload_id: int | None,
    dry_run: bool,
) -> Upserted:
    periods = {each[0] for each in found}
    stored = {
        row[: len(key)]: row[len(key) :]
        for row in model.objects.filter(period__in=periods).values_list(*key, *facts).iterator(chunk_size=BATCH)
    }
    fresh = [(each, row) for each, row in found.items() if not _same(row, stored.get(each), facts)]
    created = sum(each not in stored for each, _row in fresh)
    count = Upserted(created=created, changed=len(fresh) - created, same=len(found) - len(fresh))
    if dry_run:
        return count
    now = timezone.now()
    for _each, row in fresh:
        row.workspace_id, row.upload_id, row.recorded_at = current_workspace_id(), upload_id, now  # type: ignore[attr-defined]
    model.objects.bulk_create(
        [row for _each, row in fresh],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["workspace", *key],
        update_fields=[*facts, *ORIGIN[model], "recorded_at"],
    )
    return count


def _same(row: models.Model, stored: tuple[Any, ...] | None, facts: Sequence[str]) -> bool:
    return stored is not None and all(getattr(row, fact) == old for fact, old in zip(facts, stored, strict=True))
