"""Who needs which programme, and why. Pure: rules over people, programmes, certificates and gaps.

1. A role whose holder has no valid certificate of any certifying programme for it: the first such programme.
2. A valid certificate that expires within 60 days and is not renewed yet: the same programme.
3. An ability gap: a programme for the role; one of management for the managerial part where there is one; the one after
   the entry programme for those who hold the entry certificate.
4. Hired within 90 days: the programmes for everybody that are not completed yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from omnichannel.core.text import Bilingual

EXPIRES_WITHIN, NEW_WITHIN = 60, 90
MANAGERIAL, MANAGEMENT, EVERYBODY = "managerial", "management", "all"
MISSING, EXPIRING, GAP, NEW = "missing_certificate", "expiring_certificate", "ability_gap", "new_hire"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the rules look at in a programme, in the order of the catalogue."""

    key: str
    level: str
    audience: tuple[str, ...]
    certifies: bool


@dataclass(frozen=True, slots=True)
class Trainee:
    """Somebody who works here, with the roles they hold."""

    person: str
    hired_on: date
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A valid certificate; without a day it does not expire."""

    programme: str
    number: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Lack:
    """An ability below what the role needs. `part`: professional, operational or managerial."""

    role: str
    part: str
    names: Bilingual
    rated: int
    needed: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the kind, the role, the day it turns on; a certificate's number, or an ability and its levels."""

    kind: str
    role: str = ""
    day: date | None = None
    words: str = ""
    names: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """Somebody needs a programme."""

    person: str
    programme: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of everybody: valid certificates, completed programmes, gaps; absent people have none."""

    held: Mapping[str, Sequence[Held]]
    completed: Collection[tuple[str, str]]
    lacks: Mapping[str, Sequence[Lack]]


def needs(trainees: Sequence[Trainee], offers: Sequence[Offer], known: Known, *, day: date) -> tuple[Need, ...]:
    """Return every need by person and programme, each once with all its reasons."""
    order = {offer.key: place for place, offer in enumerate(offers)}
    found: dict[tuple[str, str], list[Reason]] = {}
    for one in trainees:
        for key, reason in _of(one, offers, known, day=day):
            reasons = found.setdefault((one.person, key), [])
            if reason not in reasons:
                reasons.append(reason)
    listed = sorted(found.items(), key=lambda item: (item[0][0], order.get(item[0][1], len(order))))
    return tuple(Need(person, key, tuple(reasons)) for (person, key), reasons in listed)


def _of(one: Trainee, offers: Sequence[Offer], known: Known, *, day: date) -> Iterator[tuple[str, Reason]]:
    held = known.held.get(one.person, ())
    mine = {each.programme for each in held}
    for role in one.roles:
        certifying = [offer.key for offer in offers if offer.certifies and role in offer.audience]
        if certifying and not mine.intersection(certifying):
            yield certifying[0], Reason(MISSING, role)
    yield from _expiring(held, {offer.key for offer in offers}, day=day)
    for lack in known.lacks.get(one.person, ()):
        key = _against(lack, offers, mine)
        if key:
            yield key, Reason(GAP, lack.role, words=f"{lack.rated}/{lack.needed}", names=lack.names)
    if timedelta(0) <= day - one.hired_on <= timedelta(days=NEW_WITHIN):
        for offer in offers:
            if offer.level == EVERYBODY and not offer.audience and (one.person, offer.key) not in known.completed:
                yield offer.key, Reason(NEW, day=one.hired_on)


def _expiring(held: Sequence[Held], offered: Collection[str], *, day: date) -> Iterator[tuple[str, Reason]]:
    """Yield the programmes whose last valid certificate expires soon."""
    last: dict[str, Held] = {}
    for each in held:
        if each.programme not in last or _later(each, last[each.programme]):
            last[each.programme] = each
    for programme, each in last.items():
        soon = each.expires_on is not None and each.expires_on <= day + timedelta(days=EXPIRES_WITHIN)
        if soon and programme in offered:
            yield programme, Reason(EXPIRING, day=each.expires_on, words=each.number)


def _later(one: Held, other: Held) -> bool:
    return other.expires_on is not None and (one.expires_on is None or one.expires_on > other.expires_on)


def _against(lack: Lack, offers: Sequence[Offer], mine: Collection[str]) -> str:
    """Return the programme against a gap; nothing where none is for the role."""
    fitting = [offer for offer in offers if lack.role in offer.audience]
    wanted = [offer for offer in fitting if (offer.level == MANAGEMENT) == (lack.part == MANAGERIAL)] or fitting
    if not wanted:
        return ""
    further = [offer.key for offer in wanted if offer.key not in mine]
    return further[0] if further else wanted[-1].key
