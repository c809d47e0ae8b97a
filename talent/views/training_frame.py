"""What the pages of training share: who acts, whom they may see, the second row of tabs, words and tones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.services.acting import Actor
from talent.queries.certificates import Origin, Standing
from talent.queries.courses import CourseStanding
from talent.queries.training import Programme
from talent.queries.training_plan import Progress
from talent.services.training_reach import acting
from talent.views.tabs import talent_tabs

HOME = "talent:training"
PAGES: tuple[tuple[str, Promise], ...] = (
    ("talent:training", _("Programmes")),
    ("talent:training_plans", _("Training plans")),
    ("talent:training_courses", _("Courses")),
    ("talent:training_mine", _("My courses")),
    ("talent:certificates", _("Certificates")),
    ("talent:training_effect", _("Training effect")),
)
STANDINGS = {
    CourseStanding.COMING: (_("not begun yet"), "", "calendar"),
    CourseStanding.RUNNING: (_("running"), "accent", "play"),
    CourseStanding.OVER: (_("has been held"), "", "check"),
    CourseStanding.CANCELLED: (_("cancelled"), "warn", "no-symbol"),
}
CERTIFICATES = {
    Standing.VALID: (_("valid"), "good", "check-circle"),
    Standing.EXPIRING: (_("expires within 30 days"), "warn", "clock"),
    Standing.EXPIRED: (_("expired"), "", "calendar"),
    Standing.REVOKED: (_("revoked"), "bad", "no-symbol"),
}
ORIGINS = {Origin.ISSUED: _("issued here"), Origin.ELSEWHERE: _("issued elsewhere"), Origin.RECORDS: _("loaded")}
PROGRESS = {
    Progress.OPEN: (_("not enrolled yet"), "", "minus-circle"),
    Progress.ENROLLED: (_("enrolled"), "accent", "calendar"),
    Progress.DONE: (_("done"), "good", "check-circle"),
    Progress.DROPPED: (_("dropped"), "warn", "no-symbol"),
}


def actor_of(request: WorkspaceRequest) -> Actor:
    """Return who writes, how far they may reach and what day it is for them."""
    return acting(request.access)


def frame(request: WorkspaceRequest, current: str, **context: Any) -> dict[str, Any]:
    """Return what every page of training has: both rows of tabs."""
    slug = request.access.workspace.slug
    pages = [
        {"label": label, "url": reverse(route, args=[slug]), "current": route == current}
        for route, label in PAGES
        if may(request.access, route)
    ]
    return {"tabs": talent_tabs(request, HOME), "pages": pages, **context}


def sign(found: tuple[Promise, str, str]) -> dict[str, Any]:
    """Return words, tone and icon as a tag takes them."""
    words, tone, icon = found
    return {"words": words, "tone": tone, "icon": icon}


def found_or_404(read: Callable[[], Any]) -> Any:
    """Return what is read; what is not there, or out of bounds, is a 404."""
    try:
        return read()
    except DomainError as error:
        refuse(error)


def refuse(error: DomainError) -> NoReturn:
    """Raise 404 for what is not there, else the refusal itself."""
    if error.status == 404:
        raise Http404 from error
    raise error


def programme_options(found: dict[str, Programme]) -> list[tuple[str, str]]:
    """Return programmes to choose from in the reader's language."""
    return [(key, one.names.in_language(get_language())) for key, one in found.items()]
