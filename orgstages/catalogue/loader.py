"""Reads orgstages/catalogue/data into the typed catalogue. A file that cannot be typed raises; sense is checks.py."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType

from omnichannel.core.datafiles import (
    Data,
    bilingual,
    bilinguals,
    content_hash,
    optional_text,
    read_ordered,
    read_yaml,
)
from omnichannel.core.text import Bilingual
from orgstages.catalogue.diagnostic import load_fit, load_questions, load_scales, load_sections
from orgstages.catalogue.specs import (
    Challenge,
    Department,
    FailureMode,
    How,
    MaturityLevel,
    PhasePosition,
    Relation,
    RoleMode,
    Sourced,
    StageCatalogue,
    StageRule,
    StageSpec,
    SubtypeSpec,
    TeamPhase,
    Transition,
    TransitionStep,
)
from roles.catalogue import RoleKey, StageKey, SubtypeKey, load_roles

DATA = Path(__file__).parent / "data"


@cache
def load_stages() -> StageCatalogue:
    """Return the catalogue of stages, read once per process."""
    release = load_roles().version.partition("+")[0]
    stages = read_ordered(DATA / "stages")
    subtypes = [_subtype(node, stage=StageKey(stage["id"])) for stage in stages for node in stage["subtypes"]]
    return StageCatalogue(
        version=f"{release}+{content_hash(DATA)}",
        stages=MappingProxyType({spec.key: spec for spec in map(_stage, stages)}),
        subtypes=MappingProxyType({spec.key: spec for spec in subtypes}),
        departments=MappingProxyType({spec.id: spec for spec in map(_department, _rows("departments"))}),
        rules=MappingProxyType({spec.id: spec for spec in map(_rule, _rows("rules"))}),
        transitions=MappingProxyType({spec.id: spec for spec in map(_transition, _rows("transitions"))}),
        maturity=MappingProxyType({spec.id: spec for spec in map(_level, _rows("maturity", key="levels"))}),
        challenges=MappingProxyType({spec.id: spec for spec in map(_challenge, _rows("challenges"))}),
        scales=load_scales(DATA / "diagnostic"),
        sections=load_sections(DATA / "diagnostic"),
        questions=load_questions(DATA / "diagnostic"),
        fit=load_fit(DATA / "diagnostic"),
        team_phases=MappingProxyType({spec.id: spec for spec in map(_phase, _rows("team_phases", key="phases"))}),
    )


def catalogue_counts() -> dict[str, int]:
    """Return how much the catalogue of stages holds, for `./run catalogue --json`."""
    catalogue = load_stages()
    return {
        "stages": len(catalogue.stages),
        "subtypes": len(catalogue.subtypes),
        "questions": len(catalogue.questions),
        "automatic_questions": sum(question.how is How.AUTO for question in catalogue.questions.values()),
        "transitions": len(catalogue.transitions),
    }


def _rows(name: str, *, key: str = "") -> list[Data]:
    return list(read_yaml(DATA / f"{name}.yaml")[key or name])


def _stage(node: Data) -> StageSpec:
    return StageSpec(
        key=StageKey(node["id"]),
        order=node["order"],
        names=bilingual(node["names"]),
        definition=bilingual(node["definition"]),
        subtypes=tuple(SubtypeKey(child["id"]) for child in node["subtypes"]),
        source=node["source"],
    )


def _subtype(node: Data, *, stage: StageKey) -> SubtypeSpec:
    return SubtypeSpec(
        key=SubtypeKey(node["id"]),
        stage=stage,
        names=bilingual(node["names"]),
        criteria=bilinguals(node["criteria"]),
        industries=bilinguals(node["industries"]),
        industries_source=node["industries_source"],
        reports_to=bilinguals(node["reports_to"]),
        layers=_layers(node["layers"]),
        leading_department=node["leading_department"],
        departments=tuple(node["departments"]),
        positions=tuple(RoleMode(RoleKey(row["role"]), bilingual(row["mode"])) for row in node["positions"]),
        relations=tuple(_relation(row) for row in node["relations"]),
        failure_modes=tuple(_failure(row) for row in node["failure_modes"]),
        strengths=bilinguals(node["strengths"]),
        source=node["source"],
    )


def _layers(node: Data) -> Mapping[str, Bilingual]:
    return MappingProxyType({layer: bilingual(text) for layer, text in node.items()})


def _relation(node: Data) -> Relation:
    return Relation(node["number"], bilingual(node["names"]), node["from"], node["to"], node["source"])


def _sourced(node: Data) -> Sourced:
    return Sourced(bilingual(node["names"]), node["source"])


def _failure(node: Data) -> FailureMode:
    return FailureMode(bilingual(node["names"]), node["source"], tuple(node["revealed_by"]), bilingual(node["sign"]))


def _department(node: Data) -> Department:
    note = optional_text(node.get("note"))
    return Department(
        id=node["id"],
        names=bilingual(node["names"]),
        level=node["level"],
        note=note,
        source=node["source"],
        within=node.get("within", ""),
        titles=tuple(node.get("titles", ())),
    )


def _rule(node: Data) -> StageRule:
    return StageRule(node["id"], bilingual(node["names"]), node["source"])


def _transition(node: Data) -> Transition:
    return Transition(
        id=node["id"],
        from_subtype=SubtypeKey(node["from"]),
        to_subtype=SubtypeKey(node["to"]),
        skip=node["skip"],
        steps=tuple(TransitionStep(row["order"], bilingual(row["names"]), row["weeks"]) for row in node["steps"]),
        source=node["source"],
    )


def _level(node: Data) -> MaturityLevel:
    low, high = node["index"]
    return MaturityLevel(
        id=node["id"],
        names=bilingual(node["names"]),
        definition=bilingual(node["definition"]),
        index=(Decimal(low), Decimal(high)),
        source=node["source"],
    )


def _challenge(node: Data) -> Challenge:
    figure = node.get("figure", {})
    return Challenge(
        id=node["id"],
        names=bilingual(node["names"]),
        definition=bilingual(node["definition"]),
        figure=Decimal(figure["value"]) if figure else None,
        figure_unit=optional_text(figure.get("unit")),
        year=figure.get("year"),
        source=node["source"],
    )


def _phase(node: Data) -> TeamPhase:
    return TeamPhase(
        id=node["id"],
        order=node["order"],
        names=bilingual(node["names"]),
        duties=bilinguals(node["duties"]),
        positions=tuple(
            PhasePosition(bilingual(row["names"]), tuple(map(RoleKey, row["roles"]))) for row in node["positions"]
        ),
        exit_criteria=tuple(_sourced(row) for row in node["exit_criteria"]),
        source=node["source"],
    )
