"""Reads of targets and reviews, as grading and the engine want them, and where a target comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from kpis.choices import TargetOrigin
from kpis.engine.specs import Scope, ScopeKind
from kpis.models import FactChange, Review, Target, TargetChange
from kpis.queries.values import FEW_SCOPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from omnichannel.core.periods import Period

REVIEW_COLUMNS = ("period", "kpi_id", "subject_kind", "subject_id", "reviewer_id", "score", "evidence", "_seq")
TargetKey = tuple[str, str, str, str]  # period, KPI, scope kind, scope id
MOST_LINES = 40


def targets_of(
    period: Period,
    *,
    kpis: Collection[str] | None = None,
    units: Collection[str] | None = None,
    scopes: Collection[Scope] | None = None,
) -> Mapping[tuple[str, Scope], Decimal]:
    """Return the targets of exactly this period by KPI and scope. A quarter's target is no month's target.

    With `units` only those of the company and of these units, with `scopes` exactly theirs.
    """
    found = Target.objects.filter(period=str(period))
    if kpis is not None:
        found = found.filter(kpi__in=kpis)
    if units is not None:
        of_units = Q(scope_kind=ScopeKind.UNIT.value, scope_id__in=list(units))
        found = found.filter(of_units | Q(scope_kind=ScopeKind.COMPANY.value))
    if scopes is not None:
        found = found.filter(scope_kind__in={scope.kind.value for scope in scopes})
        if len(scopes) <= FEW_SCOPES:
            found = found.filter(scope_id__in={scope.id for scope in scopes})
    wanted = None if scopes is None else {(scope.kind.value, scope.id) for scope in scopes}
    kinds = {kind.value: kind for kind in ScopeKind}
    rows = found.values_list("kpi", "scope_kind", "scope_id", "value").iterator(chunk_size=5000)
    return {
        (kpi, Scope(kinds[kind], scope)): value
        for kpi, kind, scope, value in rows
        if wanted is None or (kind, scope) in wanted
    }


def has_targets(periods: Iterable[Period]) -> bool:
    """Tell whether any target stands for one of the periods."""
    return Target.objects.filter(period__in=[str(period) for period in periods]).exists()


def review_rows() -> list[dict[str, object]]:
    """Return every review with the column names of the canonical table, for the engine.

    `_seq` is the place of the upload it came with, null for one written here.
    """
    columns = ("period", "kpi", "subject_kind", "subject_id", "reviewer_id", "score", "evidence", "upload__seq")
    rows = Review.objects.order_by("pk").values_list(*columns).iterator(chunk_size=5000)
    return [dict(zip(REVIEW_COLUMNS, row, strict=True)) for row in rows]


@dataclass(frozen=True, slots=True)
class Aim:
    """A target with what frames it, and how it came to be."""

    value: Decimal
    floor: Decimal | None = None
    stretch: Decimal | None = None
    origin: str = ""

    def part(self, layer: str) -> Decimal | None:
        """Return `value`, `floor` or `stretch`."""
        return {"value": self.value, "floor": self.floor, "stretch": self.stretch}[layer]


def aims(
    kpi: str,
    periods: Iterable[str],
    *,
    kinds: Collection[str] = ("company", "unit"),
    people: Collection[str] = (),
    units: Collection[str] | None = None,
) -> dict[tuple[Scope, str], Aim]:
    """Return a KPI's targets by scope and period in one query: of whole kinds of scopes, and of the people named.

    With `units` only those of the kinds that are so called; the company has no name.
    """
    wanted = Q(scope_kind__in=list(kinds))
    if units is not None:
        wanted &= Q(scope_id__in=["", *units])
    if people:
        wanted |= Q(scope_kind=ScopeKind.EMPLOYEE.value, scope_id__in=list(people))
    rows = Target.objects.filter(wanted, kpi=kpi, period__in=list(periods))
    columns = ("scope_kind", "scope_id", "period", "value", "floor", "stretch", "upload_id", "edit__origin")
    return {
        (Scope(ScopeKind(kind), scope), period): Aim(value, floor, stretch, _origin(upload, origin))
        for kind, scope, period, value, floor, stretch, upload, origin in rows.values_list(*columns).iterator(
            chunk_size=5000
        )
    }


def target_line(kpi: str, scope: Scope, periods: Sequence[Period]) -> list[Decimal | None]:
    """Return a KPI's targets of one scope for each of the periods, None where there is none, in one query."""
    person = scope.kind is ScopeKind.EMPLOYEE
    names = [str(period) for period in periods]
    kinds, people = ((), [scope.id]) if person else ((scope.kind.value,), ())
    found = aims(kpi, names, kinds=kinds, people=people, units=[scope.id])
    return [aim.value if (aim := found.get((scope, name))) else None for name in names]


def unit_sums(
    kpi: str, periods: Iterable[str], parents: Mapping[str, str]
) -> tuple[dict[tuple[str, str], Decimal], dict[tuple[str, str], list[Decimal]]]:
    """Return a KPI's targets by unit and period, and those right below each unit; the company's unit is empty.

    `parents` says what each unit belongs to.
    """
    rows = Target.objects.filter(kpi=kpi, period__in=list(periods), scope_kind__in=["company", "unit"])
    own: dict[tuple[str, str], Decimal] = {}
    below: dict[tuple[str, str], list[Decimal]] = {}
    for unit, period, value in rows.values_list("scope_id", "period", "value").iterator(chunk_size=5000):
        own[unit, period] = value
        if unit in parents:
            below.setdefault((parents[unit], period), []).append(value)
    return own, below


