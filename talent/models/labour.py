"""Labour-market facts that the workspace adds to those of the library. They are shown, never computed with."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel


class LabourFact(WorkspaceModel):
    """One wording of a fact: statement, figure, year and source. The newest row of a `key` counts, none is edited.

    A withdrawn row takes the fact off the page; the rows before it stay and can be brought back.
    """

    key = models.UUIDField(default=uuid.uuid4)
    statement = models.CharField(max_length=300)
    figure = models.DecimalField(max_digits=18, decimal_places=4)
    unit = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=300)
    url = models.URLField(max_length=500, blank=True)
    is_withdrawn = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [models.Index(fields=["workspace", "key", "-id"], name="labour_fact_newest")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(year__gte=1990, year__lte=2199), name="labour_fact_has_a_year"),
            models.CheckConstraint(condition=~Q(source=""), name="labour_fact_has_a_source"),
            models.CheckConstraint(condition=~Q(statement=""), name="labour_fact_says_something"),
        ]

    def __str__(self) -> str:
        return self.statement
