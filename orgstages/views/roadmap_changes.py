"""What changes a roadmap: a milestone's days and owner, one of one's own, calling off and cancelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.errors import UnknownMilestone, UnknownRoadmap
from orgstages.forms.plans import MilestoneForm, OwnMilestoneForm, PlanForm, ReasonForm
from orgstages.forms.refusals import add_faults, add_refusal
from orgstages.services.roadmaps import (
    Wanted,
    add_milestone,
    call_off,
    cancel_roadmap,
    change_milestone,
    milestone_faults,
)
from orgstages.views.planning import actor_of
from orgstages.views.roadmaps import shown


@require_POST
def roadmap_milestone(request: WorkspaceRequest, slug: str, pk: int, milestone: int) -> HttpResponse:
    """Change one milestone."""
    form = MilestoneForm(request.POST, key=f"m{milestone}")

    def write(data: dict[str, Any]) -> str:
        wanted = Wanted(data["planned_on"], data["done_on"], data["role"], data["owner"], shifts=data["shifts"])
        rows = change_milestone(pk, milestone=milestone, wanted=wanted, actor=actor_of(request))
        if not rows:
            return _("The owner is kept; the days are as they were.")
        text = ngettext("%(n)s milestone is kept.", "%(n)s milestones are kept.", rows) % {"n": rows}
        return f"{text} {_('The on-time rates are being computed.')}"

    return _written(request, slug, pk, form=form, place=milestone, write=write)


@require_POST
def roadmap_milestones(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Add a milestone of one's own."""
    form = OwnMilestoneForm(request.POST, key="own")

    def write(data: dict[str, Any]) -> str:
        add_milestone(
            pk,
            title=data["title"],
            planned_on=data["planned_on"],
            role=data["role"],
            owner=data["owner"],
            actor=actor_of(request),
        )
        return _("The milestone is kept.")

    return _written(request, slug, pk, form=form, place="own", write=write)


@require_POST
def roadmap_call_off(request: WorkspaceRequest, slug: str, pk: int, milestone: int) -> HttpResponse:
    """Call one milestone off."""

    def write(_data: dict[str, Any]) -> str:
        call_off(pk, milestone=milestone, actor=actor_of(request))
        return _("The milestone is called off; it counts in no rate any more.")

    return _written(request, slug, pk, form=PlanForm(request.POST), place="off", write=write)


@require_POST
def roadmap_cancel(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Cancel the roadmap."""
    form = ReasonForm(request.POST, key="cancel")

    def write(data: dict[str, Any]) -> str:
        many = cancel_roadmap(pk, reason=data["reason"], actor=actor_of(request))
        text = ngettext(
            "The roadmap is cancelled; %(n)s milestone is called off.",
            "The roadmap is cancelled; %(n)s milestones are called off.",
            many,
        )
        return text % {"n": many}

    return _written(request, slug, pk, form=form, place="cancel", write=write)


def _written(
    request: WorkspaceRequest,
    slug: str,
    pk: int,
    *,
    form: PlanForm,
    place: int | str,
    write: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Write what the form says; what is refused comes back with its form."""
    if not form.is_valid():
        said = form.cleaned_data
        add_faults(
            form, milestone_faults(owner=said.get("owner"), done_on=said.get("done_on"), actor=actor_of(request))
        )
        return shown(request, pk, rejected={place: form}, status=422)
    try:
        told = write(form.cleaned_data)
    except (UnknownRoadmap, UnknownMilestone) as error:
        raise Http404 from error
    except DomainError as error:
        if place == "off":
            messages.error(request, str(error))
            return redirect("orgstages:roadmap", slug, pk)
        add_refusal(form, error)
        return shown(request, pk, rejected={place: form}, status=error.status)
    messages.success(request, told)
    return redirect("orgstages:roadmap", slug, pk)
