"""A team enters a phase, shows that it meets the criteria of leaving it, and moves on."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orgstages.catalogue import load_stages
from orgstages.catalogue.specs import TeamPhase
from orgstages.errors import (
    CriteriaOpen,
    DoneAhead,
    EvidenceRequired,
    PhaseOrder,
    ReasonMissing,
    UnknownDiagnosisUnit,
    UnknownMilestone,
)
from orgstages.models import CriterionTick, PhaseEntry
from orgstages.queries.diagnosis import in_bounds
from orgstages.services.acting import Actor
from roles.queries.org_chart import unit_tree


@transaction.atomic
def enter_phase(unit: str, *, phase: str, since: date, actor: Actor, reason: str = "") -> PhaseEntry:
    """Let a team enter a phase: any at first, the next one with every criterion met, an earlier one with a reason."""
    spec = load_stages().team_phases.get(phase)
    if spec is None:
        raise PhaseOrder(_("Choose one of the phases."))
    _check(unit, day=since, actor=actor)
    now = _newest(unit)
    if now is not None:
        _check_order(now, spec, since=since, reason=reason)
    return PhaseEntry.objects.create(
        unit_external_id=unit, phase=spec.id, since=since, reason=reason.strip(), author_id=actor.id
    )


@transaction.atomic
def tick_criterion(unit: str, *, criterion: int, evidence: str, met_on: date, actor: Actor) -> CriterionTick:
    """Keep that the team meets a criterion of its phase, with what shows it. New evidence replaces the older one."""
    _check(unit, day=met_on, actor=actor)
    entry = _in_phase(unit, criterion)
    if not evidence.strip():
        raise EvidenceRequired
    if met_on < entry.since:
        raise PhaseOrder(_("The team entered this phase on %(day)s.") % {"day": entry.since.isoformat()})
    _withdraw(entry, criterion, actor=actor)
    return CriterionTick.objects.create(
        entry=entry, criterion=criterion, met_on=met_on, evidence=evidence.strip(), author_id=actor.id
    )


@transaction.atomic
def untick_criterion(unit: str, *, criterion: int, actor: Actor) -> None:
    """Withdraw the evidence: the criterion is open again, the tick stays in the history."""
    _check(unit, day=actor.today, actor=actor)
    _withdraw(_in_phase(unit, criterion), criterion, actor=actor)


def _check(unit: str, *, day: date, actor: Actor) -> None:
    if not in_bounds(unit, tree=unit_tree(as_of=day), within=actor.within):
        raise UnknownDiagnosisUnit
    if day > actor.today:
        raise DoneAhead(today=actor.today)


def _newest(unit: str) -> PhaseEntry | None:
    return PhaseEntry.objects.select_for_update().filter(unit_external_id=unit).order_by("-since", "-pk").first()


def _in_phase(unit: str, criterion: int) -> PhaseEntry:
    entry = _newest(unit)
    if entry is None or criterion >= len(load_stages().team_phases[entry.phase].exit_criteria):
        raise UnknownMilestone
    return entry


def _check_order(now: PhaseEntry, wanted: TeamPhase, *, since: date, reason: str) -> None:
    here, language = load_stages().team_phases[now.phase], get_language()
    if since <= now.since:
        raise PhaseOrder(
            _("The team entered its phase on %(day)s: choose a later day.") % {"day": now.since.isoformat()}
        )
    if wanted.order <= here.order:
        if wanted.order == here.order:
            raise PhaseOrder(_("The team is in this phase already."))
        if not reason.strip():
            raise ReasonMissing
        return
    if wanted.order > here.order + 1:
        raise PhaseOrder(_("Phases follow each other: none is left out."))
    met = set(
        CriterionTick.objects.filter(entry=now, withdrawn_at=None, met_on__lte=since).values_list(
            "criterion", flat=True
        )
    )
    names = [spec.names.in_language(language) for number, spec in enumerate(here.exit_criteria) if number not in met]
    if names:
        raise CriteriaOpen(names)


def _withdraw(entry: PhaseEntry, criterion: int, *, actor: Actor) -> None:
    rows = CriterionTick.objects.filter(entry=entry, criterion=criterion, withdrawn_at=None)
    rows.update(withdrawn_at=timezone.now(), withdrawn_by=actor.id)
