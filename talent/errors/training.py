"""What training refuses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError
from orgstages.errors import UnknownOwner


class UnknownProgramme(DomainError):
    """No such programme."""

    code: ClassVar[str] = "unknown_programme"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("There is no such programme."))


class UnknownCourse(DomainError):
    """No such course, or outside what the asker may see."""

    code: ClassVar[str] = "unknown_course"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("There is no such course."))


class UnknownEnrolment(DomainError):
    """Nobody of that number is enrolled, or outside what the asker may see."""

    code: ClassVar[str] = "unknown_enrolment"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("This person is not enrolled."))


class UnknownCertificate(DomainError):
    """No such certificate, or outside what the asker may see."""

    code: ClassVar[str] = "unknown_certificate"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("There is no such certificate."))


class UnknownPlan(DomainError):
    """No such plan or line of it, or outside what the asker may see."""

    code: ClassVar[str] = "unknown_plan"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("There is no such training plan."))


class UnknownTrainee(UnknownOwner):
    """The words name no one person who works here on the day and whom the asker may enrol."""

    code: ClassVar[str] = "unknown_trainee"


class CourseRefused(DomainError):
    """Something about a course cannot be done now; the message says why."""

    code: ClassVar[str] = "course_refused"


class EnrolmentRefused(DomainError):
    """Somebody cannot be enrolled or withdrawn; the message says why."""

    code: ClassVar[str] = "enrolment_refused"


class ResultsRefused(DomainError):
    """Results cannot be kept; every fault is told."""

    code: ClassVar[str] = "results_refused"
    status: ClassVar[int] = 422

    def __init__(self, reasons: Iterable[str]) -> None:
        super().__init__(" ".join(reasons) or _("The results were not taken."))


class CertificateRefused(DomainError):
    """A certificate cannot be recorded, revoked or numbered so; the message says why."""

    code: ClassVar[str] = "certificate_refused"
    status: ClassVar[int] = 422


class ProgrammeRefused(DomainError):
    """A programme cannot be kept so; the message says why."""

    code: ClassVar[str] = "programme_refused"
    status: ClassVar[int] = 422


class PlanRefused(DomainError):
    """A line of the plan cannot be added or dropped so; the message says why."""

    code: ClassVar[str] = "plan_refused"
    status: ClassVar[int] = 422


class OutcomeRefused(DomainError):
    """An outcome did not become a milestone or a target; the message says why."""

    code: ClassVar[str] = "outcome_refused"
    status: ClassVar[int] = 422
