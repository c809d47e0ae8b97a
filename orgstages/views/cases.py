"""Published cases: by industry, stage and role, each with the source it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.catalogue import load_stages
from orgstages.views.tabs import stage_tabs
from roles.catalogue import Case, RoleKey, StageKey, roles_here
from roles.queries.library import role_options

UNTOLD = "untold"  # the choice of the cases whose source tells no stage


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case with the names of what it is sorted by."""

    case: Case
    industry: Bilingual
    stages: list[Bilingual]
    roles: list[tuple[RoleKey, Bilingual]]
    source_title: Bilingual


@require_GET
def cases(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the cases; `?industry=`, `?stage=` and `?role=` narrow them down."""
    catalogue, language = roles_here(), get_language()
    asked = {name: request.GET.get(name, "") for name in ("industry", "stage", "role")}
    found = [case for case in catalogue.cases.values() if _fits(case, **asked)]
    stages = [(key.value, spec.names.in_language(language)) for key, spec in load_stages().stages.items()]
    context = {
        "asked": asked,
        "lines": [_line(case) for case in found],
        "total": len(catalogue.cases),
        "industry_options": [(key, spec.names.in_language(language)) for key, spec in catalogue.industries.items()],
        "stage_options": [*stages, (UNTOLD, _("Stage not told"))],
        "role_options": role_options(asked["role"]),
        "tabs": stage_tabs(request, "orgstages:cases"),
    }
    return render(request, "orgstages/cases.html", context)


def _fits(case: Case, *, industry: str, stage: str, role: str) -> bool:
    stages = case.stages or (UNTOLD,)
    return industry in ("", case.industry) and (not stage or stage in stages) and (not role or role in case.roles)


def _line(case: Case) -> CaseLine:
    catalogue, stages = roles_here(), load_stages().stages
    return CaseLine(
        case,
        catalogue.industries[case.industry].names,
        [stages[StageKey(stage)].names for stage in case.stages],
        [(role, catalogue.roles[role].names) for role in case.roles],
        catalogue.source_title(case.source),
    )
