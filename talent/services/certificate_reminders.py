"""Tells members of certificates that expire within 30 days: once each, to the person, their manager's unit and HR."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.models import Membership, Workspace
from omnichannel.workspaces.queries.members import members_of
from omnichannel.workspaces.queries.zones import local_day
from omnichannel.workspaces.scoping import current_workspace_id
from roles.queries.people import employed, people_names
from talent.models import CertificateReminder
from talent.queries.certificates import Certificate, Standing, certificates
from talent.queries.training import programme_titles
from talent.services.trainees import people_in

log = logging.getLogger(__name__)

TOLD = (MemberRole.OWNER, MemberRole.HR_LEAD)
LANGUAGES = ("zh-hans", "en")
MOST_TOLD = 50


def remind(*, now: datetime) -> int:
    """Send one digest a member of what has come within 30 days since the last round; return how many certificates.

    Only people who still work here are told of. A certificate that is renewed by a later one is not told either. A
    mail server that is away keeps nothing from happening: the page says the same.
    """
    day = local_day(now)
    standing = certificates(as_of=day)
    here = employed({one.person for one in standing if one.standing is Standing.EXPIRING}, as_of=day)
    told = set(CertificateReminder.objects.values_list("number", "expires_on"))
    new = [
        one
        for one in standing
        if one.standing is Standing.EXPIRING
        and one.person in here
        and (one.number, one.expires_on) not in told
        and not _is_renewed(one, standing)
    ]
    if not new:
        return 0
    workspace = Workspace.objects.get(pk=current_workspace_id())
    counts = dict.fromkeys((one.number for one in new), 0)
    for member in members_of(workspace).filter(user__is_active=True):
        mine = _concerning(member, new, day=day)
        if mine and _send(workspace, member.user.email, mine):
            for one in mine:
                counts[one.number] += 1
    CertificateReminder.objects.bulk_create(
        CertificateReminder(
            workspace_id=workspace.pk, number=one.number, person_external_id=one.person, expires_on=one.expires_on,
            told=counts[one.number],
        )
        for one in new
        if one.expires_on is not None
    )  # fmt: skip
    return len(new)


def _is_renewed(one: Certificate, standing: Sequence[Certificate]) -> bool:
    return any(
        (each.person, each.programme) == (one.person, one.programme)
        and each.is_valid
        and (each.expires_on is None or (one.expires_on is not None and each.expires_on > one.expires_on))
        for each in standing
    )


def _concerning(member: Membership, new: Sequence[Certificate], *, day: date) -> list[Certificate]:
    """Return what a member is told of: their own; a manager their unit's; owners and HR leads all."""
    if member.role in TOLD:
        return list(new)
    people = {member.person_external_id} - {""}
    if member.role == MemberRole.LINE_MANAGER and member.unit_external_id:
        people |= people_in(member.unit_external_id, on=day)
    return [one for one in new if one.person in people]


def _send(workspace: Workspace, address: str, found: Sequence[Certificate]) -> bool:
    """Send the digest in both languages, as the house does with notices; tell whether the server took it."""
    names = people_names({one.person for one in found})
    titles = programme_titles({one.programme for one in found})
    url = settings.PUBLIC_URL + reverse("talent:certificates", args=[workspace.slug])
    subjects, texts = [], []
    for language in LANGUAGES:
        with translation.override(language):
            subjects.append(_("Certificates expire soon"))
            lines = [
                {
                    "one": one,
                    "name": names.get(one.person, one.person),
                    "title": titles[one.programme].in_language(language),
                }
                for one in found[:MOST_TOLD]
            ]
            context = {"workspace": workspace, "lines": lines, "more": len(found) - len(lines), "url": url}
            texts.append(render_to_string("talent/training_reminder.txt", context).strip())
    subject = f"[{workspace.name}] {' / '.join(subjects)}".replace("\n", " ")
    try:
        EmailMessage(subject=subject, body="\n\n".join(texts), to=[address]).send()
    except OSError:
        log.warning("a reminder of expiring certificates was not taken", exc_info=True)
        return False
    return True
