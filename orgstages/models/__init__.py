"""Tables of the stages app."""

from __future__ import annotations

from orgstages.models.diagnosis import Diagnosis, DiagnosisAnswer
from orgstages.models.phase import CriterionTick, PhaseEntry
from orgstages.models.relation import RelationOwner
from orgstages.models.roadmap import Roadmap, RoadmapMilestone

__all__ = [
    "CriterionTick",
    "Diagnosis",
    "DiagnosisAnswer",
    "PhaseEntry",
    "RelationOwner",
    "Roadmap",
    "RoadmapMilestone",
]
