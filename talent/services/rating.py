"""People are rated: saved as a draft, gone on with later, finished for good. What roles need is set here as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id, lock_in_workspace
from roles.catalogue.competence import HIGHEST
from roles.queries.library import role_library
from roles.queries.org_chart import unit_tree
from roles.queries.people import employed, people_within
from talent.choices import RatedBy
from talent.errors.people import NotYourRating, OutOfReach, RatingRefused
from talent.models import NeededLevel, Rating, RatingLine
from talent.people.gaps import Ability
from talent.queries.competence import model_on

RATINGS_LOCK = 0x0F31  # first key of the advisory lock: of two clicks the second sees what the first has kept
MOST_REMARK = 600
MOST_NOTE = 300


@dataclass(frozen=True, slots=True)
class Rater:
    """Who rates: `person` is who they are in the organisation, `within` the unit that bounds them.

    `only_self`: they may write about nobody else.
    """

    user_id: int | None
    today: date
    person: str = ""
    within: str | None = None
    only_self: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a rater filled in: a level 0..3 per ability (None: not yet) and what shows it."""

    job_level: str
    rated_on: date
    levels: Mapping[str, int | None]
    remarks: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def save_rating(person: str, *, role: str, rated_by: RatedBy, sheet: Sheet, rater: Rater, finish: bool) -> Rating:
    """Save the draft of a person's rating; with `finish` it counts from its day on and is not changed any more.

    Finished twice with the same words, as by a double click, it is one rating. OutOfReach for a person or role that is
    not there for the rater; RatingRefused lists every fault.
    """
    check_reach(person, rater=rater, on=rater.today)
    if (rated_by is RatedBy.SELF) != (bool(rater.person) and rater.person == person):
        raise NotYourRating
    model = _model(role, as_of=sheet.rated_on)
    faults = _faults(sheet, model, today=rater.today, finish=finish)
    if faults:
        raise RatingRefused(faults)
    lock_in_workspace(RATINGS_LOCK)
    draft = (
        Rating.objects.select_for_update()
        .filter(person_external_id=person, role_key=role, rated_by=rated_by, finished_at=None)
        .first()
    )
    said_already = _said_already(person, role, rated_by, sheet, rater) if finish and draft is None else None
    if said_already is not None:
        return said_already
    rating = draft or Rating(person_external_id=person, role_key=role, rated_by=rated_by)
    rating.job_level, rating.rated_on, rating.author_id = sheet.job_level, sheet.rated_on, rater.user_id
    rating.finished_at = timezone.now() if finish else None
    rating.save()
    _write_lines(rating, sheet, model)
    return rating


@transaction.atomic
def drop_draft(person: str, *, role: str, rated_by: RatedBy, rater: Rater) -> bool:
    """Throw a draft away; tell whether there was one."""
    check_reach(person, rater=rater, on=rater.today)
    if (rated_by is RatedBy.SELF) != (bool(rater.person) and rater.person == person):
        raise NotYourRating
    rows = Rating.objects.filter(person_external_id=person, role_key=role, rated_by=rated_by, finished_at=None)
    return rows.delete()[0] > 0


@transaction.atomic
def set_needed(
    role: str, *, needed: Mapping[tuple[str, str], int | None], since: date, note: str, actor_id: int | None
) -> int:
    """Let a role need these levels, by (ability, job level), from a day on; None goes back to the catalogue.

    Only what differs is written; returns how many levels changed. RatingRefused lists every fault.
    """
    model = {each.key: each for each in _model(role, as_of=since)}
    faults = {
        f"{ability}.{level}": _("Choose a level from 0 to 3.")
        for (ability, level), value in needed.items()
        if ability not in model
        or level not in model[ability].needed
        or (value is not None and not 0 <= value <= HIGHEST)
    }
    if len(note.strip()) > MOST_NOTE:
        faults["note"] = _("At most %(most)s characters.") % {"most": MOST_NOTE}
    if faults:
        raise RatingRefused(faults)
    changed = {key: value for key, value in needed.items() if _differs(model[key[0]], job_level=key[1], value=value)}
    NeededLevel.objects.bulk_create(
        NeededLevel(
            workspace_id=current_workspace_id(), role_key=role, ability=ability, job_level=level, needed=value,
            since=since, note=note.strip(), author_id=actor_id,
        )
        for (ability, level), value in changed.items()
    )  # fmt: skip
    return len(changed)


def check_reach(person: str, *, rater: Rater, on: date) -> None:
    """Raise OutOfReach unless the person works here on the day and within the rater's bounds."""
    if rater.only_self and person != rater.person:
        raise OutOfReach
    if rater.within is not None and person != rater.person:
        units = unit_tree(as_of=on).subtree(rater.within)
        if not people_within(units, as_of=on).filter(person__external_id=person).exists():
            raise OutOfReach
    elif person not in employed([person], as_of=on):
        raise OutOfReach


def _differs(ability: Ability, *, job_level: str, value: int | None) -> bool:
    return job_level in ability.altered if value is None else ability.needed[job_level] != value


def _model(role: str, *, as_of: date) -> tuple[Ability, ...]:
    try:
        return model_on(role, as_of=as_of)
    except (KeyError, ValueError):
        raise OutOfReach from None


def _faults(sheet: Sheet, model: tuple[Ability, ...], *, today: date, finish: bool) -> dict[str, str]:
    known, faults = {each.key for each in model}, {}
    if sheet.job_level not in role_library().catalogue.jd.levels:
        faults["job_level"] = _("Choose a job level.")
    if sheet.rated_on > today:
        faults["rated_on"] = _("A rating cannot be of a day to come.")
    for key, level in sheet.levels.items():
        if key not in known or (level is not None and not 0 <= level <= HIGHEST):
            faults[f"level-{key}"] = _("Choose a level from 0 to 3.")
    for key, remark in sheet.remarks.items():
        if len(remark.strip()) > MOST_REMARK:
            faults[f"remark-{key}"] = _("At most %(most)s characters.") % {"most": MOST_REMARK}
    if finish:
        for each in model:
            if sheet.levels.get(each.key) is None:
                faults.setdefault(f"level-{each.key}", _("Choose a level, or save the draft and go on later."))
    return faults


def _said_already(person: str, role: str, side: RatedBy, sheet: Sheet, rater: Rater) -> Rating | None:
    """Return the newest finished rating where it is by the same author and says the same."""
    rows = Rating.objects.filter(person_external_id=person, role_key=role, rated_by=side, finished_at__isnull=False)
    newest = rows.order_by("-finished_at").first()
    if newest is None or (newest.author_id, newest.job_level, newest.rated_on) != (
        rater.user_id, sheet.job_level, sheet.rated_on,
    ):  # fmt: skip
        return None
    lines = newest.lines.values_list("ability", "level", "remark")
    kept = {ability: (level, remark) for ability, level, remark in lines}
    said = {key: (level, sheet.remarks.get(key, "").strip()) for key, level in sheet.levels.items()}
    return newest if kept == said else None


def _write_lines(rating: Rating, sheet: Sheet, model: tuple[Ability, ...]) -> None:
    rating.lines.all().delete()
    RatingLine.objects.bulk_create(
        RatingLine(
            workspace_id=rating.workspace_id, rating=rating, ability=each.key, name_zh=each.names.zh,
            name_en=each.names.en, level=sheet.levels.get(each.key), remark=sheet.remarks.get(each.key, "").strip(),
        )
        for each in model
        if sheet.levels.get(each.key) is not None or sheet.remarks.get(each.key, "").strip()
    )  # fmt: skip
