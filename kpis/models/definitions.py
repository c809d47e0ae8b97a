"""What a workspace has changed in the library: revisions of its KPIs, of KPIs it overrides, of parameters."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kpis.choices import DefinitionState, DefinitionSubject
from omnichannel.workspaces.scoping import WorkspaceModel

COUNTING = (DefinitionState.PUBLISHED, DefinitionState.RETIRED)


class Definition(WorkspaceModel):
    """One revision of a definition: written once, never edited. The newest of a key is its draft, when it is one.

    `content`: a KPI as the editor writes it (decimals as strings), or `{"value": …}` of a parameter. A published
    revision counts from `effective_from` on, a retired one ends what counted: an own KPI is no more, for a library KPI
    or parameter the library counts again. `base` is the library's definition that an override was made from.
    """

    subject = models.CharField(max_length=9, choices=DefinitionSubject.choices)
    key = models.CharField(max_length=60)
    state = models.CharField(max_length=9, choices=DefinitionState.choices)
    content = models.JSONField(default=dict)
    effective_from = models.DateField(null=True)
    library_version = models.CharField(max_length=80)
    base = models.JSONField(null=True)
    note = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-id"], name="definition_newest"),
            models.Index(fields=["workspace", "subject", "key", "-id"], name="definition_of_key"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(subject__in=DefinitionSubject.values), name="definition_subject_known"),
            models.CheckConstraint(condition=Q(state__in=DefinitionState.values), name="definition_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=COUNTING, effective_from__isnull=False)
                | (~Q(state__in=COUNTING) & Q(effective_from__isnull=True)),
                name="definition_counts_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.key} #{self.pk} {self.state}"
