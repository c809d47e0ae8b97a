"""Tables of the talent app."""

from __future__ import annotations

from talent.models.certificates import Certificate, CertificatePattern, CertificateReminder
from talent.models.competence import NeededLevel, Rating, RatingLine
from talent.models.courses import Course, CourseFeedback, CourseResult, Enrolment, WorkshopOutcome
from talent.models.headcount import (
    BudgetTakeover,
    DriverEntry,
    HeadcountNorm,
    HeadcountPlan,
    HeadcountPlanStep,
    HeadcountPlanVersion,
)
from talent.models.job_descriptions import JobDescription, JobDescriptionIssue, JobDescriptionVersion
from talent.models.labour import LabourFact
from talent.models.pay import PayBandEntry
from talent.models.pools import PoolStay
from talent.models.training import PlanLine, ProgrammeVersion, TrainingPlan

__all__ = [
    "BudgetTakeover",
    "Certificate",
    "CertificatePattern",
    "CertificateReminder",
    "Course",
    "CourseFeedback",
    "CourseResult",
    "DriverEntry",
    "Enrolment",
    "HeadcountNorm",
    "HeadcountPlan",
    "HeadcountPlanStep",
    "HeadcountPlanVersion",
    "JobDescription",
    "JobDescriptionIssue",
    "JobDescriptionVersion",
    "LabourFact",
    "NeededLevel",
    "PayBandEntry",
    "PlanLine",
    "PoolStay",
    "ProgrammeVersion",
    "Rating",
    "RatingLine",
    "TrainingPlan",
    "WorkshopOutcome",
]
