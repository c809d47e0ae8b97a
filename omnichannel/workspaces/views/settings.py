"""Settings pages of a workspace: members and invitations, API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.choices import MemberRole, TokenScope
from omnichannel.workspaces.forms import InvitationForm, MemberForm, TokenForm
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.models import Membership
from omnichannel.workspaces.queries.members import members_of, open_invitations, tokens_of
from omnichannel.workspaces.services.members import change_member, invite_member, remove_member
from omnichannel.workspaces.services.tokens import create_token, revoke_token


@require_http_methods(["GET", "POST"])
def members(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List members and open invitations; POST invites one and shows the link once."""
    workspace = request.access.workspace
    form = InvitationForm(request.POST or None)
    link = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            _invitation, token = invite_member(
                workspace,
                email=data["email"],
                role=MemberRole(data["role"]),
                actor=request.user,  # type: ignore[arg-type]
                now=timezone.now(),
                unit_external_id=data["unit_external_id"],
                person_external_id=data["person_external_id"],
            )
            link = request.build_absolute_uri(reverse("workspaces:invitation", args=[token]))
            form = InvitationForm()
        except DomainError as error:
            form.add_error("email", str(error))
    context = {
        "members": members_of(workspace),
        "invitations": open_invitations(workspace, now=timezone.now()),
        "form": form,
        "link": link,
        "roles": MemberRole.choices,
    }
    return render(request, "workspaces/members.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def member(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Change one member's role and ties, or remove them (`remove` in the form)."""
    membership = get_object_or_404(Membership, workspace=request.access.workspace, pk=pk)
    initial = {name: getattr(membership, name) for name in ("role", "unit_external_id", "person_external_id")}
    form = MemberForm(request.POST or None, initial=initial)
    if request.method == "POST" and (form.is_valid() or "remove" in request.POST):
        try:
            if "remove" in request.POST:
                remove_member(membership)
                messages.success(request, _("%(name)s was removed.") % {"name": membership.user})
            else:
                data = form.cleaned_data
                change_member(
                    membership,
                    role=MemberRole(data["role"]),
                    unit_external_id=data["unit_external_id"],
                    person_external_id=data["person_external_id"],
                )
                messages.success(request, _("%(name)s was saved.") % {"name": membership.user})
            return redirect("workspaces:members", slug)
        except DomainError as error:
            form.add_error(None, str(error))
    status = 422 if form.errors else 200
    return render(request, "workspaces/member.html", {"membership": membership, "form": form}, status=status)


@require_http_methods(["GET", "POST"])
def tokens(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the person's own tokens; POST makes one and shows the secret once."""
    workspace = request.access.workspace
    form = TokenForm(request.POST or None)
    secret = None
    if request.method == "POST" and form.is_valid():
        _token, secret = create_token(
            workspace,
            name=form.cleaned_data["name"],
            scope=TokenScope(form.cleaned_data["scope"]),
            actor=request.user,  # type: ignore[arg-type]
        )
        form = TokenForm()
    context = {"tokens": tokens_of(workspace, user=request.user), "form": form, "secret": secret}  # type: ignore[arg-type]
    return render(request, "workspaces/tokens.html", context, status=422 if form.errors else 200)


@require_POST
def token_revoke(request: WorkspaceRequest, slug: str, token_key: str) -> HttpResponse:
    """Revoke one of the person's own tokens."""
    revoke_token(request.access.workspace, token_key=token_key, actor=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The token no longer works."))
    return redirect("workspaces:tokens", slug)
