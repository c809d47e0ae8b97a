"""Closed lists of the ad budget ladder. The rungs are those of `domain.md` 16."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RungName(models.TextChoices):
    """The rungs of the ladder, the shallow one first."""

    SHALLOW = "shallow", _("Rung 1: seen")
    MIDDLE = "middle", _("Rung 2: stayed")
    DEEP = "deep", _("Rung 3: paid back")


class AskMetricName(models.TextChoices):
    """What a request may aim at; the rung of each stands in `kpis.incentives.budget_asks`."""

    IMPRESSIONS = "impressions", _("Impressions")
    CLICK_RATE = "click_rate", _("Click rate")
    PRIVATE_USERS = "private_users", _("New private users by ads")
    PLATFORMS = "platforms", _("Media expansion (platforms)")
    COST_PER_USER = "cost_per_user", _("Cost per private user")
    ROI = "roi", _("ROI on revenue")
    PROFIT_ROI = "profit_roi", _("Profit ROI")
    LTV_CAC = "ltv_cac", _("LTV/CAC")


class AskState(models.TextChoices):
    """Where a request stands, by what was decided on it."""

    WAITING = "waiting", pgettext_lazy("budget request", "Waits for a decision")
    PART = "part", pgettext_lazy("budget request", "Released in part")
    RELEASED = "released", pgettext_lazy("budget request", "Released in full")
    REFUSED = "refused", pgettext_lazy("budget request", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("budget request", "Withdrawn")


class AskStepKind(models.TextChoices):
    """What happened to a request."""

    ASKED = "asked", pgettext_lazy("budget request", "Asked for")
    RELEASED = "released", pgettext_lazy("budget request", "Instalment released")
    OVERRULED = "overruled", pgettext_lazy("budget request", "Instalment released against the figures")
    REFUSED = "refused", pgettext_lazy("budget request", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("budget request", "Withdrawn")
