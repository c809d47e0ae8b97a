"""Training programmes as the workspace has them: the catalogue's, changed ones, own ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from omnichannel.core.text import Bilingual
from roles.catalogue.training import ProgrammeLevel, ProgrammeSpec, load_training
from talent.errors.training import UnknownProgramme
from talent.models import ProgrammeVersion

# What the catalogue leaves open; a workspace sets its own per programme.
VALID_MONTHS, PASS_MARK, ATTENDANCE = 24, 70, 80
FIELDS = (
    "names", "level", "audience", "people", "topics", "form", "hours", "certifies", "valid_months", "pass_mark",
    "attendance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme in force. `changed` names the fields that differ from the catalogue; an own one has none to differ.

    Without `valid_months` its certificate never expires. `attendance`: percent of the days from which it is completed.
    """

    key: str
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
    source: str = ""
    is_hidden: bool = False
    is_own: bool = False
    version: int | None = None
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProgrammeEdit:
    """One version in a programme's history."""

    pk: int
    programme: Programme
    note: str
    author: str
    created_at: datetime


def programmes(*, with_hidden: bool = False) -> dict[str, Programme]:
    """Return the programmes in the order of the catalogue, own ones last; one query."""
    newest: dict[str, ProgrammeVersion] = {}
    for row in ProgrammeVersion.objects.order_by("key", "-pk"):
        newest.setdefault(row.key, row)
    specs = load_training().programmes
    keys = [*specs, *sorted(set(newest) - set(specs))]
    found = {key: effective(newest.get(key), spec=specs.get(key)) for key in keys}
    return {key: one for key, one in found.items() if with_hidden or not one.is_hidden}


def programme(key: str) -> Programme:
    """Return one, hidden or not. Raise UnknownProgramme."""
    row = ProgrammeVersion.objects.filter(key=key).order_by("-pk").first()
    spec = load_training().programmes.get(key)
    if row is None and spec is None:
        raise UnknownProgramme
    return effective(row, spec=spec)


def programme_history(key: str) -> list[ProgrammeEdit]:
    """Return what the workspace kept of a programme, newest first."""
    spec = load_training().programmes.get(key)
    rows = ProgrammeVersion.objects.filter(key=key).select_related("author").order_by("-pk")
    return [
        ProgrammeEdit(row.pk, effective(row, spec=spec), row.note, str(row.author or ""), row.created_at)
        for row in rows
    ]


def programme_titles(keys: Iterable[str], *, known: Mapping[str, Programme] | None = None) -> dict[str, Bilingual]:
    """Return what programmes and national levels are called; an unknown key goes by itself."""
    found = known if known is not None else programmes(with_hidden=True)
    titles: dict[str, Bilingual] = {key: one.names for key, one in found.items()} | national_titles()
    return {key: titles.get(key, Bilingual(key, key)) for key in keys}


def national_titles() -> dict[str, Bilingual]:
    """Return the four national levels by the id their certificates are recorded under."""
    standard = load_training().standard
    return {
        level.key: Bilingual(
            f"{standard.names.zh} {level.names.zh}",
            f"{standard.names.en}, {level.names.en[:1].lower()}{level.names.en[1:]}",
        )
        for level in standard.levels.values()
    }


def effective(row: ProgrammeVersion | None, *, spec: ProgrammeSpec | None) -> Programme:
    """Lay what the workspace says over the catalogue's programme."""
    base = None if spec is None else _of_catalogue(spec)
    if row is None:
        assert base is not None  # noqa: S101 - a key comes from either
        return base
    own = Programme(
        key=row.key,
        names=_text(row.names),
        level=ProgrammeLevel(row.level),
        audience=tuple(row.audience),
        people=tuple(map(_text, row.people)),
        topics=tuple(map(_text, row.topics)),
        form=_text(row.form),
        hours=row.hours,
        certifies=row.certifies,
        valid_months=row.valid_months,
        pass_mark=row.pass_mark,
        attendance=row.attendance,
        source=spec.source if spec else "",
        is_hidden=row.is_hidden,
        is_own=spec is None,
        version=row.pk,
    )
    if base is None:
        return own
    return replace(own, changed=frozenset(name for name in FIELDS if getattr(own, name) != getattr(base, name)))


def _of_catalogue(spec: ProgrammeSpec) -> Programme:
    return Programme(
        key=spec.key,
        names=spec.names,
        level=spec.level,
        audience=tuple(role.value for role in spec.audience),
        people=spec.people,
        topics=spec.topics,
        form=spec.form,
        hours=spec.hours,
        certifies=spec.certifies,
        valid_months=VALID_MONTHS if spec.certifies else None,
        pass_mark=PASS_MARK,
        attendance=ATTENDANCE,
        source=spec.source,
    )


def _text(node: Mapping[str, Any]) -> Bilingual:
    return Bilingual(str(node["zh"]), str(node["en"]))
