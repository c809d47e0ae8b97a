"""The base of every dated fact: when it holds, when it was recorded and by whom."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, Q
from django.utils import timezone

from omnichannel.workspaces.scoping import ScopedManager, WorkspaceModel

M = TypeVar("M", bound="DatedFact")


class DatedManager(ScopedManager[M]):
    """Rows of the open workspace, by day."""

    def on(self, day: date) -> models.QuerySet[M]:
        """Return the rows that hold on the day."""
        return self.get_queryset().filter(during__contains=day)


class DatedFact(WorkspaceModel):
    """Something that holds over `during`, a half-open range [start, end); an open side has no known end."""

    during = DateRangeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects: ClassVar[DatedManager[Self]] = DatedManager()

    class Meta(WorkspaceModel.Meta):
        abstract = True


def never_twice(name: str, *fields: str) -> ExclusionConstraint:
    """Return the constraint that no two rows of the same fields hold on one day.

    It is checked at the end of each statement, so that one statement may shorten one row and stretch another.
    """
    same = [(field, RangeOperators.EQUAL) for field in ("workspace", *fields)]
    return ExclusionConstraint(
        name=name, expressions=[*same, ("during", RangeOperators.OVERLAPS)], deferrable=Deferrable.IMMEDIATE
    )


def never_empty(name: str) -> models.CheckConstraint:
    """Return the constraint that a fact holds for a day at least."""
    return models.CheckConstraint(condition=Q(during__isempty=False), name=name)
