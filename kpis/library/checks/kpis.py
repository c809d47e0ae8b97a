"""Rules over the KPIs and their weights."""

from __future__ import annotations

from decimal import Decimal

from kpis.engine.specs import DerivedMeasure, KpiSpec, Library
from kpis.library.checks.formulas import read_formula
from omnichannel.core.datafiles import missing_texts
from omnichannel.core.issues import Issue
from roles.catalogue import RoleKey, StageKey, load_roles


def kpis_belong_to_roles(library: Library) -> list[Issue]:
    """A role lists exactly the KPIs that name it; a KPI with no role is the company's or any role's."""
    said = {(role.key.value, kpi) for role in load_roles().roles.values() for kpi in role.kpis}
    carried = {(role, kpi.id) for kpi in library.kpis.values() for role in kpi.roles}
    issues = [Issue(f"roles.{a}.kpis", f"the KPI {b} does not name it") for a, b in sorted(said - carried)]
    issues += [Issue(f"kpis.{b}.roles", f"the role {a} does not list the KPI") for a, b in sorted(carried - said)]
    return issues + [
        Issue(f"kpis.{kpi.id}.roles", "a KPI needs a role, or company, or any_role")
        for kpi in library.kpis.values()
        if not (kpi.roles or kpi.company or kpi.any_role)
    ]


def kpi_params_are_those_of_its_measures(library: Library) -> list[Issue]:
    """A KPI lists the parameters its measures depend on, so that a page can show them."""
    issues = []
    for kpi in library.kpis.values():
        formula = read_formula(kpi.formula)
        measures = [library.measures.get(name) for name in formula.measures()] if formula else []
        needed = {name for measure in measures if isinstance(measure, DerivedMeasure) for name in measure.params}
        if formula and needed != set(kpi.params):
            issues.append(Issue(f"kpis.{kpi.id}.params", f"the measures depend on {sorted(needed)}"))
    return issues


def target_bands_are_ranges(library: Library) -> list[Issue]:
    """A target band goes from low to high."""
    return [
        Issue(f"kpis.{kpi.id}.target_band", "the band must go from low to high")
        for kpi in library.kpis.values()
        if kpi.target_band and kpi.target_band[0] >= kpi.target_band[1]
    ]


def qualitative_kpis_read_reviews(library: Library) -> list[Issue]:
    """A qualitative KPI is its own review score, 1 to 5; no other KPI is."""
    return [
        Issue(f"kpis.{kpi.id}", "qualitative, the formula review_score[kpi_id=self] and the unit score_1_5 go together")
        for kpi in library.kpis.values()
        if len({kpi.qualitative, kpi.formula == "review_score[kpi_id=self]", kpi.unit == "score_1_5"}) > 1
    ]


def recovery_levels_are_explained(library: Library) -> list[Issue]:
    """The `recovery` of a KPI is one of the catalogue's levels, and its source is said."""
    levels = load_roles().reference["meta"]["recovery_levels"]
    return [
        Issue(f"kpis.{kpi.id}.recovery", "recovery must be a level of meta.yaml, and the source must be said")
        for kpi in library.kpis.values()
        if kpi.recovery not in levels or not kpi.source
    ]


def weight_sets_are_complete(library: Library) -> list[Issue]:
    """Every role has a set in every stage, and there is no other set."""
    wanted = {(role.value, stage.value) for role in RoleKey for stage in StageKey}
    found = set(library.weights)
    return [Issue(f"weights.{role}.{stage}", "the set is missing") for role, stage in sorted(wanted - found)] + [
        Issue(f"weights.{role}.{stage}", "there is no such role or stage") for role, stage in sorted(found - wanted)
    ]


def weights_sum_to_100(library: Library) -> list[Issue]:
    """The weights of a set are above 0 and sum to 100 exactly."""
    issues = []
    for (role, stage), found in library.weights.items():
        total = sum(found.weights.values(), Decimal(0))
        if total != 100 or min(found.weights.values(), default=Decimal(0)) <= 0:
            issues.append(Issue(f"weights.{role}.{stage}", f"above 0 each and 100 in sum is needed, not {total}"))
    return issues


def weights_name_kpis_of_the_role(library: Library) -> list[Issue]:
    """A set weighs KPIs the role carries, or KPIs of any role."""
    return [
        Issue(f"weights.{role}.{stage}", f"{name} is no KPI of the role")
        for (role, stage), found in library.weights.items()
        for name in found.weights
        if not _carried(library.kpis.get(name), role)
    ]


def library_texts_are_bilingual(library: Library) -> list[Issue]:
    """Names and definitions exist in Chinese and in English."""
    return missing_texts({"tables": library.tables, "measures": library.measures, "kpis": library.kpis}, "")


def _carried(kpi: KpiSpec | None, role: str) -> bool:
    return kpi is not None and (kpi.any_role or role in kpi.roles)
