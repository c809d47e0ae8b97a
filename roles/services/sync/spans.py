"""From changed spans to rows: creates, updates and deletes the fewest rows, in few statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TypeVar

from django.db import models
from django.utils import timezone

from roles.models.dated import DatedFact
from roles.timeline import Span

BATCH = 2000

V = TypeVar("V")


class SpanWriter:
    """Collects the spans of many facts of one table, then writes what differs from what was stored.

    `fields` turns a span's value into column values; every row it makes is of the same workspace.
    """

    def __init__(self, model: type[DatedFact], *, workspace_id: int, actor_id: int | None) -> None:
        self.model, self.workspace_id, self.actor_id = model, workspace_id, actor_id
        self.now = timezone.now()
        self.new: list[DatedFact] = []
        self.edited: list[DatedFact] = []
        self.gone: list[int] = []

    def add(
        self, before: Sequence[Span[V]], after: Sequence[Span[V]], *, fields: Callable[[V], dict[str, object]]
    ) -> None:
        """Note the difference between two states of one fact."""
        old = {span.key: span for span in before}
        kept = {span.key for span in after}
        self.gone += [key for key in old if key is not None and key not in kept]
        for span in after:
            if span.key is None:
                self.new.append(self._row(span, fields))
            elif span != old[span.key]:
                self.edited.append(self._row(span, fields))

    def write(self) -> None:
        """Delete, then update, then insert: shortened rows make room for the new ones."""
        if self.gone:
            self.model.objects.filter(pk__in=self.gone).delete()
        rewrite(self.edited)
        self.model.objects.bulk_create(self.new, batch_size=BATCH)

    def _row(self, span: Span[V], fields: Callable[[V], dict[str, object]]) -> DatedFact:
        row = self.model(
            workspace_id=self.workspace_id,
            during=(span.start, span.end),
            recorded_at=self.now,
            recorded_by_id=self.actor_id,
            **fields(span.value),
        )
        row.pk = span.key
        return row


def rewrite(rows: Sequence[models.Model]) -> None:
    """Update all columns of stored rows: one INSERT ... ON CONFLICT per batch of them."""
    if rows:
        model = type(rows[0])
        columns = [field.name for field in model._meta.local_fields if field.name not in ("id", "workspace")]
        model.objects.bulk_create(  # type: ignore[attr-defined]
            rows, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=columns
        )


def spans_by(rows: Iterable[tuple[str, int, date | None, date | None, V]]) -> dict[str, list[Span[V]]]:
    """Group (fact, key, start, end, value) rows, ordered by start, into the spans of each fact."""
    found: dict[str, list[Span[V]]] = {}
    for fact, key, start, end, value in rows:
        found.setdefault(fact, []).append(Span(start, end, value, key))
    return found
