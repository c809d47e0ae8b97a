"""Programmes are changed, added, hidden and brought back: every save is a new row, the newest counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from omnichannel.core.text import Bilingual
from orgstages.services.acting import Actor
from roles.catalogue.training import ProgrammeLevel, load_training
from talent.errors.training import ProgrammeRefused, UnknownProgramme
from talent.models import ProgrammeVersion
from talent.queries.training import Programme, effective, programme

KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class ProgrammeWanted:
    """What a programme is to be."""

    names: Bilingual
    level: ProgrammeLevel
    audience: tuple[str, ...]
    people: tuple[Bilingual, ...]
    topics: tuple[Bilingual, ...]
    form: Bilingual
    hours: int
    certifies: bool
    valid_months: int | None
    pass_mark: int
    attendance: int


def add_programme(key: str, wanted: ProgrammeWanted, *, actor: Actor, note: str = "") -> ProgrammeVersion:
    """Add a programme of one's own."""
    if not KEY.fullmatch(key) or key.startswith("national-"):
        raise ProgrammeRefused(_("An id has small letters, digits and hyphens, and does not begin with “national-”."))
    if key in load_training().programmes or ProgrammeVersion.objects.filter(key=key).exists():
        raise ProgrammeRefused(_("A programme of this id is there already."))
    return _keep(key, wanted, is_hidden=False, actor=actor, note=note)


def change_programme(key: str, wanted: ProgrammeWanted, *, actor: Actor, note: str = "") -> ProgrammeVersion:
    """Change a programme; courses that are planned already keep what they were planned with."""
    return _keep(key, wanted, is_hidden=programme(key).is_hidden, actor=actor, note=note)


def hide_programme(key: str, *, hidden: bool, actor: Actor) -> ProgrammeVersion:
    """Take a programme off the list and the plans, or bring it back."""
    now = programme(key)
    if now.is_hidden == hidden:
        raise ProgrammeRefused(_("The programme is so already."))
    return _keep(key, wanted_of(now), is_hidden=hidden, actor=actor, note=_("hidden") if hidden else _("brought back"))


def restore_programme(key: str, *, version: int | None, actor: Actor) -> ProgrammeVersion:
    """Have an earlier version count again; without one the catalogue's text."""
    spec = load_training().programmes.get(key)
    if version is None:
        if spec is None:
            raise UnknownProgramme
        return _keep(key, wanted_of(effective(None, spec=spec)), is_hidden=False, actor=actor, note=_("as catalogued"))
    row = ProgrammeVersion.objects.filter(key=key, pk=version).first()
    if row is None:
        raise UnknownProgramme
    was = effective(row, spec=spec)
    return _keep(key, wanted_of(was), is_hidden=was.is_hidden, actor=actor, note=_("an earlier version"))


def wanted_of(one: Programme) -> ProgrammeWanted:
    """Return a programme as a wish for it to stay so."""
    return ProgrammeWanted(
        one.names, one.level, one.audience, one.people, one.topics, one.form, one.hours, one.certifies,
        one.valid_months, one.pass_mark, one.attendance,
    )  # fmt: skip


def _keep(key: str, wanted: ProgrammeWanted, *, is_hidden: bool, actor: Actor, note: str) -> ProgrammeVersion:
    said = wanted if wanted.certifies else replace(wanted, valid_months=None)
    return ProgrammeVersion.objects.create(
        key=key,
        names=said.names.as_json(),
        level=said.level.value,
        audience=list(said.audience),
        people=[each.as_json() for each in said.people],
        topics=[each.as_json() for each in said.topics],
        form=said.form.as_json(),
        hours=said.hours,
        certifies=said.certifies,
        valid_months=said.valid_months,
        pass_mark=said.pass_mark,
        attendance=said.attendance,
        is_hidden=is_hidden,
        note=note.strip(),
        author_id=actor.id,
    )
