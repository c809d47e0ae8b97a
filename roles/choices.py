"""Closed lists of the org chart, and which sub-type of organisation belongs to which stage."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from roles.catalogue import RoleKey, StageKey, SubtypeKey


class UnitLevel(models.TextChoices):
    """What kind of unit it is, from the whole firm down to a store; a project team is virtual."""

    GROUP = "group", _("Group")
    HQ = "hq", _("Headquarters")
    BUSINESS_UNIT = "business_unit", _("Business unit")
    DEPARTMENT = "department", _("Department")
    REGION = "region", _("Region")
    STORE = "store", _("Store")
    PROJECT_TEAM = "project_team", _("Project team")


class Ownership(models.TextChoices):
    """Who owns a store; `na` for units that are no stores."""

    DIRECT = "direct", _("Own store")
    FRANCHISE = "franchise", _("Franchise")
    NA = "na", _("Not a store")


class FillMode(models.TextChoices):
    """How a place is filled: own staff, lent by another unit, or an outside firm."""

    INTERNAL = "internal", _("Internal")
    SECONDED = "seconded", _("Seconded")
    OUTSOURCED = "outsourced", _("Outsourced")


ROLE_KEYS = [key.value for key in RoleKey]

SUBTYPES_OF: dict[StageKey, tuple[SubtypeKey, ...]] = {
    StageKey.PROJECT: (SubtypeKey.PROJECT_TEAM,),
    StageKey.STRONG_DEPARTMENT: (SubtypeKey.MARKET_LED, SubtypeKey.SALES_LED),
    StageKey.FIRST_LEVEL: (SubtypeKey.USER_GROWTH_DRIVEN, SubtypeKey.DIGITAL_ENABLEMENT),
}
DEFAULT_STAGE, DEFAULT_SUBTYPE = StageKey.PROJECT, SubtypeKey.PROJECT_TEAM


class StageName(models.TextChoices):
    """The stages as pages below `orgstages`, which owns their definitions, write them; the keys are `StageKey`'s."""

    PROJECT = "project", _("Project")
    STRONG_DEPARTMENT = "strong-department", _("Strong department")
    FIRST_LEVEL = "first-level", _("First-level department")


SUBTYPE_NAMES = {
    SubtypeKey.PROJECT_TEAM: _("Project-team type"),
    SubtypeKey.MARKET_LED: _("Market-led"),
    SubtypeKey.SALES_LED: _("Sales-led"),
    SubtypeKey.USER_GROWTH_DRIVEN: _("User-growth-driven"),
    SubtypeKey.DIGITAL_ENABLEMENT: _("Digital-enablement"),
}
