"""Taking a revision back, from the word that told of it, from the chart, or from the history."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.services.undoing import undo

MOST_TOLD = 5


@require_POST
def revision_undo(request: WorkspaceRequest, slug: str, number: int) -> HttpResponse:
    """Undo a revision whole, and go back to where that was asked for; what stands in the way is named."""
    written = undo(number, actor_id=request.access.user_id)
    if written.issues:
        told = " ".join(f"{issue.external_id}: {issue.message}" for issue in written.issues[:MOST_TOLD])
        more = len(written.issues) - MOST_TOLD
        text = _("r%(number)s cannot be undone.") % {"number": number}
        messages.error(request, f"{text} {told}" + (f" (+{more})" if more > 0 else ""))
    elif written.revision is None:
        messages.info(request, _("Nothing was changed."))
    else:
        url = reverse("roles:revision_undo", args=[slug, written.revision])
        messages.success(request, _("r%(number)s is undone.") % {"number": number}, extra_tags=f"undo:{url}")
    return redirect(_back(request, number))


def _back(request: WorkspaceRequest, number: int) -> str:
    """Return the page one came from, if it is one of this workspace; else the revision's own."""
    slug, came_from = request.access.workspace.slug, request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()})
    if is_ours and urlsplit(came_from).path.startswith(f"/w/{slug}/"):
        return came_from
    return reverse("roles:revision", args=[slug, number])
