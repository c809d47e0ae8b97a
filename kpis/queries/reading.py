"""Where a KPI is read for a card: the person, the unit that the subject answers for, else the company."""

from __future__ import annotations

from functools import lru_cache

from kpis.engine.specs import COMPANY, KpiSpec, NoData, Scope, ScopeKind, Value
from kpis.queries.subjects import Subject
from kpis.queries.values import Book
from roles.catalogue import RoleKey


def measured(kpi: KpiSpec, subject: Subject, book: Book) -> Value:
    """Return the figure that counts on the subject's card; its scope says where it was read.

    A guide's KPIs are read at the guide, those of an own role at the person who has figures. What does not exist at a
    scope is read one step up, at the unit the subject answers for and then at the company. Judged KPIs are read at the
    person or unit, else at the role as a whole.
    """
    if kpi.qualitative:
        return _judged(kpi, subject, book)
    for scope in _steps(subject):
        value = book.get((kpi.id, scope))
        if value is None or value.reason is NoData.NOT_AT_SCOPE:
            continue
        if value.reason is None or scope.kind is not ScopeKind.EMPLOYEE or not RoleKey(subject.role).is_own:
            return value
    return Value(kpi.id, subject.scope, None, reason=NoData.NOT_AT_SCOPE)


def scopes_read(subject: Subject) -> tuple[Scope, ...]:
    """Return every scope at which figures for the subject's card may stand."""
    return tuple(dict.fromkeys([*_steps(subject), subject.scope, Scope(ScopeKind.ROLE, subject.role)]))


def _steps(subject: Subject) -> list[Scope]:
    steps = [subject.measured, COMPANY]
    if subject.scope.kind is ScopeKind.EMPLOYEE and _is_personal(subject.role):
        steps.insert(0, subject.scope)
    return steps


@lru_cache(maxsize=4096)
def _is_personal(role: str) -> bool:
    return role == RoleKey.DIGITAL_GUIDE or RoleKey(role).is_own


def _judged(kpi: KpiSpec, subject: Subject, book: Book) -> Value:
    whole_role = Scope(ScopeKind.ROLE, subject.role)
    last = [COMPANY] if subject.scope == COMPANY else []
    own = [] if subject.scope == COMPANY else [subject.scope]
    values = [book.get((kpi.id, scope)) for scope in (*own, whole_role, *last)]
    present = [value for value in values if value is not None]
    with_score = [value for value in present if value.value is not None]
    return next(iter([*with_score, *present]), Value(kpi.id, subject.scope, None, reason=NoData.NO_ROWS))
