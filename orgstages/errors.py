"""Refusals of the orgstages app."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError
from orgstages.catalogue import StageSpec


class FieldError(DomainError):
    """A refusal that one field of what was sent has caused; `field` is its name."""

    status: ClassVar[int] = 422
    field: str = ""


class SeveralFaults(DomainError):
    """Several fields are wrong at once; `faults` are the refusals of each."""

    code: ClassVar[str] = "several_faults"
    status: ClassVar[int] = 422

    def __init__(self, faults: Sequence[DomainError]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(str(fault) for fault in faults))


def refuse(faults: Sequence[DomainError]) -> None:
    """Raise the one fault, or all of them together; nothing where there is none."""
    if faults:
        raise faults[0] if len(faults) == 1 else SeveralFaults(faults)


class UnknownDiagnosisUnit(DomainError):
    """No such unit on the day, or outside what the asker may see."""

    code: ClassVar[str] = "unknown_unit"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("There is no such unit on this day."))


class UnitNotThere(FieldError):
    """The unit is there by now, but was not on the day something is said of it."""

    code: ClassVar[str] = "unit_not_there"
    field = "since"

    def __init__(self, day: date) -> None:
        words = _("On %(day)s this unit was not there, or not among yours: choose a later day.")
        super().__init__(words % {"day": day.isoformat()})


class UnknownQuestion(DomainError):
    """The diagnostic has no question of that id."""

    code: ClassVar[str] = "unknown_question"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("The diagnostic has no such question."))


class UnknownOption(FieldError):
    """The answer is none of the question's."""

    code: ClassVar[str] = "unknown_option"
    field = "option"

    def __init__(self) -> None:
        super().__init__(_("Choose one of the question's answers."))


class ReasonRequired(FieldError):
    """Data answers the question; a person who says otherwise must say why."""

    code: ClassVar[str] = "reason_required"
    field = "reason"

    def __init__(self) -> None:
        super().__init__(_("The data says otherwise. Give the reason for overruling it."))


class NothingToWithdraw(DomainError):
    """Nobody has answered the question by hand."""

    code: ClassVar[str] = "nothing_to_withdraw"

    def __init__(self) -> None:
        super().__init__(_("Nobody has answered this question by hand."))


class NothingToConfirm(DomainError):
    """The respondents are not tied on this option."""

    code: ClassVar[str] = "nothing_to_confirm"

    def __init__(self) -> None:
        super().__init__(_("The respondents are not tied on this answer, so there is nothing to confirm."))


class BadEvidence(FieldError):
    """Evidence must be a web address or a KPI of the library."""

    code: ClassVar[str] = "bad_evidence"

    def __init__(self, field: str) -> None:
        self.field = field
        is_address = field == "evidence_url"
        super().__init__(
            _("A link is a web address that begins with http or https.")
            if is_address
            else _("The library has no KPI of that id.")
        )


class WayNotOffered(DomainError):
    """The facts have changed since the page was read, or no scenario can do this alone."""

    code: ClassVar[str] = "way_not_offered"

    def __init__(self) -> None:
        super().__init__(_("This change is not offered any more: the facts have changed. Read the page again."))


class WayDoesNotHold(DomainError):
    """Written into a draft, the steps do not lead to the verdict: they move other answers as well."""

    code: ClassVar[str] = "way_does_not_hold"

    def __init__(self, found: str) -> None:
        super().__init__(
            _("In a draft these steps lead to another verdict, because they change other facts as well: %(found)s.")
            % {"found": found}
        )


class WayRefused(DomainError):
    """The organisation refuses a step."""

    code: ClassVar[str] = "way_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(_("The organisation refuses a step: %(reason)s") % {"reason": reason})


class UnknownRoadmap(DomainError):
    """No such roadmap, or outside what the asker may see."""

    code: ClassVar[str] = "unknown_roadmap"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("There is no such roadmap."))


class UnknownMilestone(DomainError):
    """The roadmap has no such milestone."""

    code: ClassVar[str] = "unknown_milestone"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("The roadmap has no such milestone."))


class SkipNotConfirmed(FieldError):
    """The route leaves a stage out, and nobody has typed what it leaves out."""

    code: ClassVar[str] = "skip_not_confirmed"
    field = "confirmation"

    def __init__(self, *, stages: Iterable[StageSpec]) -> None:
        name = " ".join(stage.names.in_language(get_language()) for stage in stages)
        super().__init__(_("This route skips a stage. Type “%(name)s” to confirm it.") % {"name": name})


