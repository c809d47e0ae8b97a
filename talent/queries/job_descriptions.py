"""Job descriptions generated for a day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from orgstages.catalogue import load_stages
from roles.catalogue import StageKey
from talent.descriptions import words as w
from talent.descriptions.material import Origin, capital
from talent.descriptions.sections import compose
from talent.errors.descriptions import WrongSubject
from talent.paper.blocks import normal
from talent.paper.writing import write_blocks
from talent.people.pay import Level
from talent.queries.jd_materials import Grounds, Subject, material_of, read_grounds

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class GeneratedSection:
    """A generated section as Markdown; `digest` tells whether it is still the same later."""

    id: str
    heading: str
    text: str
    origins: tuple[Origin, ...]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text, shortened."""
        return digest(self.text)


@dataclass(frozen=True, slots=True)
class Document:
    """A generated job description. `facts` are pairs of the title block, without date and version."""

    subject: Subject
    title: str
    role_name: str
    level_name: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[GeneratedSection, ...]


def digest(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def job_description(
    role: str,
    *,
    stage: str,
    level: str,
    language: str,
    as_of: date,
    subtype: str = "",
    unit: str = "",
    seat: str = "",
) -> Document:
    """Generate one job description; WrongSubject names what does not exist or fit."""
    subject = Subject(role, stage, level, language, subtype, unit, seat)
    return generated(subject, grounds=read_grounds(as_of, with_chart=bool(unit or seat)))


def generated(subject: Subject, *, grounds: Grounds) -> Document:
    """Generate a job description from what has been read."""
    if faults := faults_of(subject, grounds=grounds):
        raise WrongSubject(faults)
    return generated_known(subject, grounds=grounds)


def generated_known(subject: Subject, *, grounds: Grounds) -> Document:
    """Generate for a subject that is known to exist."""
    m = material_of(subject, grounds)
    sections = tuple(
        GeneratedSection(each.id, each.heading, write_blocks(normal(each.blocks)), each.origins) for each in compose(m)
    )
    facts = [(m.say(w.STAGE), m.say(m.stage))]
    if subject.subtype:
        facts.append((m.say(w.SUBTYPE), m.say(m.forms[0].names)))
    if m.place is not None:
        facts.append((m.say(w.UNIT), m.place.unit))
        facts += [(m.say(w.SEAT), m.place.seat)] if m.place.seat else []
    facts.append((m.say(w.LEVEL), capital(m.level_name)))
    title = m.say(w.TITLE, role=m.role_name, level=m.level_name)
    return Document(subject, title, m.role_name, m.level_name, tuple(facts), sections)


def faults_of(subject: Subject, *, grounds: Grounds) -> dict[str, str]:
    """Return everything wrong with a subject, by field."""
    found: dict[str, str] = {}
    if subject.role not in {key.value for key in grounds.roles.roles}:
        found["role"] = _("There is no such role.")
    closed = (
        ("stage", [each.value for each in StageKey]),
        ("level", [each.value for each in Level]),
        ("language", list(LANGUAGES)),
    )
    for name, allowed in closed:
        if getattr(subject, name) not in allowed:
            found[name] = _("Choose one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}
    if "stage" not in found and subject.subtype:
        forms = [each.value for each in load_stages().stages[StageKey(subject.stage)].subtypes]
        if subject.subtype not in forms:
            found["subtype"] = _("Choose one of: %(allowed)s.") % {"allowed": ", ".join(forms)}
    return found | _chart_faults(subject, grounds)


def _chart_faults(subject: Subject, grounds: Grounds) -> dict[str, str]:
    chart = grounds.chart
    found: dict[str, str] = {}
    if chart is None:
        return found
    if subject.unit and subject.unit not in chart.tree:
        found["unit"] = _("There is no such unit on this day.")
    if subject.seat:
        seat = next((row for row in chart.seats.get(subject.seat, ())), None)
        if seat is None or seat.unit not in chart.tree:
            found["seat"] = _("There is no such seat on this day.")
        elif subject.unit and seat.unit != subject.unit:
            found["seat"] = _("The seat is in another unit.")
    return found


def settled(subject: Subject, *, grounds: Grounds) -> Subject:
    """Return the subject with what follows from it: a seat's unit, the unit's form of organisation in its stage."""
    chart = grounds.chart
    if chart is None:
        return subject
    if subject.seat and not subject.unit:
        seat = next((row for row in chart.seats.get(subject.seat, ())), None)
        subject = replace(subject, unit=seat.unit if seat else "")
    adopted = chart.stages.get(subject.unit)
    if adopted is not None and not subject.subtype and adopted.stage.value == subject.stage:
        subject = replace(subject, subtype=adopted.subtype.value)
    return subject
