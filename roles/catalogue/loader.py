"""Reads roles/catalogue/data into the typed talent map. A file that cannot be typed raises; sense is checks.py."""

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
    freeze,
    optional_text,
    read_ordered,
    read_yaml,
)
from roles.catalogue.specs import (
    Aliases,
    Case,
    DriverKind,
    ExpectationLevel,
    Headcount,
    HeadcountDriver,
    HeadcountRule,
    Industry,
    JdLevel,
    JdSection,
    JdTemplate,
    LabourFigure,
    LevelSpec,
    Position,
    RoleCatalogue,
    RoleKey,
    RoleKind,
    RoleLink,
    RoleSpec,
    RoleSplit,
    SplitAdvice,
    SplitFigure,
    SplitSign,
    StageKey,
    SubtypeKey,
)

DATA = Path(__file__).parent / "data"


@cache
def load_roles() -> RoleCatalogue:
    """Return the talent map, read once per process."""
    meta = read_yaml(DATA / "meta.yaml")
    expectations = read_yaml(DATA / "expectations.yaml")
    return RoleCatalogue(
        version=f"{meta['version']}+{content_hash(DATA)}",
        roles=MappingProxyType({spec.key: spec for spec in map(_role, read_ordered(DATA / "roles"))}),
        positions=MappingProxyType({spec.id: spec for spec in map(_position, _rows("positions"))}),
        links=tuple(_link(node) for node in _rows("links")),
        splits=MappingProxyType({spec.id: spec for spec in map(_split, _rows("splits"))}),
        expectations=_expectations(expectations),
        expectation_levels=_levels(expectations["levels"]),
        headcount=_headcount(read_yaml(DATA / "headcount.yaml")),
        jd=_jd(read_yaml(DATA / "jd.yaml")),
        industries=MappingProxyType({spec.id: spec for spec in map(_industry, _rows("cases", key="industries"))}),
        cases=MappingProxyType({spec.id: spec for spec in map(_case, _rows("cases"))}),
        labour_market=MappingProxyType({spec.id: spec for spec in map(_figure, _rows("labour_market", key="figures"))}),
        reference=freeze({name: read_yaml(DATA / f"{name}.yaml") for name in ("meta", "training", "competence")}),
    )


def catalogue_counts() -> dict[str, int]:
    """Return how much the talent map holds, for `./run catalogue --json`."""
    catalogue = load_roles()
    kinds = [role.kind for role in catalogue.roles.values()]
    return {
        "roles": len(kinds),
        "lead_roles": kinds.count(RoleKind.LEAD),
        "collaborating_roles": kinds.count(RoleKind.COLLABORATING),
        "role_links": len(catalogue.links),
    }


def _rows(name: str, *, key: str = "") -> list[Data]:
    return list(read_yaml(DATA / f"{name}.yaml")[key or name])


def _role(node: Data) -> RoleSpec:
    return RoleSpec(
        key=RoleKey(node["id"]),
        kind=RoleKind(node["kind"]),
        names=bilingual(node["names"]),
        aliases=Aliases(tuple(node["aliases"]["zh"]), tuple(node["aliases"]["en"])),
        definition=bilingual(node["definition"]),
        position=node["position"],
        duties=bilinguals(node["duties"]),
        abilities=bilinguals(node["abilities"]),
        upstream=tuple(map(RoleKey, node["upstream"])),
        downstream=tuple(map(RoleKey, node["downstream"])),
        kpis=tuple(node["kpis"]),
        source=MappingProxyType(dict(node["source"])),
    )


def _position(node: Data) -> Position:
    return Position(node["id"], bilingual(node["names"]), bilingual(node["definition"]), node["source"])


def _link(node: Data) -> RoleLink:
    return RoleLink(RoleKey(node["from"]), RoleKey(node["to"]), bilingual(node["names"]), node["source"])


def _split(node: Data) -> RoleSplit:
    return RoleSplit(
        id=node["id"],
        roles=tuple(map(RoleKey, node["roles"])),
        names=bilingual(node["names"]),
        merge_when=bilingual(node["merge_when"]),
        split_when=bilingual(node["split_when"]),
        source=node["source"],
        signs=tuple(map(_sign, node["signs"])),
    )


def _sign(node: Data) -> SplitSign:
    at_least, below = node.get("at_least"), node.get("below")
    return SplitSign(
        advice=SplitAdvice(node["advice"]),
        figure=SplitFigure(node["figure"]),
        at_least=None if at_least is None else Decimal(at_least),
        below=None if below is None else Decimal(below),
        stage=StageKey(node["stage"]) if "stage" in node else None,
    )


def _expectations(node: Data) -> Mapping[tuple[RoleKey, SubtypeKey], ExpectationLevel]:
    return MappingProxyType(
        {
            (RoleKey(row["role"]), SubtypeKey(subtype)): ExpectationLevel(level)
            for row in node["matrix"]
            for subtype, level in row["levels"].items()
        }
    )


def _levels(node: Data) -> Mapping[ExpectationLevel, LevelSpec]:
    return MappingProxyType(
        {
            ExpectationLevel(key): LevelSpec(bilingual(level["names"]), bilingual(level["definition"]))
            for key, level in node.items()
        }
    )


def _headcount(node: Data) -> Headcount:
    drivers = [HeadcountDriver(row["id"], DriverKind(row["kind"]), bilingual(row["names"])) for row in node["drivers"]]
    return Headcount(
        rule=bilingual(node["rule"]),
        drivers=MappingProxyType({driver.id: driver for driver in drivers}),
        rules=MappingProxyType({rule.role: rule for rule in map(_headcount_rule, node["rules"])}),
        source=node["source"],
    )


def _headcount_rule(node: Data) -> HeadcountRule:
    return HeadcountRule(
        role=RoleKey(node["role"]),
        driver=node["driver"],
        units_per_fte=Decimal(node["units_per_fte"]),
        minimum=Decimal(node["minimum"]),
        note=optional_text(node.get("note")),
        source=node["source"],
    )


def _jd(node: Data) -> JdTemplate:
    levels = [JdLevel(row["id"], bilingual(row["names"]), (row["years"][0], row["years"][1])) for row in node["levels"]]
    return JdTemplate(
        sections=tuple(JdSection(row["id"], bilingual(row["names"])) for row in node["sections"]),
        levels=MappingProxyType({level.id: level for level in levels}),
        note=bilingual(node["note"]),
        source=node["source"],
    )


def _industry(node: Data) -> Industry:
    return Industry(node["id"], bilingual(node["names"]))


def _case(node: Data) -> Case:
    return Case(
        id=node["id"],
        names=bilingual(node["names"]),
        industry=node["industry"],
        stages=tuple(map(StageKey, node["stages"])),
        roles=tuple(map(RoleKey, node["roles"])),
        source=node["source"],
    )


def _figure(node: Data) -> LabourFigure:
    return LabourFigure(
        id=node["id"],
        names=bilingual(node["names"]),
        values=tuple(map(Decimal, node["values"])),
        unit=optional_text(node.get("unit")),
        year=node["year"],
        source=node["source"],
    )
