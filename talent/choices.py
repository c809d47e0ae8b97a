"""Closed lists of the talent app; their labels are translated."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from talent.headcount.budgeting import BandState
from talent.headcount.document import Fault
from talent.headcount.plan import Gap, RateSource


class PlanStatus(models.TextChoices):
    """Where a plan of posts stands."""

    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    ARCHIVED = "archived", _("Archived")


# which status follows which; an archived plan comes back as a draft
NEXT_STATUS: Mapping[str, tuple[PlanStatus, ...]] = {
    PlanStatus.DRAFT: (PlanStatus.APPROVED, PlanStatus.ARCHIVED),
    PlanStatus.APPROVED: (PlanStatus.ARCHIVED,),
    PlanStatus.ARCHIVED: (PlanStatus.DRAFT,),
}


class DriverSource(models.TextChoices):
    """Where the value of a driver comes from."""

    ENTERED = "entered", _("entered")
    MEASURED = "measured", _("measured")
    COUNTED = "counted", _("counted in the organisation")
    CONSTANT = "constant", _("one per company")
    MISSING = "missing", _("no data")


BAND_WORDS: Mapping[BandState, Promise] = {
    BandState.INSIDE: _("inside the band of 15–20 %"),
    BandState.BELOW: _("below the band of 15–20 %"),
    BandState.ABOVE: _("above the band of 15–20 %"),
    BandState.NO_DATA: _("nothing is budgeted yet"),
}
RATE_WORDS: Mapping[RateSource, Promise] = {
    RateSource.PEOPLE: _("mean cost of own people"),
    RateSource.BAND: _("middle of the pay band"),
    RateSource.ENTERED: _("entered"),
}
GAP_WORDS: Mapping[Gap, Promise] = {
    Gap.NO_DRIVER: _("the driver has no value"),
    Gap.NO_RATE: _("the monthly cost of a post is not known"),
}
FAULT_WORDS: Mapping[Fault, Promise] = {
    Fault.REQUIRED: _("Fill this in."),
    Fault.NOT_A_NUMBER: _("This is no number."),
    Fault.OUT_OF_RANGE: _("Allowed: %(allowed)s."),
    Fault.TOO_MANY_PLACES: _("At most four decimal places."),
    Fault.NOT_A_MONTH: _("Write a month such as 2026-12."),
    Fault.NOT_A_DAY: _("This is no date. Write 2026-11-30."),
    Fault.OVERLAP: _("The unit is a part of another unit of the plan; it would count twice."),
    Fault.UNKNOWN: _("This is not known here."),
    Fault.TWICE: _("The unit is in the plan already."),
    Fault.SHAPE: _("This has the wrong form."),
}


def fault_words(fault: Fault, allowed: str) -> str:
    """Return what is wrong, in the reader's language."""
    return str(FAULT_WORDS[fault]) % {"allowed": allowed}


class RatedBy(models.TextChoices):
    """Who rates: the person, or who leads them. The manager's rating counts; the person's stands beside it."""

    SELF = "self", _("Self")
    MANAGER = "manager", pgettext_lazy("rating", "Manager")


class Pool(models.TextChoices):
    """The three pools of the catalogue's talent pipeline."""

    RESERVE = "reserve", _("Reserve talent")
    CORE = "core", _("Core talent")
    INNOVATIVE = "innovative", _("Innovative talent")


class Readiness(models.TextChoices):
    """When somebody could take the target role."""

    NOW = "now", pgettext_lazy("readiness", "Now")
    ONE_YEAR = "1y", _("In 1 year")
    TWO_YEARS = "2y", _("In 2 years")


class OpenKind(models.TextChoices):
    """What is vacant: a core role that nobody holds, or a seat that nobody sits in."""

    ROLE = "role", _("Core role")
    SEAT = "seat", _("Seat")


class EnrolmentState(models.TextChoices):
    """Where somebody stands with a course."""

    ENROLLED = "enrolled", _("enrolled")
    WAITING = "waiting", _("waiting list")
    WITHDRAWN = "withdrawn", _("has withdrawn")


class NeedReason(models.TextChoices):
    """Why somebody is on the training plan."""

    MISSING = "missing_certificate", _("certificate missing")
    EXPIRING = "expiring_certificate", _("certificate expiring")
    GAP = "ability_gap", _("ability gap")
    NEW = "new_hire", _("newly hired")
    ADDED = "added", _("added by hand")


class OutcomeKind(models.TextChoices):
    """What a workshop's outcome became."""

    MILESTONE = "milestone", _("milestone")
    TARGET = "target", _("target")


class LevelLabel(models.TextChoices):
    """The levels of programmes, named."""

    MANAGEMENT = "management", _("management and strategy")
    OPERATIONS = "operations", _("operations")
    FRONTLINE = "frontline", _("frontline")
    ALL = "all", _("everybody")
