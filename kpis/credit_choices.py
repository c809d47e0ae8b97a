"""Closed lists of the ledger of credit."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RulingKind(models.TextChoices):
    """How two who compete for the same rows are to live with it."""

    SHARED = "shared", _("One shared target: each sees all, the company counts once")
    SPLIT = "split", _("A fixed split: each sees its part")


class CarrierKind(models.TextChoices):
    """Who carries a target."""

    UNIT = "unit", _("Unit")
    ROLE = "role", _("Role")
