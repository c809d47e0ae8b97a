"""Plans of posts are made, changed in versions, approved, archived and copied. An approved plan stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction

from roles.catalogue import load_roles
from roles.queries.library import role_keys
from roles.queries.org_chart import UnitTree
from roles.queries.stages import decided_stages
from talent.choices import GAP_WORDS, NEXT_STATUS, PlanStatus
from talent.errors.headcount import (
    NameTaken,
    PlanChanged,
    PlanIncomplete,
    PlanLocked,
    PlanNewer,
    PlanRefused,
    UnknownPlan,
    WrongStep,
)
from talent.headcount.document import Fault, Issue, Known, plan_json, read_plan
from talent.headcount.plan import PlanSpec
from talent.models import HeadcountPlan, HeadcountPlanStep, HeadcountPlanVersion
from talent.queries.headcount_plans import plan_view, proposed, role_titles

NAME = 120


def propose_plan(
    name: str, *, units: Sequence[str], start: date, months: int, tree: UnitTree, as_of: date, actor_id: int | None
) -> HeadcountPlan:
    """Make a draft that holds what the day suggests for the units."""
    spec = proposed(units, start=start, months=months, tree=tree, as_of=as_of)
    return make_plan(name, document=plan_json(spec), tree=tree, actor_id=actor_id)


@transaction.atomic
def make_plan(
    name: str, *, document: Mapping[str, object], tree: UnitTree, actor_id: int | None, note: str = ""
) -> HeadcountPlan:
    """Make a draft of a document. NameTaken, PlanRefused."""
    spec = checked(document, tree=tree)
    plan = HeadcountPlan.objects.create(name=_free_name(name))
    _keep(plan, spec, number=1, actor_id=actor_id, note=note)
    _step(plan, PlanStatus.DRAFT, actor_id=actor_id)
    return plan


@transaction.atomic
def keep_plan(
    pk: int,
    *,
    document: Mapping[str, object],
    tree: UnitTree,
    actor_id: int | None,
    name: str | None = None,
    version: int | None = None,
    note: str = "",
) -> int:
    """Keep a new version of a draft and return its number; `version` is the one that was looked at."""
    plan = _locked(pk)
    newest = _newest(plan)
    if plan.status != PlanStatus.DRAFT:
        raise PlanLocked
    if version is not None and version != newest:
        raise PlanChanged
    spec = checked(document, tree=tree)
    if name is not None and name.strip() != plan.name:
        plan.name = _free_name(name)
        plan.save(update_fields=["name"])
    _keep(plan, spec, number=newest + 1, actor_id=actor_id, note=note)
    return newest + 1


@transaction.atomic
def restore_version(pk: int, *, number: int, tree: UnitTree, actor_id: int | None, seen: int | None = None) -> int:
    """Keep an earlier version as the newest one; `seen` as in `set_status`. UnknownPlan, PlanLocked, PlanNewer."""
    content = plan_view(pk, version=number).content
    refuse_unseen(_newest(_locked(pk)), seen)
    return keep_plan(pk, document=content, tree=tree, actor_id=actor_id, note=f"← {number}")


@transaction.atomic
def copy_plan(pk: int, *, name: str, tree: UnitTree, actor_id: int | None) -> HeadcountPlan:
    """Make a draft that holds what a plan holds."""
    view = plan_view(pk)
    return make_plan(name, document=view.content, tree=tree, actor_id=actor_id, note=f"← {view.name}")


@transaction.atomic
def set_status(pk: int, *, status: str, actor_id: int | None, note: str = "", seen: int | None = None) -> HeadcountPlan:
    """Take a plan to a status. WrongStep; PlanIncomplete names every role without a figure.

    `seen` is the version that was looked at when this was decided; PlanNewer where there is a newer one.
    """
    plan = _locked(pk)
    refuse_unseen(_newest(plan), seen)
    if status not in NEXT_STATUS[plan.status]:
        raise WrongStep
    if status == PlanStatus.APPROVED:
        _refuse_gaps(pk)
    plan.status = PlanStatus(status)
    plan.save(update_fields=["status"])
    _step(plan, PlanStatus(status), actor_id=actor_id, note=note)
    return plan


def refuse_unseen(newest: int, seen: int | None) -> None:
    """Raise PlanNewer where a step was decided on another version than the newest; None says nothing of it."""
    if seen is not None and seen != newest:
        raise PlanNewer


def checked(document: Mapping[str, object], *, tree: UnitTree) -> PlanSpec:
    """Read a document of today's roles and units. PlanRefused names every fault.

    A unit below another one of the plan is refused unless it works under a stage of its own: those above count
    without it, as head count does.
    """
    known = Known(role_keys(), set(load_roles().headcount.drivers), set(tree.nodes))
    spec, issues = read_plan(document, known)
    if spec is not None:
        units, own_stage = [section.unit for section in spec.sections], decided_stages(tree.as_of)
        issues = tuple(
            Issue(f"/units/{index}/unit", Fault.OVERLAP)
            for index, unit in enumerate(units)
            if set(tree.ancestors(unit)) & set(units) and unit not in own_stage
        )
    if spec is None or issues:
        raise PlanRefused(issues)
    return spec


def _refuse_gaps(pk: int) -> None:
    result = plan_view(pk).result
    names = role_titles(line.role for line in result.gaps)
    missing = dict.fromkeys(
        f"{line.unit} {names[line.role]}: {GAP_WORDS[line.gap]}" for line in result.gaps if line.gap is not None
    )
    if missing or result.total is None:
        raise PlanIncomplete(missing)


def _locked(pk: int) -> HeadcountPlan:
    plan = HeadcountPlan.objects.select_for_update().filter(pk=pk).first()
    if plan is None:
        raise UnknownPlan
    return plan


def _newest(plan: HeadcountPlan) -> int:
    return plan.versions.order_by("-number").values_list("number", flat=True)[0]


def _free_name(name: str) -> str:
    clean = name.strip()
    if not clean or len(clean) > NAME or HeadcountPlan.objects.filter(name=clean).exists():
        raise NameTaken
    return clean


def _keep(plan: HeadcountPlan, spec: PlanSpec, *, number: int, actor_id: int | None, note: str) -> None:
    HeadcountPlanVersion.objects.create(
        plan=plan, number=number, content=plan_json(spec), note=note[:300], author_id=actor_id
    )


def _step(plan: HeadcountPlan, status: PlanStatus, *, actor_id: int | None, note: str = "") -> None:
    HeadcountPlanStep.objects.create(plan=plan, status=status, author_id=actor_id, note=note.strip()[:300])
