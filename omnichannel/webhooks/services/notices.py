"""The mail that says an endpoint has been switched off: to the owners and HR leads, in both languages."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from omnichannel.webhooks.choices import Stopped
from omnichannel.webhooks.models import WebhookEndpoint
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.models import Membership, Workspace

log = logging.getLogger(__name__)

TOLD = (MemberRole.OWNER, MemberRole.HR_LEAD)
LANGUAGES = ("zh-hans", "en")


def tell_of_stop(endpoint: WebhookEndpoint, *, why: Stopped) -> None:
    """Send the notice. The page says the same, so a mail server that is away keeps nothing from happening."""
    workspace = Workspace.objects.get(pk=endpoint.workspace_id)
    members = Membership.objects.filter(workspace=workspace, role__in=TOLD, user__is_active=True)
    people = sorted(members.values_list("user__email", flat=True))
    url = settings.PUBLIC_URL + reverse("webhooks:endpoint", args=[workspace.slug, endpoint.pk])
    subjects, texts = [], []
    for language in LANGUAGES:
        with translation.override(language):
            subjects.append(_("A webhook has been switched off"))
            context = {"workspace": workspace, "endpoint": endpoint, "why": why.label, "url": url}
            texts.append(render_to_string("webhooks/stopped.txt", context).strip())
    subject = f"[{workspace.name}] {' / '.join(subjects)}".replace("\n", " ")
    for address in people:
        try:
            EmailMessage(subject=subject, body="\n\n".join(texts), to=[address]).send()
        except OSError:
            log.warning("the notice of a webhook switched off was not taken", exc_info=True)
