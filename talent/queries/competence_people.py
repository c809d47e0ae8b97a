"""Competence as pages show it: one person's roles with every ability, and the people of a unit with their gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey
from roles.holdings import Holding
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from roles.queries.people import holders, holdings_of
from talent.choices import RatedBy
from talent.people.gaps import Ability, CompetenceSummary
from talent.queries.competence import (
    RatedOn,
    draft_keys,
    history_of,
    models_on,
    newest_ratings,
    summaries,
)

FIRST_LEVEL = "specialist"


@dataclass(frozen=True, slots=True)
class AbilityRow:
    """An ability of a person in a role: what is needed, what the manager rated, what the person did."""

    ability: Ability
    needed: int
    rated: int | None
    own: int | None
    remark: str = ""
    own_remark: str = ""

    @property
    def gap(self) -> int | None:
        """Return how many levels are missing, 0 at least; None while a manager has not rated it."""
        return None if self.rated is None else max(0, self.needed - self.rated)

    @property
    def difference(self) -> int | None:
        """Return the self rating less the manager's."""
        return None if self.rated is None or self.own is None else self.own - self.rated


@dataclass(frozen=True, slots=True)
class RoleCard:
    """A person's competence in one role. `drafts` names the sides that have begun and not finished."""

    person: str
    role: str
    names: Bilingual
    share: Decimal | None
    job_level: str
    rows: tuple[AbilityRow, ...]
    summary: CompetenceSummary | None
    rating: RatedOn | None
    own_rating: RatedOn | None
    drafts: frozenset[str]
    history: tuple[RatedOn, ...]

    @property
    def is_held(self) -> bool:
        """True when the person holds the role on the day."""
        return self.share is not None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in a role they hold, in the list."""

    person: str
    name: str
    role: RoleKey
    names: Bilingual
    unit: str
    unit_name: str
    summary: CompetenceSummary | None
    own_on: date | None
    drafts: frozenset[str]

    @property
    def gaps(self) -> int:
        """Return how many abilities fall short."""
        return len(self.summary.gaps) if self.summary else 0

    @property
    def state(self) -> str:
        """Return how it stands: unrated, gaps or met."""
        return "unrated" if self.summary is None else "gaps" if self.summary.gaps else "met"


def person_competence(person: str, *, as_of: date, tree: UnitTree, every_role: str = "") -> tuple[RoleCard, ...]:
    """Return a card for each role the person holds or was rated in; `every_role` adds one more. Nine queries."""
    held: dict[str, Decimal] = {}
    for holding in holdings_of([person], as_of=as_of, tree=tree)[person]:
        held[holding.role_key.value] = held.get(holding.role_key.value, Decimal(0)) + holding.share
    models = models_on(as_of=as_of)
    ratings = newest_ratings(as_of=as_of, people=[person])
    own = newest_ratings(as_of=as_of, people=[person], rated_by=RatedBy.SELF)
    drafts, past = draft_keys([person]), history_of(person, as_of=as_of)
    found = summaries(ratings, models=models).get(person, {})
    keys = [*held, *(role for _person, role in (*ratings, *own)), *([every_role] if every_role else [])]
    return tuple(
        _card(
            person,
            role,
            share=held.get(role),
            model=models[role],
            rating=ratings.get((person, role)),
            own=own.get((person, role)),
            summary=found.get(role),
            drafts=frozenset(side for _who, what, side in drafts if what == role),
            history=tuple(one for one in past if one.role == role),
        )
        for role in dict.fromkeys(keys)
        if role in models
    )


def _card(
    person: str,
    role: str,
    *,
    share: Decimal | None,
    model: tuple[Ability, ...],
    rating: RatedOn | None,
    own: RatedOn | None,
    summary: CompetenceSummary | None,
    drafts: frozenset[str],
    history: tuple[RatedOn, ...],
) -> RoleCard:
    counted = rating or own
    job_level = counted.job_level if counted else FIRST_LEVEL
    return RoleCard(
        person=person,
        role=role,
        names=role_library().roles[RoleKey(role)].names,
        share=share,
        job_level=job_level,
        rows=tuple(_row(each, job_level, rating, own) for each in model),
        summary=summary,
        rating=rating,
        own_rating=own,
        drafts=drafts,
        history=history,
    )


def _row(ability: Ability, job_level: str, rating: RatedOn | None, own: RatedOn | None) -> AbilityRow:
    line = rating.lines.get(ability.key) if rating else None
    own_line = own.lines.get(ability.key) if own else None
    return AbilityRow(
        ability,
        ability.needed[job_level],
        line.level if line else None,
        own_line.level if own_line else None,
        line.remark if line else "",
        own_line.remark if own_line else "",
    )


@dataclass(frozen=True, slots=True)
class CompetenceTotals:
    """People with each role they hold, `rated` and `with_gaps` those of them; `rated_people` people once."""

    people: int
    rated: int
    with_gaps: int
    rated_people: int


def competence_totals(held: Iterable[Holding], *, as_of: date, people: Collection[str] | None) -> CompetenceTotals:
    """Count the holdings that have been read, in four queries. `people` are whose they are; None: everybody's."""
    pairs = {(one.person_external_id, one.role_key.value) for one in held}
    found = summaries(newest_ratings(as_of=as_of, people=people), models=models_on(as_of=as_of))
    rated = {
        (person, role): summary
        for person, roles in found.items()
        for role, summary in roles.items()
        if (person, role) in pairs
    }
    return CompetenceTotals(
        people=len(pairs),
        rated=len(rated),
        with_gaps=sum(bool(summary.gaps) for summary in rated.values()),
        rated_people=len({person for person, _role in rated}),
    )


def competence_list(*, as_of: date, tree: UnitTree, within: str | None = None) -> tuple[PersonLine, ...]:
    """Return everybody with each role they hold in the bounds, in eight queries however many there are."""
    held = _once(holders(as_of=as_of, within=within, tree=tree))
    models = models_on(as_of=as_of)
    people = None if within is None else sorted({one.person_external_id for one in held})
    found = summaries(newest_ratings(as_of=as_of, people=people), models=models)
    own = newest_ratings(as_of=as_of, people=people, rated_by=RatedBy.SELF)
    drafts = draft_keys(people)
    library = role_library().roles
    return tuple(_line(one, found, own, drafts, library[one.role_key].names) for one in held)


def _once(held: Iterable[Holding]) -> list[Holding]:
    """Keep one holding per person and role, the one with most of their time."""
    kept: dict[tuple[str, RoleKey], Holding] = {}
    for one in held:
        key = (one.person_external_id, one.role_key)
        if key not in kept or one.share > kept[key].share:
            kept[key] = one
    return list(kept.values())


def _line(
    one: Holding,
    found: Mapping[str, Mapping[str, CompetenceSummary]],
    own: Mapping[tuple[str, str], RatedOn],
    drafts: Iterable[tuple[str, str, str]],
    names: Bilingual,
) -> PersonLine:
    person, role = one.person_external_id, one.role_key.value
    mine = own.get((person, role))
    return PersonLine(
        person=person,
        name=one.person_name,
        role=one.role_key,
        names=names,
        unit=one.unit_external_id,
        unit_name=one.unit_name,
        summary=found.get(person, {}).get(role),
        own_on=mine.rated_on if mine else None,
        drafts=frozenset(side for who, what, side in drafts if (who, what) == (person, role)),
    )