class RoadmapOver(DomainError):
    """A cancelled roadmap is not changed any more."""

    code: ClassVar[str] = "roadmap_cancelled"

    def __init__(self) -> None:
        super().__init__(_("This roadmap has been cancelled; it is not changed any more."))


class MilestoneOver(DomainError):
    """A milestone that was called off is not changed any more, and one that is done is not called off."""

    code: ClassVar[str] = "milestone_called_off"

    def __init__(self) -> None:
        super().__init__(_("This milestone is done or has been called off; that is not changed any more."))


class DoneAhead(FieldError):
    """Nothing is done on a day to come."""

    code: ClassVar[str] = "done_ahead"

    def __init__(self, *, today: date, field: str = "done_on") -> None:
        self.field = field
        super().__init__(_("Nothing can be done later than today, %(today)s.") % {"today": today.isoformat()})


class MilestonesRefused(DomainError):
    """The data door did not take the rows; the message says why."""

    code: ClassVar[str] = "milestones_refused"
    status: ClassVar[int] = 422

    def __init__(self, reasons: Iterable[str]) -> None:
        told = list(reasons) or [_("The milestones were not taken.")]
        super().__init__(" ".join(told))


class UnknownOwner(FieldError):
    """Nobody of that name or number works here on the day, or several are called so."""

    code: ClassVar[str] = "unknown_owner"
    field = "owner"

    def __init__(self, *, text: str, day: date | None) -> None:
        if day is None:  # nobody at all is called so
            super().__init__(_("“%(text)s” names no one person. Write the number.") % {"text": text})
            return
        words = {"text": text, "day": day.isoformat()}
        super().__init__(_("“%(text)s” names no one person who works here on %(day)s. Write the number.") % words)


class UnknownRelation(DomainError):
    """The sub-type has no relation of that number."""

    code: ClassVar[str] = "unknown_relation"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("The sub-type has no such relation."))


class UnitsOfRelation(FieldError):
    """Giver and receiver must be two units of the day; with `text` no one unit is called so."""

    code: ClassVar[str] = "relation_units"

    def __init__(self, field: str, text: str = "") -> None:
        self.field = field
        super().__init__(
            _("“%(text)s” names no one unit that is there on the day. Write the number.") % {"text": text}
            if text
            else _("Choose two different units that are there on the day.")
        )


class NobodyOwns(DomainError):
    """There is no owner to take back."""

    code: ClassVar[str] = "nobody_owns"

    def __init__(self) -> None:
        super().__init__(_("Nobody owns this relation between the two units on that day."))


class CriteriaOpen(DomainError):
    """A team moves on only when every criterion is met."""

    code: ClassVar[str] = "criteria_open"

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(_("Still open: %(criteria)s.") % {"criteria": "; ".join(names)})


class PhaseOrder(FieldError):
    """Phases follow each other; a way back needs a reason."""

    code: ClassVar[str] = "phase_order"

    def __init__(self, message: str, *, field: str = "phase") -> None:
        self.field = field
        super().__init__(message)


class EvidenceRequired(FieldError):
    """A criterion is met by evidence, not by a tick alone."""

    code: ClassVar[str] = "evidence_required"
    field = "evidence"

    def __init__(self) -> None:
        super().__init__(_("Say what shows that the criterion is met."))


class ReasonMissing(FieldError):
    """What is given up or set back is given a reason."""

    code: ClassVar[str] = "reason_missing"
    field = "reason"

    def __init__(self) -> None:
        super().__init__(_("Give a reason."))


class StaleScenario(DomainError):
    """The caller knows another version of the scenario than there is."""

    code: ClassVar[str] = "precondition_failed"
    status: ClassVar[int] = 412

    def __init__(self) -> None:
        super().__init__(_("The scenario has been changed since. Read it again and send its ETag."))


class ScenarioVersionRequired(DomainError):
    """A scenario is decided or renamed without saying which version of it has been read."""

    code: ClassVar[str] = "precondition_required"
    status: ClassVar[int] = 428

    def __init__(self) -> None:
        super().__init__(_("Read the scenario and send its ETag as If-Match, so that what holds is what was read."))
