"""The bases of the organisation: an identity, and dated facts about it on two clocks.

`during` says when a fact holds in the world (as of). `recorded_at` and `superseded_at` say when it was held to be true
here (as known): a correction ends the knowledge of a row and adds another, so no earlier answer is ever lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, Q
from django.utils import timezone

from omnichannel.workspaces.scoping import ScopedManager, WorkspaceModel
from roles.catalogue import OWN_ROLE_SHAPE
from roles.choices import ROLE_KEYS

M = TypeVar("M", bound="DatedFact")
N = TypeVar("N", bound="Identity")
_known_at: ContextVar[datetime | None] = ContextVar("known_at", default=None)
NOT_SUPERSEDED = Q(superseded_at=None)


@contextmanager
def as_known(at: datetime | None) -> Iterator[None]:
    """Let every query of dated facts in here answer as it would have at that moment; None is now."""
    token = _known_at.set(at)
    try:
        yield
    finally:
        _known_at.reset(token)


def held_true(path: str = "", *, ended: str = "superseded_at") -> Q:
    """Return the condition that a row was held to be true now, or at the moment of `as_known`.

    Managers ask it of their own rows; a join, which no manager sees, asks it with its path (`person__employments__`).
    """
    at, end = _known_at.get(), f"{path}{ended}"
    if at is None:
        return Q(**{end: None})
    return Q(**{f"{path}recorded_at__lte": at}) & (Q(**{end: None}) | Q(**{f"{end}__gt": at}))


def reaching(day: date, path: str = "") -> Q:
    """Return the condition that a fact holds on the day or later."""
    return Q(**{f"{path}during__upper_inf": True}) | Q(**{f"{path}during__endswith__gt": day})


def holds_on(day: date, path: str = "") -> Q:
    """Return the condition that a fact holds on the day.

    Row security keeps the statistics of ranges from PostgreSQL's planner, which expects so few rows of `@>` that it
    looks up what hangs on them one by one; of the two ends it expects a good part of all.
    """
    begun = Q(**{f"{path}during__lower_inf": True}) | Q(**{f"{path}during__startswith__lte": day})
    return begun & reaching(day, path)


class IdentityManager(ScopedManager[N]):
    """What the open workspace knows of: now, or at the moment of `as_known`."""

    def get_queryset(self) -> models.QuerySet[N]:
        """Return the identities that had not been removed."""
        return super().get_queryset().filter(held_true(ended="removed_at"))


class Identity(WorkspaceModel):
    """A thing known by the id of the customer's own system. Removing it keeps the row: history points to it."""

    external_id = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[IdentityManager[Self]] = IdentityManager()
    ever: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta(WorkspaceModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.external_id


class DatedManager(ScopedManager[M]):
    """Facts of the open workspace as they are known now, or at the moment of `as_known`."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the facts that were held to be true."""
        return super().get_queryset().filter(held_true())

    def on(self, day: date) -> models.QuerySet[M]:
        """Return the rows that hold on the day."""
        return self.get_queryset().filter(holds_on(day))


class DatedFact(WorkspaceModel):
    """Something that holds over `during`, a half-open range [start, end); an open side has no known end.

    Its links have `db_constraint=False`: the composite key of `ProtectTenantTable` checks them, and once is enough.
    """

    during = DateRangeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects: ClassVar[DatedManager[Self]] = DatedManager()
    ever: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta(WorkspaceModel.Meta):
        abstract = True


def role_named() -> Q:
    """Return the condition that a role is one of the 12 or shaped as an own one; services know which there are."""
    return Q(role_key__in=ROLE_KEYS) | Q(role_key__regex=f"^{OWN_ROLE_SHAPE}$")


def never_twice(name: str, *fields: str) -> ExclusionConstraint:
    """Return the constraint that no two rows of the same fields that are held to be true hold on one day.

    It is checked at the end of each statement, so that one statement may shorten one row and stretch another. What
    tells rows apart comes first: the index is split by its first columns, and the workspace is that of all the rows.
    """
    same = [(field, RangeOperators.EQUAL) for field in fields]
    return ExclusionConstraint(
        name=name,
        expressions=[*same, ("during", RangeOperators.OVERLAPS), ("workspace", RangeOperators.EQUAL)],
        condition=NOT_SUPERSEDED,
        deferrable=Deferrable.IMMEDIATE,
    )


def id_once(name: str) -> models.UniqueConstraint:
    """Return the constraint that an id of the customer's system stands for one thing, removed or not."""
    return models.UniqueConstraint(fields=["workspace", "external_id"], name=name)


def id_given(name: str) -> models.CheckConstraint:
    """Return the constraint that the id is not empty."""
    return models.CheckConstraint(condition=~Q(external_id=""), name=name)


def never_empty(name: str) -> models.CheckConstraint:
    """Return the constraint that a fact holds for a day at least."""
    return models.CheckConstraint(condition=Q(during__isempty=False), name=name)
