"""Reads the diagnostic: one file per section, and the scales."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from omnichannel.core.datafiles import Data, bilingual, read_yaml
from orgstages.catalogue.specs import (
    AutoRule,
    Case,
    FitRule,
    FitStep,
    How,
    Option,
    Question,
    Reads,
    Scale,
    Section,
    SectionKey,
)
from roles.catalogue import StageKey, SubtypeKey


def load_scales(folder: Path) -> Mapping[str, Scale]:
    """Return the rating scales by id."""
    nodes = read_yaml(folder / "scales.yaml")["scales"]
    return MappingProxyType(
        {name: Scale(node["min"], node["max"], bilingual(node["meaning"])) for name, node in nodes.items()}
    )


def load_sections(folder: Path) -> Mapping[SectionKey, Section]:
    """Return the sections, A to E."""
    return MappingProxyType({section: _section(_file(folder, section), key=section) for section in SectionKey})


def load_questions(folder: Path) -> Mapping[str, Question]:
    """Return every question by id, section by section. Raise ValueError when an id is used twice."""
    found: dict[str, Question] = {}
    for section in SectionKey:
        for node in _file(folder, section)["questions"]:
            if node["id"] in found:
                raise ValueError(f"the question {node['id']} is given twice")
            found[node["id"]] = _question(node, section=section)
    return MappingProxyType(found)


def load_fit(folder: Path) -> FitRule:
    """Return the steps that choose the form which would fit."""
    node = _file(folder, SectionKey.FIT)
    return FitRule(tuple(_step(step) for step in node["steps"]), StageKey(node["otherwise"]))


def _step(node: Data) -> FitStep:
    options = node.get("any") or node["all"]
    return FitStep(
        is_any="any" in node,
        options=MappingProxyType({question: tuple(keys) for question, keys in options.items()}),
        stage=StageKey(node["stage"]),
        subtype=SubtypeKey(node["subtype"]),
    )


def _file(folder: Path, section: SectionKey) -> Data:
    return read_yaml(folder / f"{section}.yaml")


def _section(node: Data, *, key: SectionKey) -> Section:
    questions = tuple(question["id"] for question in node["questions"])
    return Section(key, bilingual(node["names"]), bilingual(node["rule"]), questions)


def _question(node: Data, *, section: SectionKey) -> Question:
    return Question(
        id=node["id"],
        section=section,
        names=bilingual(node["names"]),
        how=How(node["how"]),
        weight=Decimal(node.get("weight", 1)),
        options=tuple(_option(option) for option in node.get("options", ())),
        applies=StageKey(node["applies"]) if "applies" in node else None,
        challenge=node.get("challenge", ""),
        scale=node.get("scale", ""),
        auto=_auto(node["auto"]) if "auto" in node else None,
        source=node["source"],
    )


def _option(node: Data) -> Option:
    return Option(
        key=node["key"],
        names=bilingual(node["names"]),
        stage=StageKey(node["stage"]) if "stage" in node else None,
        points=MappingProxyType({SubtypeKey(key): points for key, points in node.get("points", {}).items()}),
    )


def _auto(node: Data) -> AutoRule:
    cuts = node.get("cuts")
    return AutoRule(
        formula=bilingual(node["formula"]),
        tables=tuple(node["tables"]),
        expression=node.get("expression", ""),
        kpi=node.get("kpi", ""),
        cuts=(Decimal(cuts[0]), Decimal(cuts[1])) if cuts else None,
        descending=node.get("descending", False),
        divisor=Decimal(node["divisor"]) if "divisor" in node else None,
        unit=node.get("unit", ""),
        reads=Reads(node["reads"]) if "reads" in node else None,
        cases=tuple(_case(case) for case in node.get("cases", ())),
    )


def _case(node: Data) -> Case:
    return Case(MappingProxyType({name: tuple(values) for name, values in node["when"].items()}), node["option"])
