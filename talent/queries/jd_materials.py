"""What job descriptions are made of on a day, whatever their number in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from urllib.parse import urlencode

from django.utils import translation

from kpis.choices import KpiUnitName, WeightsSource
from kpis.engine.specs import Direction, Library
from kpis.queries.definitions import library_at
from kpis.queries.weights import WeightBook, unit_line, weights_on
from omnichannel.core.text import Bilingual
from orgstages.catalogue import load_stages
from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.catalogue.competence import load_competence
from roles.catalogue.training import load_training
from roles.queries.chart_facts import Facts, read_facts
from roles.queries.library import role_library
from roles.role_texts import RoleLibrary
from talent.descriptions import words as w
from talent.descriptions.material import AbilityLine, KpiLine, Material, National, Origin, ProgrammeLine
from talent.people.gaps import Ability
from talent.queries.competence import models_on
from talent.queries.jd_places import place_in
from talent.queries.pay_bands import PayBands, pay_bands
from talent.queries.training import Programme, programmes

OWN_FIELDS = frozenset({"names", "definition", "duties", "abilities", "position"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What is described. `language` is zh or en; empty `subtype`, `unit` and `seat` do not narrow."""

    role: str
    stage: str
    level: str
    language: str
    subtype: str = ""
    unit: str = ""
    seat: str = ""

    @property
    def pairs(self) -> str:
        """Return what an address says beside the role."""
        said = {name: getattr(self, name) for name in ("stage", "subtype", "level", "language", "unit", "seat")}
        return urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the job descriptions of a day have in common; `chart` only where one is for a unit or seat."""

    as_of: date
    roles: RoleLibrary
    models: Mapping[str, tuple[Ability, ...]]
    book: WeightBook
    library: Library
    programmes: Mapping[str, Programme]
    pay: PayBands
    chart: Facts | None


def read_grounds(as_of: date, *, with_chart: bool) -> Grounds:
    """Read the grounds of a day in a few queries, nine more for the organisation chart."""
    return Grounds(
        as_of=as_of,
        roles=role_library(),
        models=models_on(as_of=as_of),
        book=weights_on(as_of),
        library=library_at(as_of),
        programmes=programmes(),
        pay=pay_bands(as_of=as_of),
        chart=read_facts(as_of) if with_chart else None,
    )


def material_of(subject: Subject, grounds: Grounds) -> Material:
    """Gather everything for one subject that is known to exist."""
    stages, role = load_stages(), grounds.roles.roles[RoleKey(subject.role)]
    stage = stages.stages[StageKey(subject.stage)]
    place = place_in(grounds.chart, role=subject.role, unit=subject.unit, seat=subject.seat) if grounds.chart else None
    city = place.city if place else ""
    kpis, weights_from = _kpis(subject, grounds)
    changed = any(one.is_own or one.changed for one in grounds.programmes.values())
    forms = [SubtypeKey(subject.subtype)] if subject.subtype else stage.subtypes
    return Material(
        language=subject.language,
        level=subject.level,
        role=role,
        catalogue=grounds.roles.catalogue,
        forms=tuple(stages.subtypes[key] for key in forms),
        departments={key: each.names for key, each in stages.departments.items()},
        stage=stage.names,
        stage_text=stage.definition,
        abilities=_abilities(subject, grounds),
        kpis=kpis,
        programmes=tuple(
            ProgrammeLine(one.names, one.form, one.hours, one.certifies)
            for one in grounds.programmes.values()
            if not one.audience or subject.role in one.audience
        ),
        national=_national(),
        pay=grounds.pay.of(subject.role, subject.level, city=city),
        place=place,
        changed=frozenset(role.changed) | (OWN_FIELDS if role.is_own else frozenset()),
        weights_from=weights_from,
        training_from=Origin(w.FROM_TRAINING, "001; 003", w.OWN if changed else None),
        day=grounds.as_of,
    )  # fmt: skip


def _abilities(subject: Subject, grounds: Grounds) -> tuple[AbilityLine, ...]:
    catalogue, found = load_competence(), []
    for one in grounds.models[subject.role]:
        needed = one.needed[subject.level]
        anchor = one.anchors[needed - 1] if needed else catalogue.scale[0].definition
        scale = catalogue.scale[needed].names
        found.append(AbilityLine(one.names, catalogue.parts[one.part], needed, scale, anchor))
    return tuple(found)


def _kpis(subject: Subject, grounds: Grounds) -> tuple[tuple[KpiLine, ...], Origin]:
    """Return the KPIs with the weights that count there on the day, in their order; without weights the role's own."""
    known = grounds.library.kpis
    if (subject.role, subject.stage) not in grounds.book:
        role = grounds.roles.roles[RoleKey(subject.role)]
        return tuple(_kpi(grounds, kpi) for kpi in role.kpis if kpi in known), Origin(w.FROM_KPIS, own=w.OWN)
    units = unit_line(subject.unit, grounds.chart.tree) if grounds.chart and subject.unit else ()
    found = grounds.book.of(subject.role, subject.stage, subtype=subject.subtype, units=units)
    lines = tuple(_kpi(grounds, kpi, found) for kpi in found.weights if kpi in known)
    origin = Origin(w.FROM_WEIGHTS, "proposal")
    if found.source is not WeightsSource.LIBRARY and found.since is not None:
        day = found.since.isoformat()
        own = Bilingual(w.OWN_SINCE.zh.format(day=day), w.OWN_SINCE.en.format(day=day))
        origin = Origin(w.FROM_WEIGHTS, own=own)
    return lines, origin


def _kpi(grounds: Grounds, kpi: str, weights: object = None) -> KpiLine:
    spec = grounds.library.kpis[kpi]
    weight = getattr(weights, "weights", {}).get(kpi)
    return KpiLine(spec.names, spec.definition, _measure(spec.unit), spec.direction is Direction.UP, weight)


@cache
def _measure(unit: str) -> Bilingual:
    """Return what a unit of measure is called in both languages."""
    if unit not in KpiUnitName.values:
        return Bilingual(unit, unit)
    told = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told[language] = str(KpiUnitName(unit).label)
    return Bilingual(told["zh-hans"], told["en"])


@cache
def _national() -> National:
    standard = load_training().standard
    levels = tuple((each.names, each.hours) for _number, each in sorted(standard.levels.items(), reverse=True))
    return National(standard.names, standard.code, levels, standard.source)
