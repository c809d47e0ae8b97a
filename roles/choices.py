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


# Levels that may stand beside the one root: a holding of several groups, a team of people lent to it.
FREE_ROOTS = frozenset({UnitLevel.GROUP.value, UnitLevel.PROJECT_TEAM.value})

# Whom somebody reports to, where a move does not say it: as before.
KEEP = "\0keep"


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


class LineKind(models.TextChoices):
    """Why a secondary line exists."""

    PROJECT = "project", _("Project line")
    FUNCTIONAL = "functional", _("Functional line")
    REGIONAL = "regional", _("Regional line")


class Thing(models.TextChoices):
    """What the organisation is made of, as its log and its feed name it."""

    UNITS = "units", _("Units")
    SEATS = "seats", _("Seats")
    PEOPLE = "people", _("People")
    ASSIGNMENTS = "assignments", _("Role assignments")
    LINES = "lines", _("Secondary lines")
    STAGES = "stages", _("Adopted stages")

    @property
    def one(self) -> str:
        """Return what one of them is called."""
        return str(ONE_OF[self.value])


ONE_OF = {
    "units": _("Unit"),
    "seats": _("Seat"),
    "people": _("Person"),
    "assignments": _("Role assignment"),
    "lines": _("Secondary line"),
    "stages": _("Adopted stage"),
}


class ChangeKind(models.TextChoices):
    """What happened to a thing. `in_effect`: what had been planned holds from now on."""

    CREATED = "created", _("Added")
    CHANGED = "changed", _("Changed")
    REMOVED = "removed", _("Removed")
    IN_EFFECT = "in_effect", _("In effect")


class OrgSource(models.TextChoices):
    """Through what a change of the organisation came."""

    WEB = "web", _("Browser")
    API = "api", _("API")
    FILE = "file", _("File")
    SCIM = "scim", "SCIM"
    WECOM = "wecom", _("WeCom")
    DINGTALK = "dingtalk", _("DingTalk")
    FEISHU = "feishu", _("Feishu")
    COMMAND = "command", _("Command line")
    SYSTEM = "system", _("System")
    SCENARIO = "scenario", _("Scenario")


class ScenarioStatus(models.TextChoices):
    """Where a scenario stands on its way into the organisation."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    APPLIED = "applied", _("Applied")
    DISCARDED = "discarded", _("Discarded")


class StepKind(models.TextChoices):
    """What changed a scenario: an edit, a choice in a conflict, a change taken out, being brought up to date."""

    EDIT = "edit", _("Edit")
    CHOICE = "choice", _("Choice in a conflict")
    DROP = "drop", _("Change taken out")
    UPDATE = "update", _("Brought up to date")


class ScimKind(models.TextChoices):
    """The resource types of SCIM: people are users, units are groups."""

    USER = "User", "User"
    GROUP = "Group", "Group"


class RoleAction(models.TextChoices):
    """What was done to a role of the talent map."""

    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    HIDDEN = "hidden", _("Hidden")
    SHOWN = "shown", _("Shown again")
    MERGED = "merged", _("Library text merged")
    RESTORED = "restored", _("Restored")


ROLE_KEYS = [key.value for key in RoleKey]

# The parts of a whole org chart, in an order in which each points to earlier ones only.
PARTS = (Thing.UNITS, Thing.SEATS, Thing.PEOPLE, Thing.ASSIGNMENTS, Thing.LINES)
# Amounts that only those see who administer pay; left empty in a write they stay as they are stored.
PAY = frozenset({"monthly_cost", "monthly_budget"})

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


class TitleSay(models.TextChoices):
    """What the workspace says about a job title."""

    ROLE = "role", _("means the role")
    NONE = "none", _("means none of the roles")
    RULES = "rules", _("is left to the rules")
