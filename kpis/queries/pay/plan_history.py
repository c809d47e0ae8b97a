"""A plan's revisions, how two of them differ sentence by sentence, and who may decide on what waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.choices import PayPlanState
from kpis.incentives.specs import Plan
from kpis.incentives.texts import read_plan
from kpis.incentives.wording import component_sentence, whole_sentence
from kpis.models import PayPlan
from kpis.queries.pay.plan_list import unit_name
from kpis.queries.pay.plan_words import phase_name, role_names
from kpis.queries.pay.plans import makers_of, plans_on, rivals, vocabulary
from omnichannel.workspaces.choices import MemberRole, Rule
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.permissions import rule_for
from omnichannel.workspaces.queries.members import members_of


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: a sentence or a field, before and after. `kind` is added, removed or edited."""

    label: str
    before: str
    after: str
    kind: str


def revisions(key: str) -> list[PayPlan]:
    """Return a plan's revisions with their authors, newest first."""
    return list(PayPlan.objects.filter(key=key).select_related("created_by"))


def holding_on(key: str, day: date) -> PayPlan | None:
    """Return the revision of a plan that pays on a day."""
    return next((each.row for each in plans_on(day) if each.row.key == key), None)


def differences(before: PayPlan | None, after: PayPlan, units: Mapping[str, str]) -> list[Change]:
    """Return how a revision differs from an earlier one; from nothing, all of it is added."""
    held, asked = _frame(before, units) if before else {}, _frame(after, units)
    found = [_change(label, held.get(label, ""), said) for label, said in asked.items()]
    found += [_change(label, said, "") for label, said in held.items() if label not in asked]
    return [change for change in found if change.before != change.after]


def approvers(key: str, workspace: Workspace) -> list[str]:
    """Return the names of those who may approve what waits: members with the right who have not made it."""
    makers = makers_of(key)
    able = {role for role in MemberRole if rule_for("kpis:pay_plan_step", "POST", role) is not Rule.DENY}
    return [str(each.user) for each in members_of(workspace) if each.role in able and each.user_id not in makers]


def rival_plans(row: PayPlan, on: date) -> list[str]:
    """Return the names of other plans that would pay the same people from a day on."""
    keys = rivals(read_plan(row.content), row.unit_external_id, key=row.key, on=on)
    rows = PayPlan.objects.filter(key__in=keys, state=PayPlanState.APPROVED).order_by("key", "-id").distinct("key")
    return [read_plan(each.content).names.in_language(get_language()) for each in rows]


def _frame(row: PayPlan, units: Mapping[str, str]) -> dict[str, str]:
    """Return what a revision says, by label: its frame, each component's sentence, what bounds the whole."""
    plan = read_plan(row.content)
    return {
        _("Name"): f"{plan.names.zh} / {plan.names.en}",
        _("Phase"): phase_name(plan.phase),
        _("Roles"): " · ".join(role_names(plan.roles)),
        _("Holds for"): unit_name(row, dict(units)),
        **dict(_sentences(plan)),
        _("The whole plan"): whole_sentence(plan, get_language() or "en"),
        _("Reason"): plan.reason,
    }


def _sentences(plan: Plan) -> Iterator[tuple[str, str]]:
    words, language = vocabulary(), get_language() or "en"
    for each in plan.components:
        yield each.names.in_language(language), component_sentence(each, words, language)


def _change(label: str, before: str, after: str) -> Change:
    return Change(label, before, after, "edited" if before and after else "added" if after else "removed")


def diff_node(changes: list[Change]) -> list[dict[str, Any]]:
    """Return the differences as plain mappings."""
    return [{"label": each.label, "before": each.before, "after": each.after, "kind": each.kind} for each in changes]
