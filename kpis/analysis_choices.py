"""Closed lists of the analyses."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AnalysisName(models.TextChoices):
    """The analyses in the order of their page; the values are those of addresses."""

    FUNNEL = "funnel", _("Private-domain funnel")
    RFM = "rfm", _("RFM tiers")
    AIPL = "aipl", _("AIPL stages")
    CHURN = "churn", _("Churn and recall")
    COHORTS = "cohorts", _("Cohorts")
    MEMBERS = "members", _("Members by tier")
    LADDER = "ladder", _("Ad-spend ladder")
    CONTENT = "content", _("Content effect and pyramid")
    MERCHANDISE = "merchandise", _("Merchandise by category")
    LIFETIME = "lifetime", _("LTV, CAC and ROI")
    BALANCE = "balance", _("Result against process")


# Computed by a job and stored; the others put stored figures side by side.
STORED = (
    AnalysisName.RFM,
    AnalysisName.AIPL,
    AnalysisName.CHURN,
    AnalysisName.COHORTS,
    AnalysisName.MEMBERS,
    AnalysisName.LADDER,
    AnalysisName.CONTENT,
    AnalysisName.MERCHANDISE,
    AnalysisName.LIFETIME,
)
LISTED = (AnalysisName.RFM, AnalysisName.AIPL, AnalysisName.CHURN)
# Their tables do not say which unit a row belongs to.
COMPANY_ONLY = (AnalysisName.LADDER, AnalysisName.CONTENT)


class RfmTierName(models.TextChoices):
    """The three tiers; the names are the catalogue's."""

    HIGH = "high", _("High value")
    POTENTIAL = "potential", _("Potential")
    DORMANT = "dormant", _("Dormant")


class AiplStageName(models.TextChoices):
    """How far a customer has come; `none` is nobody's stage."""

    NONE = "none", pgettext_lazy("AIPL", "No stage")
    AWARENESS = "awareness", _("Awareness")
    INTEREST = "interest", _("Interest")
    PURCHASE = "purchase", _("Purchase")
    LOYALTY = "loyalty", _("Loyalty")


class ChurnStateName(models.TextChoices):
    """The lists of churn and recall."""

    CHURNED = "churned", _("Churned in the month")
    RECALLED = "recalled", _("Came back in the month")
    SOON = "soon", _("About to churn")
