"""What a card of the org chart says, in the reader's language, and by which rule it is coloured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, StageKey, roles_here
from roles.chart.nodes import Node, PersonCard, Planned, PlannedKind, SeatCard, UnitCard
from roles.choices import FillMode, StageName, UnitLevel
from roles.views.chart_choices import Colour, Field

MOST_ROLES_NAMED = 2


@dataclass(frozen=True, slots=True)
class Tone:
    """A colour with its letter and its words: never the colour alone. `number` picks the style."""

    number: int
    letter: str
    label: str


def tones(colour: Colour) -> list[Tone]:
    """Return the legend of a colour rule."""
    match colour:
        case Colour.LEVEL:
            return [_level(level) for level in UnitLevel]
        case Colour.STAGE:
            return [_stage(stage) for stage in StageKey]
        case Colour.COVERAGE:
            return _coverage_tones()
        case Colour.VACANCY:
            return _vacancy_tones()
        case Colour.FILL:
            return [_fill(mode) for mode in FillMode]
        case Colour.NONE:
            return []


def tone_of(node: Node, colour: Colour) -> Tone | None:
    """Return a card's colour; None where the rule says nothing about it."""
    card = node.card
    if isinstance(card, UnitCard):
        return _unit_tone(card, colour)
    if colour is Colour.FILL and isinstance(card, PersonCard):
        return _fill(card.fill_mode)
    if colour is Colour.VACANCY and isinstance(card, SeatCard):
        return _vacancy_tones()[1]
    return None


def facts_of(node: Node, fields: tuple[Field, ...], *, as_of: date) -> list[tuple[Field, str]]:
    """Return what the card says below the name, of the fields that were chosen and that this kind of node has."""
    match node.card:
        case UnitCard() as unit:
            said = _unit_facts(unit)
        case PersonCard() as person:
            said = _person_facts(person)
        case SeatCard() as seat:
            said = _seat_facts(seat, as_of=as_of)
    said[Field.ID] = node.external_id
    return [(field, said[field]) for field in fields if said.get(field)]


def counts_of(node: Node) -> tuple[int, int] | None:
    """Return direct and total: people of a unit, reports of a person; None where there is nobody."""
    card = node.card
    if isinstance(card, UnitCard):
        return card.people, card.total_people
    return (card.reports, card.total_reports) if isinstance(card, PersonCard) and card.reports else None


def spoken(node: Node, *, as_of: date) -> str:
    """Return what a screen reader says of the node."""
    fields = (Field.LEVEL, Field.TITLE, Field.UNIT, Field.LEADER, Field.VACANCY)
    words = [node.name, *(text for _field, text in facts_of(node, fields, as_of=as_of))]
    counts = counts_of(node)
    if counts and isinstance(node.card, UnitCard):
        words.append(_("%(direct)s people here, %(total)s in all") % _pair(*counts))
    elif counts:
        words.append(_("%(direct)s direct reports, %(total)s in all") % _pair(*counts))
    if isinstance(node.card, UnitCard) and node.card.is_leading:
        words.append(_("Leading unit"))
    if node.planned:
        words.append(planned_words(node.planned))
    return ("，" if _is_chinese() else ", ").join(words)


def planned_words(planned: Planned) -> str:
    """Say what will happen to a node, and when."""
    day = {"day": planned.day}
    match planned.kind:
        case PlannedKind.STARTS:
            return _("Begins on %(day)s") % day
        case PlannedKind.MOVES:
            return _("Moves on %(day)s") % day
        case PlannedKind.CHANGES:
            return _("Changes on %(day)s") % day
        case PlannedKind.FILLED:
            return _("Filled from %(day)s") % day
        case PlannedKind.ENDS:
            return _("Ends on %(day)s") % day


def days_open(seat: SeatCard, *, as_of: date) -> str:
    """Say how long a seat has been vacant; without a known day, say so."""
    if seat.vacant_since is None:
        return _("Vacant, nobody knows since when")
    days = max((as_of - seat.vacant_since).days, 0)
    return ngettext("Vacant for %(n)s day", "Vacant for %(n)s days", days) % {"n": f"{days:,}"}


def role_name(role: RoleKey) -> str:
    """Return a role's name in the reader's language."""
    return _in_language(roles_here().roles[role].names)


def plain(number: Decimal) -> str:
    """Write a number of people without the zeros behind it."""
    return f"{number.normalize():,f}"


