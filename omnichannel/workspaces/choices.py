"""Closed lists of the tenancy app."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class MemberRole(models.TextChoices):
    """What a person is in a workspace; the authorisation table says what each may do."""

    OWNER = "owner", _("Owner")
    HR_LEAD = "hr_lead", _("HR lead")
    EXECUTIVE = "executive", _("Executive")
    ANALYST = "analyst", _("Analyst")
    LINE_MANAGER = "line_manager", _("Line manager")
    GUIDE = "guide", _("Store guide")


# What a person costs, and what a seat may cost, is theirs alone to see.
SEES_PAY = frozenset({MemberRole.OWNER, MemberRole.HR_LEAD})


class TokenScope(models.TextChoices):
    """What an API token may do with its holder's rights."""

    READ = "read", _("Read")
    WRITE = "write", _("Read and write")


class Rule(StrEnum):
    """An entry of the authorisation table."""

    ALLOW = "allow"
    DENY = "deny"
    OWN_UNIT = "own_unit"
    OWN_PERSON = "own_person"
