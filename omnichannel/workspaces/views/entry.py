"""The way in: public start page, health, choice of workspace, invitation links."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.adapter import INVITED_EMAIL
from omnichannel.workspaces.queries.members import memberships_of
from omnichannel.workspaces.services.members import accept_invitation, open_invitation


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Say what the product is and offer the sign-in; a signed-in person goes on to the workspaces."""
    if request.user.is_authenticated:
        return redirect("workspaces:choose")
    return render(request, "start.html")


@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the web process reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return JsonResponse({"status": "ok"})


@require_GET
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """List a person's workspaces; with only one, go there."""
    memberships = list(memberships_of(request.user))  # type: ignore[arg-type]
    if len(memberships) == 1:
        return redirect("kpis:overview", memberships[0].workspace.slug)
    return render(request, "workspaces/choose.html", {"memberships": memberships})


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; a signed-in person of that address accepts it, anybody else signs up or in first."""
    try:
        found = open_invitation(token, now=timezone.now())
        if request.method == "POST" and request.user.is_authenticated:
            member = accept_invitation(token, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
            request.session.pop(INVITED_EMAIL, None)
            messages.success(request, _("Welcome to %(name)s.") % {"name": member.workspace.name})
            return redirect("kpis:overview", member.workspace.slug)
    except DomainError as error:
        return render(request, "workspaces/invitation_invalid.html", {"error": error}, status=error.status)
    if not request.user.is_authenticated:
        request.session[INVITED_EMAIL] = found.email
    return render(request, "workspaces/invitation.html", {"invitation": found})
