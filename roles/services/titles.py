"""What a job title means in the workspace: said by HR, altered, and taken back."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import forget
from roles.choices import TitleSay
from roles.errors import TitleRefused
from roles.models import TitleMapping
from roles.queries.library import role_library
from roles.queries.titles import KEPT
from roles.titles import plain_title

LONGEST = 120


@transaction.atomic
def say_title(title: str, *, says: TitleSay, role: str = "", note: str = "", actor_id: int | None) -> TitleMapping:
    """Keep what the title means from now on; the newest word counts, and the one before it stays in the history."""
    shown, plain = title.strip(), plain_title(title)
    if not plain or len(shown) > LONGEST:
        raise TitleRefused(_("Write a job title of up to 120 characters."), field="title")
    if says is TitleSay.ROLE and role not in {str(key) for key in role_library().roles}:
        raise TitleRefused(_("There is no such role here."), field="role")
    row = TitleMapping.objects.create(
        title=shown,
        plain=plain,
        says=says,
        role_key=role if says is TitleSay.ROLE else "",
        note=note.strip(),
        author_id=actor_id,
    )
    forget(KEPT)
    return row


@transaction.atomic
def undo_title(pk: int, *, actor_id: int | None) -> TitleMapping:
    """Say again what was said before this word; refused when something newer has been said about the title."""
    row = TitleMapping.objects.filter(pk=pk).first()
    if row is None:
        raise TitleRefused(_("This change is not there."), field="title")
    newest, *earlier = TitleMapping.objects.filter(plain=row.plain).order_by("-pk")[:2]
    if newest.pk != row.pk:
        raise TitleRefused(_("The title has been changed since. Look at its history."), field="title")
    before = earlier[0] if earlier else None
    return say_title(
        row.title,
        says=TitleSay(before.says) if before else TitleSay.RULES,
        role=before.role_key if before else "",
        note=_("Undone"),
        actor_id=actor_id,
    )
