"""From changed spans to rows: ends the knowledge of what changed and adds what holds instead, in few statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import TypeVar

from omnichannel.workspaces.scoping import current_workspace_id
from roles.models.dated import DatedFact, Identity
from roles.services.sync.inserting import Row, days, insert
from roles.timeline import Span

BATCH = 2000

V = TypeVar("V")


class SpanWriter:
    """Collects the spans of many facts of one table, then writes what differs from what was stored.

    `fields` turns a span's value into the values of columns. No row is changed but for the moment its knowledge ends,
    so that `as_known` finds every earlier answer.
    """

    def __init__(self, model: type[DatedFact], *, at: datetime, actor_id: int | None) -> None:
        self.model, self.at, self.actor_id = model, at, actor_id
        self.new: list[Row] = []
        self.superseded: list[int] = []

    def add(
        self, before: Sequence[Span[V]], after: Sequence[Span[V]], *, fields: Callable[[V], dict[str, object]]
    ) -> None:
        """Note the difference between two states of one fact: a row stays only where a span says just the same."""
        old = {span.key: span for span in before if span.key is not None}
        kept = {span.key for span in after if span.key is not None and span == old[span.key]}
        self.superseded += [key for key in old if key not in kept]
        self.new += [self._row(span, fields) for span in after if span.key is None or span != old[span.key]]

    def write(self) -> None:
        """Supersede, then insert: what is no longer held to be true makes room for the new rows."""
        if self.superseded:
            self.model.objects.filter(pk__in=self.superseded).update(superseded_at=self.at)
        insert(self.model, self.new)

    def _row(self, span: Span[V], fields: Callable[[V], dict[str, object]]) -> Row:
        return {
            "workspace_id": current_workspace_id(),
            "during": days(span.start, span.end),
            "recorded_at": self.at,
            "recorded_by_id": self.actor_id,
            **fields(span.value),
        }


def identify(model: type[Identity], keys: Sequence[str], *, at: datetime) -> None:
    """Create the identities of ids that are new, known from `at` on, and bring back those that had been removed."""
    workspace_id = current_workspace_id()
    rows = ({"workspace_id": workspace_id, "external_id": key, "recorded_at": at} for key in keys)
    insert(model, rows, conflict=("workspace_id", "external_id"), update=("removed_at",))


def spans_by(rows: Iterable[tuple[str, int, date | None, date | None, V]]) -> dict[str, list[Span[V]]]:
    """Group (fact, key, start, end, value) rows, ordered by start, into the spans of each fact."""
    found: dict[str, list[Span[V]]] = {}
    for fact, key, start, end, value in rows:
        found.setdefault(fact, []).append(Span(start, end, value, key))
    return found
