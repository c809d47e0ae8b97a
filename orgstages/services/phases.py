"""A team enters a phase, shows that it meets the criteria of leaving it, and moves on."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError
from orgstages.catalogue import load_stages
from orgstages.catalogue.specs import TeamPhase
from orgstages.errors import (
    CriteriaOpen,
    DoneAhead,
    EvidenceRequired,
    PhaseOrder,
    ReasonMissing,
    UnknownMilestone,
    refuse,
)
from orgstages.models import CriterionTick, PhaseEntry
from orgstages.queries.diagnosis import tree_with
from orgstages.services.acting import Actor
from orgstages.services.bounds import day_faults


@transaction.atomic
def enter_phase(unit: str, *, phase: str, since: date, actor: Actor, reason: str = "") -> PhaseEntry:
    """Let a team enter a phase: any at first, the next one with every criterion met, an earlier one with a reason."""
    spec = load_stages().team_phases.get(phase)
    if spec is None:
        raise PhaseOrder(_("Choose one of the phases."))
    refuse(phase_faults(unit, phase=phase, since=since, reason=reason, actor=actor))
    return PhaseEntry.objects.create(
        unit_external_id=unit, phase=spec.id, since=since, reason=reason.strip(), author_id=actor.id
    )


@transaction.atomic
def phase_faults(
    unit: str, *, phase: str | None, since: date | None, reason: str | None, actor: Actor
) -> list[DomainError]:
    """Return what keeps a team from entering a phase; of what could not be read, None, nothing is judged."""
    faults = day_faults(unit, day=since or actor.today, today=actor.today, within=actor.within)
    now, spec = _newest(unit), load_stages().team_phases.get(phase or "")
    if since is not None and since > actor.today:
        faults.append(DoneAhead(today=actor.today, field="since"))
    elif since is not None and now is not None and since <= now.since:
        words = _("The team entered its phase on %(day)s: choose a later day.") % {"day": now.since.isoformat()}
        faults.append(PhaseOrder(words, field="since"))
    if now is not None and spec is not None:
        faults += _order_faults(now, spec, since=since or actor.today, reason=reason)
    return faults


@transaction.atomic
def tick_criterion(unit: str, *, criterion: int, evidence: str, met_on: date, actor: Actor) -> CriterionTick:
    """Keep that the team meets a criterion of its phase, with what shows it. New evidence replaces the older one."""
    refuse(tick_faults(unit, criterion=criterion, evidence=evidence, met_on=met_on, actor=actor))
    entry = _in_phase(unit, criterion)
    _withdraw(entry, criterion, actor=actor)
    return CriterionTick.objects.create(
        entry=entry, criterion=criterion, met_on=met_on, evidence=evidence.strip(), author_id=actor.id
    )


@transaction.atomic
def tick_faults(
    unit: str, *, criterion: int, evidence: str | None, met_on: date | None, actor: Actor
) -> list[DomainError]:
    """Return what is wrong with evidence for a criterion, as `phase_faults` does."""
    tree_with(unit, as_of=actor.today, within=actor.within)
    entry = _in_phase(unit, criterion)
    faults: list[DomainError] = []
    if evidence is not None and not evidence.strip():
        faults.append(EvidenceRequired())
    if met_on is not None and met_on > actor.today:
        faults.append(DoneAhead(today=actor.today, field="met_on"))
    elif met_on is not None and met_on < entry.since:
        words = _("The team entered this phase on %(day)s.") % {"day": entry.since.isoformat()}
        faults.append(PhaseOrder(words, field="met_on"))
    return faults


@transaction.atomic
def untick_criterion(unit: str, *, criterion: int, actor: Actor) -> None:
    """Withdraw the evidence: the criterion is open again, the tick stays in the history."""
    tree_with(unit, as_of=actor.today, within=actor.within)
    _withdraw(_in_phase(unit, criterion), criterion, actor=actor)


def _newest(unit: str) -> PhaseEntry | None:
    return PhaseEntry.objects.select_for_update().filter(unit_external_id=unit).order_by("-since", "-pk").first()


def _in_phase(unit: str, criterion: int) -> PhaseEntry:
    entry = _newest(unit)
    if entry is None or criterion >= len(load_stages().team_phases[entry.phase].exit_criteria):
        raise UnknownMilestone
    return entry


def _order_faults(now: PhaseEntry, wanted: TeamPhase, *, since: date, reason: str | None) -> list[DomainError]:
    here, language = load_stages().team_phases[now.phase], get_language()
    if wanted.order == here.order:
        return [PhaseOrder(_("The team is in this phase already."))]
    if wanted.order < here.order:
        return [ReasonMissing()] if reason is not None and not reason.strip() else []
    if wanted.order > here.order + 1:
        return [PhaseOrder(_("Phases follow each other: none is left out."))]
    met = set(
        CriterionTick.objects.filter(entry=now, withdrawn_at=None, met_on__lte=since).values_list(
            "criterion", flat=True
        )
    )
    names = [spec.names.in_language(language) for number, spec in enumerate(here.exit_criteria) if number not in met]
    return [CriteriaOpen(names)] if names else []


def _withdraw(entry: PhaseEntry, criterion: int, *, actor: Actor) -> None:
    rows = CriterionTick.objects.filter(entry=entry, criterion=criterion, withdrawn_at=None)
    rows.update(withdrawn_at=timezone.now(), withdrawn_by=actor.id)
