"""The way of a scenario into the organisation: submitted, decided by somebody else, applied as one revision."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from roles.choices import OrgSource, ScenarioStatus, StepKind
from roles.errors import OwnScenario, ScenarioChanged, ScenarioConflicts, ScenarioEmpty
from roles.models import Scenario
from roles.services.scenarios.entries import drift_of, entries_of
from roles.services.scenarios.keeping import editable, in_status, scenario_of
from roles.services.sync.checks import patiently
from roles.services.sync.restoring import restore_things
from roles.services.written import Written, attempt

DECISION = ["status", "decided_by", "decided_at", "decision_note"]
MADE_BY = (StepKind.EDIT, StepKind.CHOICE, StepKind.DROP)


@transaction.atomic
def submit(scenario_id: int, *, actor_id: int | None) -> Scenario:
    """Ask for approval. Refused for one that changes nothing, and while conflicts with the live one are open."""
    scenario = editable(scenario_of(scenario_id, lock=True))
    if not scenario.changes:
        raise ScenarioEmpty(_("This scenario changes nothing yet."))
    _check_conflicts(scenario)
    scenario.status = ScenarioStatus.SUBMITTED
    scenario.submitted_by_id, scenario.submitted_at = actor_id, timezone.now()
    scenario.decided_by, scenario.decided_at, scenario.decision_note = None, None, ""
    scenario.save(update_fields=["submitted_by", "submitted_at", *DECISION])
    return scenario


@transaction.atomic
def withdraw(scenario_id: int) -> Scenario:
    """Make it a draft again that can be edited; an approval is void then."""
    scenario = in_status(scenario_of(scenario_id, lock=True), ScenarioStatus.SUBMITTED, ScenarioStatus.APPROVED)
    scenario.status, scenario.decided_by, scenario.decided_at = ScenarioStatus.DRAFT, None, None
    scenario.decision_note = ""
    scenario.save(update_fields=DECISION)
    return scenario


@transaction.atomic
def approve(scenario_id: int, *, actor_id: int | None, note: str = "", seen: str = "") -> Scenario:
    """Approve what was submitted; by nobody who made, edited or submitted it, and only without open conflicts.

    `seen` is `changed_at` (ISO) of what the approver has read: ScenarioChanged when it has been changed since.
    """
    scenario = in_status(scenario_of(scenario_id, lock=True), ScenarioStatus.SUBMITTED)
    _check_other(scenario, actor_id)
    if seen and seen != scenario.changed_at.isoformat():
        raise ScenarioChanged
    _check_conflicts(scenario)
    return _decide(scenario, ScenarioStatus.APPROVED, actor_id=actor_id, note=note)


@transaction.atomic
def reject(scenario_id: int, *, actor_id: int | None, note: str) -> Scenario:
    """Refuse what was submitted, with the reason; the next edit makes it a draft again."""
    scenario = in_status(scenario_of(scenario_id, lock=True), ScenarioStatus.SUBMITTED)
    if not note.strip():
        raise ScenarioEmpty(_("Say why."))
    _check_other(scenario, actor_id)
    return _decide(scenario, ScenarioStatus.REJECTED, actor_id=actor_id, note=note)


def may_decide(scenario: Scenario, actor_id: int | None) -> bool:
    """Tell whether this is somebody else than those who made, edited or submitted it, or what it was copied from."""
    each: Scenario | None = scenario
    while each is not None:
        steps = each.steps.filter(kind__in=MADE_BY, is_undone=False)
        if actor_id in {each.created_by_id, each.submitted_by_id, *steps.values_list("actor_id", flat=True)}:
            return False
        each = each.copy_of
    return True


def apply(scenario_id: int, *, actor_id: int | None) -> Written:
    """Write an approved scenario into the organisation as one revision; each change holds from its own day.

    ScenarioConflicts where live changes want a choice first; issues name what does not hold together any more.
    """
    with patiently():
        scenario = in_status(scenario_of(scenario_id, lock=True), ScenarioStatus.APPROVED)
        with attempt(actor_id=actor_id, source=OrgSource.SCENARIO, note=scenario.name) as tried:
            drift = drift_of(entries_of(scenario.changes))
            if drift.conflicts:
                raise ScenarioConflicts(len(drift.conflicts))
            wanted = drift.to_write()
            expected = {thing: {key: drift.live[thing, key] for key in some} for thing, some in wanted.items()}
            for _thing, issue in restore_things(expected, wanted=wanted, recorder=tried.recorder):
                tried.refuse(issue.key, "", code="in_the_way", message=issue.message)
        written = tried.outcome
        if written.is_ok:
            if tried.recorder.written is None:
                raise ScenarioEmpty(_("The live organisation is as this scenario wants it already."))
            scenario.status, scenario.applied_revision = ScenarioStatus.APPLIED, tried.recorder.written
            scenario.applied_by_id, scenario.applied_at = actor_id, timezone.now()
            scenario.save(update_fields=["status", "applied_revision", "applied_by", "applied_at"])
    return written


def _decide(scenario: Scenario, status: ScenarioStatus, *, actor_id: int | None, note: str) -> Scenario:
    scenario.status, scenario.decision_note = status, note.strip()
    scenario.decided_by_id, scenario.decided_at = actor_id, timezone.now()
    scenario.save(update_fields=DECISION)
    return scenario


def _check_other(scenario: Scenario, actor_id: int | None) -> None:
    if not may_decide(scenario, actor_id):
        raise OwnScenario


def _check_conflicts(scenario: Scenario) -> None:
    found = drift_of(entries_of(scenario.changes)).conflicts
    if found:
        raise ScenarioConflicts(len(found))