def _unit_facts(unit: UnitCard) -> dict[Field, str]:
    vacant = unit.total_vacant
    return {
        Field.LEVEL: str(unit.level.label),
        Field.CITY: unit.city,
        Field.PEOPLE: _("%(direct)s here, %(total)s in all") % _pair(unit.people, unit.total_people),
        Field.FTE: _("%(fte)s FTE") % {"fte": plain(unit.total_fte)},
        Field.LEADER: _("Led by %(name)s") % {"name": unit.leaders[0]} if unit.leaders else "",
        Field.ROLES: _roles(unit.roles),
        Field.COVERAGE: _("%(filled)s of %(all)s roles filled")
        % {"filled": unit.coverage.filled, "all": unit.coverage.expected}
        if unit.coverage
        else "",
        Field.STAGE: str(StageName(unit.stage).label),
        Field.VACANCY: ngettext("%(n)s vacant seat", "%(n)s vacant seats", vacant) % {"n": vacant} if vacant else "",
    }


def _person_facts(person: PersonCard) -> dict[Field, str]:
    return {
        Field.TITLE: person.title or (_roles(tuple(role for role, _share in person.roles[:1]))),
        Field.UNIT: person.unit_name,
        Field.FTE: _("%(fte)s FTE") % {"fte": plain(person.fte)},
        Field.ROLES: _roles(tuple(role for role, _share in person.roles)),
        Field.FILL: "" if person.fill_mode is FillMode.INTERNAL else str(person.fill_mode.label),
        Field.LEADER: _("Leads the unit") if person.is_head else "",
    }


def _seat_facts(seat: SeatCard, *, as_of: date) -> dict[Field, str]:
    return {
        Field.VACANCY: days_open(seat, as_of=as_of),
        Field.ROLES: role_name(seat.role) if seat.role else "",
        Field.FTE: _("%(fte)s FTE") % {"fte": plain(seat.planned_fte)},
        Field.LEADER: _("Leads the unit") if seat.is_head else "",
    }


def _roles(roles: tuple[RoleKey, ...]) -> str:
    named = ("、" if _is_chinese() else ", ").join(role_name(role) for role in roles[:MOST_ROLES_NAMED])
    more = len(roles) - MOST_ROLES_NAMED
    return _("%(roles)s and %(n)s more") % {"roles": named, "n": more} if more > 0 else named


def _unit_tone(unit: UnitCard, colour: Colour) -> Tone | None:
    match colour:
        case Colour.LEVEL:
            return _level(unit.level)
        case Colour.STAGE:
            return _stage(unit.stage)
        case Colour.COVERAGE if unit.coverage:
            full, shared, missing = _coverage_tones()
            return missing if unit.coverage.missing else shared if unit.coverage.shared else full
        case Colour.VACANCY:
            return _vacancy_tones()[1 if unit.total_vacant else 0]
    return None


def _level(level: UnitLevel) -> Tone:
    letters = {
        UnitLevel.GROUP: pgettext("letter of a level", "G"),
        UnitLevel.HQ: pgettext("letter of a level", "H"),
        UnitLevel.BUSINESS_UNIT: pgettext("letter of a level", "B"),
        UnitLevel.DEPARTMENT: pgettext("letter of a level", "D"),
        UnitLevel.REGION: pgettext("letter of a level", "R"),
        UnitLevel.STORE: pgettext("letter of a level", "S"),
        UnitLevel.PROJECT_TEAM: pgettext("letter of a level", "P"),
    }
    return Tone(list(UnitLevel).index(level) + 1, letters[level], str(level.label))


def _stage(stage: StageKey) -> Tone:
    letters = {
        StageKey.PROJECT: pgettext("letter of a stage", "P"),
        StageKey.STRONG_DEPARTMENT: pgettext("letter of a stage", "D"),
        StageKey.FIRST_LEVEL: pgettext("letter of a stage", "F"),
    }
    return Tone(list(StageKey).index(stage) + 1, letters[stage], str(StageName(stage).label))


def _fill(mode: FillMode) -> Tone:
    letters = {
        FillMode.INTERNAL: pgettext("letter of a fill mode", "I"),
        FillMode.SECONDED: pgettext("letter of a fill mode", "S"),
        FillMode.OUTSOURCED: pgettext("letter of a fill mode", "O"),
    }
    return Tone(list(FillMode).index(mode) + 1, letters[mode], str(mode.label))


def _coverage_tones() -> list[Tone]:
    return [
        Tone(3, pgettext("letter of coverage", "F"), _("All expected roles filled")),
        Tone(2, pgettext("letter of coverage", "P"), _("Some held part-time only")),
        Tone(5, pgettext("letter of coverage", "N"), _("Some held by nobody")),
    ]


def _vacancy_tones() -> list[Tone]:
    return [
        Tone(3, pgettext("letter of vacancy", "F"), _("No vacant seat")),
        Tone(5, pgettext("letter of vacancy", "V"), _("Vacant seats")),
    ]


def _pair(direct: int, total: int) -> dict[str, str]:
    return {"direct": f"{direct:,}", "total": f"{total:,}"}


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _in_language(names: Bilingual) -> str:
    return names.in_language(get_language())
