"""Refusals of the roles app. Faulty rows are no exception: they come back as SyncIssue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from omnichannel.core.errors import DomainError


class UnknownUnit(DomainError):
    """No unit of this id is in the organisation on that day."""

    code: ClassVar[str] = "unknown_unit"
    status: ClassVar[int] = 404

    def __init__(self, external_id: str) -> None:
        self.external_id = external_id
        super().__init__(_("There is no unit %(unit)s.") % {"unit": external_id})


class SubtypeOfOtherStage(DomainError):
    """The sub-type belongs to another stage."""

    code: ClassVar[str] = "subtype_of_other_stage"
    status: ClassVar[int] = 422

    def __init__(self, stage: str, subtype: str) -> None:
        self.stage, self.subtype = stage, subtype
        super().__init__(
            _("The sub-type %(subtype)s does not belong to the stage %(stage)s.") % {"subtype": subtype, "stage": stage}
        )


class UnknownThing(DomainError):
    """Nothing of this id is in the organisation on that day."""

    code: ClassVar[str] = "not_found"
    status: ClassVar[int] = 404

    def __init__(self, external_id: str, day: object) -> None:
        super().__init__(_("There is no %(id)s on %(day)s.") % {"id": external_id, "day": day})


class VersionRequired(DomainError):
    """An existing thing is written without saying which version of it the caller knows."""

    code: ClassVar[str] = "precondition_required"
    status: ClassVar[int] = 428

    def __init__(self, external_id: str) -> None:
        message = _("%(id)s exists. Read it and send its ETag as If-Match, so that nobody's change is lost.")
        super().__init__(message % {"id": external_id})


class StaleVersion(DomainError):
    """The caller knows an older version of the thing than there is, or believes it to be there, or not to be."""

    code: ClassVar[str] = "precondition_failed"
    status: ClassVar[int] = 412

    def __init__(self, external_id: str, last: int | None) -> None:
        if last is None:
            message = _("%(id)s is not there.") % {"id": external_id}
        else:
            message = _("%(id)s has been changed since, in revision %(last)s. Read it again.")
            message %= {"id": external_id, "last": last}
        super().__init__(message)


class UnknownScenario(DomainError):
    """No scenario of this id is in the workspace, or none that this person may see."""

    code: ClassVar[str] = "unknown_scenario"
    status: ClassVar[int] = 404

    def __init__(self, scenario_id: object) -> None:
        super().__init__(_("There is no scenario %(id)s.") % {"id": scenario_id})


class ScenarioClosed(DomainError):
    """The scenario does not stand where this may be done with it."""

    code: ClassVar[str] = "scenario_closed"
    status: ClassVar[int] = 409

    def __init__(self, status: str) -> None:
        super().__init__(_("This cannot be done now. The scenario is: %(status)s.") % {"status": status})


class OwnScenario(DomainError):
    """Who made or edited a scenario wants to approve it."""

    code: ClassVar[str] = "own_scenario"
    status: ClassVar[int] = 403

    def __init__(self) -> None:
        super().__init__(_("Somebody who has neither made nor edited this scenario has to decide about it."))


class ScenarioDay(DomainError):
    """A scenario is to hold from, or to change something on, a day that it may not."""

    code: ClassVar[str] = "scenario_day"
    status: ClassVar[int] = 422


class ScenarioEmpty(DomainError):
    """A scenario without a name, or one that changes nothing and is to be approved, or a comment without words."""

    code: ClassVar[str] = "scenario_empty"
    status: ClassVar[int] = 422


class ScenarioChanged(DomainError):
    """The scenario is another one by now than the one that was read."""

    code: ClassVar[str] = "scenario_changed"
    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__(_("The scenario has been changed since you opened it. Read it again, then decide."))


class ScenarioConflicts(DomainError):
    """The live organisation has changed where the scenario does; each conflict wants a choice first."""

    code: ClassVar[str] = "scenario_conflicts"
    status: ClassVar[int] = 409

    def __init__(self, count: int) -> None:
        self.count = count
        words = ngettext(
            "%(count)s conflict with the live organisation wants a choice first.",
            "%(count)s conflicts with the live organisation want a choice first.",
            count,
        )
        super().__init__(words % {"count": count})


class UnknownConflict(DomainError):
    """The conflict that was chosen in is no longer there as it was shown."""

    code: ClassVar[str] = "unknown_conflict"
    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__(_("This conflict is not there any more as it was shown. Look at the list again."))


class OrganisationBusy(DomainError):
    """The organisation is being written and did not become free soon enough."""

    code: ClassVar[str] = "organisation_busy"
    status: ClassVar[int] = 503

    def __init__(self) -> None:
        super().__init__(_("The organisation is being changed right now. Try again in a moment."))


class TitleRefused(DomainError):
    """A title's mapping that cannot be kept; the message says why. `field` is the one to blame."""

    code: ClassVar[str] = "title_refused"
    status: ClassVar[int] = 422

    def __init__(self, message: str, *, field: str) -> None:
        self.field = field
        super().__init__(message)


class UnknownRole(DomainError):
    """The talent map of the workspace has no role of this key."""

    code: ClassVar[str] = "unknown_role"
    status: ClassVar[int] = 404

    def __init__(self, key: str) -> None:
        super().__init__(_("There is no role %(role)s.") % {"role": key})


class RoleRefused(DomainError):
    """Texts of a role that cannot be kept. `issues` names each: its field, such as `duties.2.en`, code and message."""

    code: ClassVar[str] = "role_refused"
    status: ClassVar[int] = 422

    def __init__(self, issues: Sequence[tuple[str, str, str]]) -> None:
        self.issues = tuple(issues)
        told = "; ".join(f"{field}: {message}" for field, _code, message in issues)
        super().__init__(_("The role cannot be kept like this: %(reason)s") % {"reason": told})


class RoleChanged(DomainError):
    """Somebody changed the role since this person looked at it."""

    code: ClassVar[str] = "role_changed"
    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__(_("Somebody has changed this role meanwhile; your change was not taken. Look at it again."))


class RoleInUse(DomainError):
    """An added role that people or seats have or had cannot be taken back, only hidden."""

    code: ClassVar[str] = "role_in_use"
    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__(_("People or seats have this role, or had it. Hide it instead: its history stays readable."))
