"""Why a card is no more the one that was published: what differs, line by line, and the facts that made it differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from kpis.choices import CauseKind
from kpis.models import Computation, Part, Publication, Scorecard, UploadSpan
from kpis.queries.card_document import company_hashes
from kpis.queries.definitions import every_kpi
from kpis.queries.subjects import FIGURE_THINGS
from kpis.queries.usage import tables_of_kpis
from omnichannel.core.periods import Period
from roles.queries.org_chart import organisation_changed_at

AMOUNTS = frozenset({"weight", "value", "target", "attainment", "points", "share", "score"})
Line = Mapping[str, Any]
MOST_UPLOADS = 20


@dataclass(frozen=True, slots=True)
class UploadFact:
    """An upload that began or ceased to count since; `action` is loaded or reverted."""

    pk: int
    filename: str
    table: str
    action: str
    on: str
    months: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, with the KPIs it changed and, for data, the uploads behind it."""

    kind: CauseKind
    kpis: tuple[str, ...] = ()
    uploads: tuple[UploadFact, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the cause as a publication keeps it."""
        uploads = [{"id": u.pk, "filename": u.filename, "action": u.action, "on": u.on} for u in self.uploads]
        return {"kind": self.kind.value, "kpis": list(self.kpis), "uploads": uploads}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one line that differs; `kpi` is empty for what concerns the whole card."""

    kpi: str
    field: str
    before: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Restated:
    """What differs between a published card and the present one, and why. `gone`: nobody has such a card now."""

    differences: tuple[Difference, ...]
    causes: tuple[Cause, ...]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Since:
    """What has happened to a period since a publication: uploads, and the definitions its figures rest on now.

    `reorganised`: units, people or assignments have been written since that the period's last day looks different by.
    """

    period: Period
    uploads: tuple[UploadFact, ...]
    hashes: Mapping[str, str]
    reorganised: bool = False


def since(period: Period, told: Publication) -> Since:
    """Read what has changed in what figures rest on since a publication of the period, in four queries."""
    newest = Computation.objects.filter(periods__contains=[str(period)]).first()
    seen = newest.upload_seq if newest else told.upload_seq
    moved_at = organisation_changed_at(on=period.last_day, among=FIGURE_THINGS)
    reorganised = moved_at is not None and moved_at > told.published_at
    return Since(period, tuple(_uploads(told.upload_seq, seen)), company_hashes(period), reorganised)


def _uploads(after: int, up_to: int) -> Iterable[UploadFact]:
    inside = Q(began__gt=after, began__lte=up_to) | Q(ended__gt=after, ended__lte=up_to)
    spans = list(UploadSpan.objects.filter(inside).select_related("upload"))
    months: dict[int, set[str]] = {}
    for uploaded, month in Part.objects.filter(upload__in=[span.upload_id for span in spans]).values_list(
        "upload_id", "month"
    ):
        months.setdefault(uploaded, set()).add(month)
    for span in spans:
        loaded = after < span.began <= up_to
        reverted = span.ended is not None and after < span.ended <= up_to
        if loaded and reverted:
            continue  # came and went: it left nothing behind
        at = span.starts_at if loaded else span.ends_at
        upload = span.upload
        yield UploadFact(
            pk=upload.pk,
            filename=upload.filename,
            table=upload.table_id,
            action="loaded" if loaded else "reverted",
            on=at.date().isoformat() if at else "",
            months=frozenset(months.get(upload.pk, ())),
        )


def restated(published: Mapping[str, Any], current: Scorecard | None, *, facts: Since) -> Restated:
    """Compare a published document with the card that is current now."""
    if current is None:
        return Restated((), (Cause(CauseKind.ORGANISATION),), gone=True)
    before = {line["kpi"]: line for line in published["lines"]}
    now = {line["kpi"]: line for line in (current.lines if current.role_key else [])}
    found = [*_card_differences(published, current), *_line_differences(before, now)]
    found += _share_differences(published, current)
    return Restated(tuple(found), tuple(_causes(found, before, now, facts=facts)))


def _card_differences(published: Mapping[str, Any], current: Scorecard) -> Iterable[Difference]:
    stage = published["stage"] or {"id": "", "subtype": "", "adopted_by": None}
    adopted, unit = stage["adopted_by"] or {"id": ""}, published["unit"] or {"id": ""}
    for field, old, new in (
        ("stage", stage["id"], current.stage),
        ("subtype", stage["subtype"], current.subtype),
        ("stage_unit", adopted["id"], current.stage_unit),
        ("unit", unit["id"], current.unit_id),
        ("score", published["score"], None if current.score is None else f"{current.score:f}"),
    ):
        if old != new:
            yield Difference("", field, old, new)


def _line_differences(before: Mapping[str, Line], now: Mapping[str, Line]) -> Iterable[Difference]:
    for kpi in dict.fromkeys([*before, *now]):
        old, new = before.get(kpi), now.get(kpi)
        for field in ("weight", "value", "target", "attainment", "points", "rows", "reason", "measured_at"):
            was, is_now = _field(old, field), _field(new, field)
            if _differs(field, was, is_now):
                yield Difference(kpi, field, was, is_now)


def _differs(field: str, was: str | None, is_now: str | None) -> bool:
    if field in AMOUNTS and was is not None and is_now is not None:
        return Decimal(was) != Decimal(is_now)  # the library's 15 is a workspace's 15.00
    return was != is_now


def _field(line: Line | None, field: str) -> str | None:
    if line is None:
        return None
    value = line[field]
    if field == "measured_at":
        return f"{value['kind']}:{value['id']}"
    return None if value is None else str(value)


def _share_differences(published: Mapping[str, Any], current: Scorecard) -> Iterable[Difference]:
    before = {line["role"]: line for line in published["roles"]}
    now = {line["role"]: line for line in (() if current.role_key else current.lines)}
    for role in dict.fromkeys([*before, *now]):
        for field in ("share", "score"):
            was, is_now = (line.get(role, {}).get(field) for line in (before, now))
            if _differs(field, was, is_now):
                yield Difference(role, field, was, is_now)


def _causes(
    found: Sequence[Difference], before: Mapping[str, Line], now: Mapping[str, Line], *, facts: Since
) -> Iterable[Cause]:
    fields: dict[str, set[str]] = {}
    for one in found:
        fields.setdefault(one.field, set()).add(one.kpi)
    stage = bool(fields.keys() & {"stage", "subtype"})
    if stage:
        yield Cause(CauseKind.STAGE, tuple(sorted(fields.get("weight", ()))))
    elif "weight" in fields:
        yield Cause(CauseKind.WEIGHTS, tuple(sorted(fields["weight"])))
    if fields.keys() & {"unit", "measured_at", "share", "stage_unit"}:
        yield Cause(CauseKind.ORGANISATION, tuple(sorted(fields.get("measured_at", ()))))
    moved = fields.get("measured_at", set())
    targets = {kpi for kpi in fields.get("target", ()) if kpi in before and kpi in now} - moved
    if targets:
        yield Cause(CauseKind.TARGETS, tuple(sorted(targets)))
    values = fields.get("value", set()) | fields.get("rows", set()) | fields.get("reason", set())
    yield from _causes_of_values({kpi for kpi in values if kpi in before and kpi in now} - moved, before, facts=facts)


def _causes_of_values(kpis: Collection[str], before: Mapping[str, Line], *, facts: Since) -> Iterable[Cause]:
    """Attribute changed figures to facts: another definition, uploads of the tables read, reviews; else the chart."""
    specs, reads = every_kpi(), tables_of_kpis()
    by_kind: dict[CauseKind, list[str]] = {}
    uploads: dict[int, UploadFact] = {}
    for kpi in sorted(kpis):
        told = (before[kpi]["definition"] or {}).get("hash", "")
        redefined = bool(told) and facts.hashes.get(kpi, told) != told
        loaded = _touching(reads.get(kpi, frozenset()), facts)
        if redefined:
            by_kind.setdefault(CauseKind.DEFINITION, []).append(kpi)
        if loaded:
            by_kind.setdefault(CauseKind.DATA, []).append(kpi)
            uploads |= {one.pk: one for one in loaded}
        if not redefined and not loaded:
            judged = kpi in specs and specs[kpi].qualitative
            by_kind.setdefault(CauseKind.REVIEWS if judged else _unseen(before[kpi], facts), []).append(kpi)
    for kind, which in by_kind.items():
        behind = tuple(uploads.values())[:MOST_UPLOADS] if kind is CauseKind.DATA else ()
        yield Cause(kind, tuple(which), behind)


def _unseen(line: Line, facts: Since) -> CauseKind:
    """Return what is left for a figure with neither new data nor a new definition: units and people moved below it."""
    below = facts.reorganised or line["measured_at"]["kind"] != "company"
    return CauseKind.ORGANISATION if below else CauseKind.CALCULATION


def _touching(tables: Collection[str], facts: Since) -> list[UploadFact]:
    """Return the uploads of the KPI's tables: those with rows of the very period, else all of them."""
    found = [one for one in facts.uploads if one.table in tables]
    months = {str(month) for month in facts.period.months()}
    exact = [one for one in found if one.months & months]
    return exact or found


def merged(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Put causes of one kind together: what many cards have in common."""
    kpis: dict[CauseKind, dict[str, None]] = {}
    uploads: dict[CauseKind, dict[int, UploadFact]] = {}
    for cause in causes:
        kpis.setdefault(cause.kind, {}).update(dict.fromkeys(cause.kpis))
        uploads.setdefault(cause.kind, {}).update({one.pk: one for one in cause.uploads})
    kinds = [kind for kind in CauseKind if kind in kpis]
    return tuple(Cause(kind, tuple(kpis[kind]), tuple(uploads[kind].values())[:MOST_UPLOADS]) for kind in kinds)
