"""Which definitions count: the library with what the workspace has changed, on a day and as known at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.db.models import Count, Max
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.choices import DefinitionState, DefinitionSubject
from kpis.engine.specs import KpiSpec, Library
from kpis.library import load_library
from kpis.library.own import Composed, composed, with_kpi
from kpis.models import Definition
from kpis.models.definitions import COUNTING
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.queries.zones import current_day
from omnichannel.workspaces.scoping import current_workspace_id, forget, read_once
from roles.queries.known_kpis import KnownKpi

KEY = "definitions"
ALWAYS = date.min
_tried: ContextVar[tuple[Revision, ...]] = ContextVar("tried_definitions", default=())
Subjects = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """A revision that counts, or ends what counted, from a day on. One object per row while the table stays."""

    pk: int
    subject: str
    key: str
    state: str
    content: Mapping[str, Any]
    effective_from: date
    created_at: datetime
    author: str
    note: str

    @property
    def counts(self) -> bool:
        """False for one that ends what counted."""
        return self.state == DefinitionState.PUBLISHED


def library_at(day: date | None = None, *, known_at: datetime | None = None) -> Library:
    """Return the definitions and parameters that count on a day (today when None), as known at a moment.

    One small query per request or job. The version changes with what the workspace has defined for that day.
    """
    return _composed(day, known_at).library


def broken_definitions(day: date | None = None) -> Mapping[str, str]:
    """Return own definitions that the present library cannot compute, and why; they do not count."""
    return _composed(day, None).broken


def library_for(kpi: str, *, day: date | None = None, known_at: datetime | None = None) -> Library | None:
    """Return the library of a day in which one KPI can be looked up, even when it is not defined on that day.

    None for a KPI that has never been published.
    """
    library = library_at(day, known_at=known_at)
    if kpi in library.kpis:
        return library
    spec = every_kpi().get(kpi)
    return None if spec is None else with_kpi(library, spec)


def every_kpi() -> Mapping[str, KpiSpec]:
    """Return every KPI that counts or ever has: stored cards and figures name them all. The newest text of each."""
    revisions = _revisions()
    newest = {one.key: one for one in revisions if one.counts and one.subject == DefinitionSubject.KPI}
    gone = {key: one.content for key, one in newest.items() if key not in load_library().kpis}
    counting = library_at().kpis
    missing = {key: content for key, content in gone.items() if key not in counting}
    if not missing:
        return counting
    return {**composed(load_library(), kpis=missing, params={}, mark="").library.kpis, **counting}


def first_day(kpi: str) -> date | None:
    """Return the first day on which a KPI of the workspace's own counts, or did; None for one that never does."""
    return min(_counting_days(DefinitionSubject.KPI, kpi), default=None)


def absence_words(kpi: str, day: date) -> str:
    """Return why a KPI that a workspace knows does not count on a day; nothing when it counts or is not known."""
    spec = every_kpi().get(kpi)
    if spec is None or kpi in library_at(day).kpis:
        return ""
    first = first_day(kpi)
    facts = {"kpi": spec.names.in_language(get_language() or ""), "day": day, "first": first}
    if first is not None and first > day:
        return _("%(kpi)s counts from %(first)s on, not yet on %(day)s.") % facts
    return _("%(kpi)s no longer counts on %(day)s: it is retired.") % facts


def counts_later(subject: DefinitionSubject, key: str, *, than: date) -> date | None:
    """Return the last day after a day from which a revision of the key counts; None when none does."""
    return max((day for day in _counting_days(subject, key) if day > than), default=None)


def _counting_days(subject: DefinitionSubject, key: str) -> list[date]:
    """Return the days from which a revision of the key counts: the last one made for a day decides it."""
    states = {one.effective_from: one.counts for one in _revisions() if (one.subject, one.key) == (subject, key)}
    return [day for day, counts in states.items() if counts]


def kpi_names() -> Mapping[str, Bilingual]:
    """Return the names of what counts today, by id."""
    return {key: spec.names for key, spec in library_at().kpis.items()}


def nameable_kpis() -> Mapping[str, KnownKpi]:
    """Return what counts today, by id: what a role may name as its KPI."""
    return {key: KnownKpi(spec.names, next(iter(spec.roles), "")) for key, spec in library_at().kpis.items()}


def applied(subject: DefinitionSubject, day: date | None = None) -> Mapping[str, Revision]:
    """Return the workspace's revisions of a kind that count on a day, by key."""
    found = _counting(_revisions(), day or current_day(), None)
    return {key: one for (kind, key), one in found.items() if kind == subject and one.counts}


@contextmanager
def trying(draft: Definition) -> Iterator[None]:
    """Let a draft count on every day, for this context only: what it would change is computed beside what counts."""
    tried = Revision(
        pk=-draft.pk,
        subject=draft.subject,
        key=draft.key,
        state=DefinitionState.PUBLISHED,
        content=draft.content,
        effective_from=ALWAYS,
        created_at=datetime.min.replace(tzinfo=UTC),
        author="",
        note="",
    )
    token = _tried.set((tried,))
    try:
        yield
    finally:
        _tried.reset(token)


def forget_definitions() -> None:
    """Read the definitions anew: they have just been written."""
    forget(KEY)


def _composed(day: date | None, known_at: datetime | None) -> Composed:
    revisions = _revisions()
    if not revisions and not _tried.get():
        return Composed(load_library(), {})
    counting = [one for one in _counting(revisions, day or current_day(), known_at).values() if one.counts]
    return _put_together(tuple(sorted(counting, key=lambda one: one.pk)))


def _counting(revisions: Iterable[Revision], day: date, known_at: datetime | None) -> Mapping[Subjects, Revision]:
    """Return the last revision of each key that is in force on the day. They come in the order of their days."""
    found = {
        (one.subject, one.key): one
        for one in revisions
        if one.effective_from <= day and (known_at is None or one.created_at <= known_at)
    }
    return found | {(one.subject, one.key): one for one in _tried.get()}


@lru_cache(maxsize=256)
def _put_together(counting: tuple[Revision, ...]) -> Composed:
    kpis = {one.key: one.content for one in counting if one.subject == DefinitionSubject.KPI}
    params = {one.key: one.content["value"] for one in counting if one.subject == DefinitionSubject.PARAMETER}
    mark = sha256(",".join(str(one.pk) for one in counting).encode()).hexdigest()[:8]
    return composed(load_library(), kpis=kpis, params=params, mark=mark)


def _revisions() -> tuple[Revision, ...]:
    """Return all revisions that count from some day on, by that day; those of one day in the order they were made."""
    found = read_once(KEY, lambda: Definition.objects.aggregate(last=Max("pk"), rows=Count("pk")))
    return _read(current_workspace_id(), found["last"], found["rows"]) if found["rows"] else ()


@lru_cache(maxsize=256)
def _read(workspace: int, last: int, rows: int) -> tuple[Revision, ...]:
    """Read the revisions; `last` and `rows` say which state of the append-only table is kept."""
    counting = Definition.objects.filter(state__in=COUNTING).select_related("created_by")
    return tuple(
        Revision(
            pk=row.pk,
            subject=row.subject,
            key=row.key,
            state=row.state,
            content=row.content,
            effective_from=row.effective_from,
            created_at=row.created_at,
            author=str(row.created_by or ""),
            note=row.note,
        )
        for row in counting.order_by("effective_from", "pk")
        if row.effective_from is not None
    )