def aims_at(kpi: str, places: Collection[tuple[Scope, str]]) -> dict[tuple[Scope, str], Aim]:
    """Return a KPI's targets at exactly these scopes and periods."""
    periods, ids = {period for _scope, period in places}, {scope.id for scope, _period in places}
    rows = Target.objects.filter(kpi=kpi, period__in=periods, scope_id__in=ids)
    columns = ("scope_kind", "scope_id", "period", "value", "floor", "stretch")
    found = {
        (Scope(ScopeKind(kind), scope), period): Aim(value, floor, stretch)
        for kind, scope, period, value, floor, stretch in rows.values_list(*columns)
    }
    return {place: aim for place, aim in found.items() if place in places}


def _origin(upload: int | None, origin: str | None) -> str:
    return TargetOrigin.FILE.value if upload is not None else origin or ""


def target_key(key: TargetKey) -> str:
    """Return a target's key as one text, the form of `FactChange.key`."""
    return json.dumps(list(key), ensure_ascii=False)


def key_parts(text: str) -> TargetKey:
    """Return period, KPI, scope kind and scope id of such a text."""
    period, kpi, kind, scope = json.loads(text)
    return period, kpi, kind, scope


def changed_since(keys: Collection[TargetKey], *, moment: datetime) -> frozenset[str]:
    """Return the keys, as texts, of the targets that were written or removed after a moment."""
    texts = {target_key(key) for key in keys}
    near = Target.objects.filter(
        period__in={key[0] for key in keys}, kpi__in={key[1] for key in keys}, recorded_at__gt=moment
    )
    written = {target_key(row) for row in near.values_list("period", "kpi", "scope_kind", "scope_id")}
    removed = TargetChange.objects.filter(key__in=texts, edit__created_at__gt=moment, after__isnull=True)
    return frozenset(texts & (written | set(removed.values_list("key", flat=True))))


@dataclass(frozen=True, slots=True)
class LastHand:
    """What a target is by now and who made it so; `who` is empty for a file. No value: it was removed."""

    value: Decimal | None
    who: str


def last_hands(keys: Collection[TargetKey]) -> dict[str, LastHand]:
    """Return by its key, as a text, what each target is now and whose hand it was, in two queries."""
    if not keys:
        return {}
    texts = {target_key(key) for key in keys}
    near = Target.objects.filter(period__in={key[0] for key in keys}, kpi__in={key[1] for key in keys})
    rows = near.values_list("period", "kpi", "scope_kind", "scope_id", "value", "upload_id")
    now = {target_key(row[:4]): row[4:] for row in rows.iterator(chunk_size=5000)}
    newest = TargetChange.objects.filter(key__in=texts).order_by("id").values_list("key", "edit__created_by__email")
    who = dict(newest)
    hands = {}
    for key in texts:
        value, upload = now.get(key, (None, None))
        hands[key] = LastHand(value, "" if upload else who.get(key) or "")
    return hands


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change of a target: when, by whom, how, and from what to what (None: there was none)."""

    period: str
    at: datetime
    who: str
    origin: str
    note: str
    upload: int | None
    before: Aim | None
    after: Aim | None


def target_history(*keys: TargetKey) -> list[HistoryLine]:
    """Return what became of targets, newest first: edits, and every load and revert of an upload that changed one."""
    texts = [target_key(key) for key in keys]
    edits = TargetChange.objects.filter(key__in=texts).select_related("edit__created_by").order_by("-id")[:MOST_LINES]
    lines = [
        HistoryLine(
            period=key_parts(change.key)[0],
            at=change.edit.created_at,
            who=str(change.edit.created_by or ""),
            origin=change.edit.origin,
            note=change.edit.note,
            upload=None,
            before=_aim(change.before),
            after=_aim(change.after),
        )
        for change in edits
    ]
    loads = FactChange.objects.filter(table_id="targets", key__in=texts).order_by("-id")[:MOST_LINES]
    for change in loads.prefetch_related("upload__spans__started_by", "upload__spans__ended_by"):
        lines += _of_upload(change)
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _of_upload(change: FactChange) -> list[HistoryLine]:
    period, before, after = key_parts(change.key)[0], _aim(change.before), _aim(change.after)
    found = []
    for span in change.upload.spans.all():
        who, upload = str(span.started_by or ""), change.upload_id
        found.append(HistoryLine(period, span.starts_at, who, TargetOrigin.FILE.value, "", upload, before, after))
        if span.ends_at is not None:
            who = str(span.ended_by or "")
            found.append(HistoryLine(period, span.ends_at, who, TargetOrigin.UNDO.value, "", upload, after, before))
    return found


def _aim(state: dict[str, Any] | None) -> Aim | None:
    if state is None:
        return None
    floor, stretch = (None if state[name] is None else Decimal(state[name]) for name in ("floor", "stretch"))
    return Aim(Decimal(state["value"]), floor, stretch)
