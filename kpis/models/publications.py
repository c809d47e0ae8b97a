"""Published scorecards: what was told at a moment, frozen as text. Nothing here is ever edited or deleted."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q

from kpis.choices import ScopeKindChoice, ScoreBand
from kpis.errors import PublishedForGood
from kpis.models.scorecards import Scorecard
from kpis.models.values import PERIOD_KEY
from omnichannel.workspaces.scoping import WorkspaceModel


class FrozenRow(WorkspaceModel):
    """A row that is inserted once: saving it again or deleting it is refused."""

    class Meta(WorkspaceModel.Meta):
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; PublishedForGood for one that is there."""
        if self.pk is not None and not self._state.adding:
            raise PublishedForGood
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise PublishedForGood


class Publication(FrozenRow):
    """The cards of one period as they were told. `number` counts within the period; `unit_id` is empty for all.

    `digest` is over the digests of its cards. `upload_seq` and `library_version` are those of the newest computation
    of the period. `causes` says why it differs from the publications before it (kpis/queries/restating.py).
    """

    period = models.CharField(max_length=8)
    number = models.PositiveIntegerField()
    unit_id = models.CharField(max_length=64, blank=True)
    unit_name = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=400, blank=True)
    cards_count = models.PositiveIntegerField()
    changed_count = models.PositiveIntegerField(default=0)
    causes = models.JSONField(default=list)
    upload_seq = models.BigIntegerField()
    library_version = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField()

    class Meta(FrozenRow.Meta):
        ordering = ("-period", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "period", "number"], name="publication_number_once"),
            models.CheckConstraint(condition=Q(period__regex=PERIOD_KEY), name="publication_period_key"),
            models.CheckConstraint(condition=Q(cards_count__gt=0), name="publication_has_cards"),
        ]

    def __str__(self) -> str:
        return f"{self.period} no. {self.number}"


class PublishedCard(FrozenRow):
    """One card as published. `document` is canonical JSON, `digest` the SHA-256 of its UTF-8 bytes.

    `card` is the graded revision it was made from; the other columns repeat what lists need of the document.
    """

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="cards")
    card = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="published")
    role_key = models.CharField(max_length=40, blank=True)
    scope_kind = models.CharField(max_length=8, choices=ScopeKindChoice.choices)
    scope_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200, blank=True)
    score = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    band = models.CharField(max_length=8, choices=ScoreBand.choices, blank=True)
    document = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta(FrozenRow.Meta):
        ordering = ("publication", "scope_kind", "scope_id", "role_key")
        indexes: ClassVar = [
            models.Index(fields=["workspace", "scope_kind", "scope_id", "role_key"], name="published_of_scope"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "publication", "role_key", "scope_kind", "scope_id"], name="published_card_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_key} {self.scope_kind} {self.scope_id}"
