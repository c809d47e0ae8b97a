"""Roadmaps, owned relations and team phases as documents for REST clients; people by their ids, not by their names."""

from __future__ import annotations

from typing import Any

from orgstages.catalogue.specs import TeamPhase
from orgstages.queries.phases import PhaseStay, TeamView, Tick
from orgstages.queries.relations import OwnedPair, OwnedRelation
from orgstages.queries.roadmaps import MilestoneView, RoadmapView
from roles.catalogue import SubtypeKey

Document = dict[str, Any]


def roadmap_document(view: RoadmapView, *, people_too: bool) -> Document:
    """Return a roadmap with its milestones; who owns one only for readers who may see people."""
    return {
        "id": view.pk,
        "unit_external_id": view.unit,
        "unit_name": view.unit_name,
        "transition": view.transition.id,
        "from_subtype": view.transition.from_subtype.value,
        "to_subtype": view.transition.to_subtype.value,
        "start_on": view.start_on,
        "ends_on": view.ends_on,
        "note": view.note,
        "skip_confirmed": view.skip_confirmed,
        "is_over": view.is_over,
        "done": view.done,
        "overdue": view.overdue,
        "cancelled_on": view.cancelled_on,
        "cancel_reason": view.cancel_reason,
        "milestones": [_milestone(one, people_too=people_too) for one in view.milestones],
    }


def _milestone(one: MilestoneView, *, people_too: bool) -> Document:
    return {
        "milestone_id": one.id,
        "title": one.title,
        "names": one.names.as_json(),
        "weeks": one.weeks,
        "owner_role": one.owner_role.value,
        "owner_external_id": (one.owner or None) if people_too else None,
        "first_planned_on": one.first_planned_on,
        "planned_on": one.planned_on,
        "done_on": one.done_on,
        "standing": one.standing.value,
        "days": one.days,
    }


def relation_document(unit: str, subtype: SubtypeKey, one: OwnedRelation, *, people_too: bool) -> Document:
    """Return a relation of a unit's sub-type with the pairs of units it stands between."""
    return {
        "unit_external_id": unit,
        "subtype": subtype.value,
        "number": one.number,
        "names": one.names.as_json(),
        "from_department": one.from_department.as_json(),
        "to_department": one.to_department.as_json(),
        "is_reconstructed": one.is_reconstructed,
        "is_owned": one.is_owned,
        "pairs": [_pair(pair, people_too=people_too) for pair in one.pairs],
    }


def _pair(pair: OwnedPair, *, people_too: bool) -> Document:
    return {
        "giver_external_id": pair.giver,
        "receiver_external_id": pair.receiver,
        "owner_external_id": pair.person if people_too else None,
        "since": pair.since,
        "owner_gap": pair.gap.value if pair.gap else None,
    }


def team_document(view: TeamView) -> Document:
    """Return a team with its phase of the day, the criteria of leaving it, and its stays, the newest first."""
    return {
        "unit_external_id": view.unit,
        "unit_name": view.unit_name,
        "phase": _phase(view.stay.phase),
        "since": view.stay.since,
        "criteria": [
            {"number": one.number, "names": one.names.as_json(), "met": _tick(one.tick) if one.tick else None}
            for one in view.criteria
        ],
        "following": _phase(view.following) if view.following else None,
        "is_ready": view.is_ready,
        "history": [_stay(stay) for stay in view.history],
    }


def _phase(phase: TeamPhase) -> Document:
    return {"key": phase.id, "order": phase.order, "names": phase.names.as_json()}


def _tick(tick: Tick) -> Document:
    return {"met_on": tick.met_on, "evidence": tick.evidence}


def _stay(stay: PhaseStay) -> Document:
    return {"phase": stay.phase.id, "since": stay.since, "until": stay.until, "reason": stay.reason}
