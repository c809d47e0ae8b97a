"""What head count and budget refuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError
from talent.headcount.document import Issue


class UnknownPlan(DomainError):
    """There is no such plan."""

    code: ClassVar[str] = "unknown_plan"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("There is no such plan."))


class PlanRefused(DomainError):
    """The document of a plan has faults; each stands at its place."""

    code: ClassVar[str] = "plan_refused"
    status: ClassVar[int] = 422

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__(_("Nothing was kept. Correct the places that are marked."))


class NameTaken(DomainError):
    """Another plan goes by the name, or there is none."""

    code: ClassVar[str] = "plan_name"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(_("Give the plan a name that no other plan has, of at most 120 characters."))


class PlanLocked(DomainError):
    """An approved or archived plan says what it said."""

    code: ClassVar[str] = "plan_locked"

    def __init__(self) -> None:
        super().__init__(_("Only a draft can be changed. Copy the plan to go on from it."))


class PlanChanged(DomainError):
    """Somebody else has kept the plan meanwhile."""

    code: ClassVar[str] = "plan_changed"

    def __init__(self) -> None:
        super().__init__(_("Somebody has changed the plan meanwhile. Load it again; what you typed stands below."))


class PlanNewer(DomainError):
    """A step was taken on a version that is not the newest: what would be decided has not been seen."""

    code: ClassVar[str] = "plan_newer"

    def __init__(self) -> None:
        super().__init__(_("The plan has a newer version than the one you looked at. Look at it, then take the step."))


class WrongStep(DomainError):
    """The plan cannot come to the status from the one it has."""

    code: ClassVar[str] = "wrong_step"

    def __init__(self) -> None:
        super().__init__(_("The plan cannot take this step from where it stands."))


class PlanIncomplete(DomainError):
    """A plan is approved with every figure there. `missing` names the roles without one."""

    code: ClassVar[str] = "plan_incomplete"

    def __init__(self, missing: Iterable[str]) -> None:
        told = "; ".join(missing)
        super().__init__(_("The plan cannot be approved yet, figures are missing: %(missing)s") % {"missing": told})


class NotApproved(DomainError):
    """Only an approved plan becomes the budget."""

    code: ClassVar[str] = "plan_not_approved"

    def __init__(self) -> None:
        super().__init__(_("Approve the plan first: only an approved plan becomes the budget."))


class BudgetTaken(DomainError):
    """The plan is the budget already, or its months hold another one."""

    code: ClassVar[str] = "budget_taken"


class BudgetRefused(DomainError):
    """The data door did not take the rows."""

    code: ClassVar[str] = "budget_refused"
    status: ClassVar[int] = 422

    def __init__(self, wrong: Iterable[str]) -> None:
        super().__init__(" ".join(wrong))
