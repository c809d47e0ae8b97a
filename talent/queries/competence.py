"""Competence as it stands on a day: what roles need in this workspace, and what people have been rated."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey
from roles.queries.library import role_library
from talent.choices import RatedBy
from talent.models import NeededLevel, Rating, RatingLine
from talent.people.gaps import Ability, CompetenceSummary, model_of, summarise

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RatedLine:
    """The level rated in an ability, with what shows it; the ability goes by what it was called then."""

    ability: str
    name_zh: str
    name_en: str
    level: int | None
    remark: str

    @property
    def names(self) -> Bilingual:
        """Return what the ability was called."""
        return Bilingual(self.name_zh, self.name_en)


@dataclass(frozen=True, slots=True)
class RatedOn:
    """A rating with its lines. `author` is who wrote it."""

    pk: int
    person: str
    role: str
    job_level: str
    rated_by: RatedBy
    rated_on: date
    author: str
    is_finished: bool
    lines: Mapping[str, RatedLine]

    @property
    def levels(self) -> dict[str, int]:
        """Return the levels by ability, of those that were rated."""
        return {key: line.level for key, line in self.lines.items() if line.level is not None}


def needed_levels(*, as_of: date) -> dict[str, dict[tuple[str, str], int]]:
    """Return what the workspace needs instead of the catalogue, on the day: role -> (ability, job level) -> level."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    rows = NeededLevel.objects.filter(since__lte=as_of).order_by("since", "pk")
    for role, ability, job_level, needed in rows.values_list("role_key", "ability", "job_level", "needed"):
        of_role = found.setdefault(role, {})
        if needed is None:
            of_role.pop((ability, job_level), None)
        else:
            of_role[ability, job_level] = needed
    return found


def needed_history(role: str) -> tuple[NeededLevel, ...]:
    """Return every change of what a role needs, the newest first."""
    return tuple(NeededLevel.objects.filter(role_key=role).select_related("author").order_by("-since", "-pk"))


def models_on(*, as_of: date) -> dict[str, tuple[Ability, ...]]:
    """Return the competence model of every role of the workspace, hidden ones too, in one query (two at first)."""
    altered = needed_levels(as_of=as_of)
    return {key.value: model_of(role, altered.get(key.value)) for key, role in role_library().roles.items()}


def model_on(role: str, *, as_of: date) -> tuple[Ability, ...]:
    """Return the model of one role; KeyError for one that the workspace does not have."""
    return model_of(role_library().roles[RoleKey(role)], needed_levels(as_of=as_of).get(role))


def levels_of(people: Collection[str], *, as_of: date) -> Mapping[str, Mapping[str, CompetenceSummary]]:
    """Return per person and role what the newest finished rating by a manager says, in three queries.

    People and roles without a rating are absent.
    """
    return summaries(newest_ratings(as_of=as_of, people=people), models=models_on(as_of=as_of))


def summaries(
    ratings: Mapping[Key, RatedOn], *, models: Mapping[str, tuple[Ability, ...]]
) -> dict[str, dict[str, CompetenceSummary]]:
    """Return the summaries of ratings per person and role.

    Left out is what nobody can judge any more: a role that is gone, or a rating of abilities that it no longer has.
    """
    found: dict[str, dict[str, CompetenceSummary]] = {}
    for (person, role), rating in ratings.items():
        if any(each.key in rating.levels for each in models.get(role, ())):
            found.setdefault(person, {})[role] = summarise(
                models[role], rating.levels, role=role, job_level=rating.job_level, rated_on=rating.rated_on
            )
    return found


def newest_ratings(
    *,
    as_of: date,
    people: Collection[str] | None = None,
    rated_by: RatedBy = RatedBy.MANAGER,
    role: str = "",
) -> dict[Key, RatedOn]:
    """Return the newest finished rating per (person, role) up to the day, in two queries; `people` None: everybody."""
    rows = Rating.objects.filter(rated_by=rated_by, rated_on__lte=as_of, finished_at__isnull=False)
    if people is not None:
        rows = rows.filter(person_external_id__in=list(people))
    if role:
        rows = rows.filter(role_key=role)
    newest = rows.order_by("person_external_id", "role_key", "-rated_on", "-finished_at").distinct(
        "person_external_id", "role_key"
    )
    return {(one.person, one.role): one for one in with_lines(newest)}


def draft_of(person: str, role: str, *, rated_by: RatedBy) -> RatedOn | None:
    """Return the draft that waits to be finished, if there is one."""
    rows = Rating.objects.filter(person_external_id=person, role_key=role, rated_by=rated_by, finished_at=None)
    return next(iter(with_lines(rows)), None)


def draft_keys(people: Collection[str] | None = None) -> set[tuple[str, str, str]]:
    """Return (person, role, side) of every draft."""
    rows = Rating.objects.filter(finished_at=None)
    if people is not None:
        rows = rows.filter(person_external_id__in=list(people))
    return set(rows.values_list("person_external_id", "role_key", "rated_by"))


def history_of(person: str, *, as_of: date, most: int = 60) -> tuple[RatedOn, ...]:
    """Return the finished ratings of a person up to the day, the newest first."""
    rows = Rating.objects.filter(person_external_id=person, rated_on__lte=as_of, finished_at__isnull=False)
    return tuple(with_lines(rows.order_by("-rated_on", "-finished_at")[:most]))


def with_lines(rows: QuerySet[Rating]) -> list[RatedOn]:
    """Read ratings with their lines, in two queries however many there are."""
    ratings = list(rows.select_related("author"))
    lines: dict[int, dict[str, RatedLine]] = {}
    read = RatingLine.objects.filter(rating__in=[rating.pk for rating in ratings]).order_by("pk")
    for pk, ability, zh, en, level, remark in read.values_list(
        "rating_id", "ability", "name_zh", "name_en", "level", "remark"
    ):
        lines.setdefault(pk, {})[ability] = RatedLine(ability, zh, en, level, remark)
    return [
        RatedOn(
            pk=rating.pk,
            person=rating.person_external_id,
            role=rating.role_key,
            job_level=rating.job_level,
            rated_by=RatedBy(rating.rated_by),
            rated_on=rating.rated_on,
            author=str(rating.author or ""),
            is_finished=rating.finished_at is not None,
            lines=lines.get(rating.pk, {}),
        )
        for rating in ratings
    ]
