"""Whom a scorecard is about, and where its KPIs are read: the company, units and people with their roles on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.queries.weights import weighed_roles
from roles.choices import Thing
from roles.holdings import Holding
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holders
from roles.queries.stages import DEFAULT, Adopted, adopted_stages

# Units that run no business of their own answer for the one they serve.
SERVING_LEVELS = frozenset({"department", "hq", "project_team"})
BUSINESS_LEVELS = frozenset({"business_unit", "group"})
# What a figure can rest on: seats are plans, a secondary line moves nobody, stages move weights alone.
FIGURE_THINGS = frozenset({Thing.UNITS, Thing.PEOPLE, Thing.ASSIGNMENTS})
Place = tuple[str, str]  # a role, and a unit in which it is held


@dataclass(frozen=True, slots=True)
class Subject:
    """One role of the company, a unit or a person. `measured` is where figures of the business are read for it."""

    role: str
    scope: Scope
    measured: Scope
    unit: str
    stage: str
    subtype: str
    stage_unit: str
    share: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation on a day, as far as grading needs it."""

    day: date
    tree: UnitTree
    stages: Mapping[str, Adopted]
    company_stage: Adopted
    holdings: tuple[Holding, ...]


def organisation(day: date) -> Organisation:
    """Read units, adopted stages and who holds which role on a day."""
    tree = unit_tree(as_of=day)
    return organisation_of(tree, stages=adopted_stages(day, tree=tree), holdings=holders(as_of=day, tree=tree))


def organisation_of(tree: UnitTree, *, stages: Mapping[str, Adopted], holdings: Iterable[Holding]) -> Organisation:
    """Return the organisation of the tree's day out of what has been read; roles held outside the tree are left out.

    The company works in the stage of its root; several roots have no stage in common.
    """
    return Organisation(
        day=tree.as_of,
        tree=tree,
        stages=stages,
        company_stage=stages[tree.root_ids[0]] if len(tree.root_ids) == 1 else DEFAULT,
        holdings=tuple(one for one in holdings if one.unit_external_id in tree),
    )


def answers_for(unit: str, tree: UnitTree) -> Scope:
    """Return the scope whose figures a unit answers for.

    Departments, headquarters and project teams answer for the nearest business unit or group above them. The only
    root is the whole company, whose figures include rows that name no unit.
    """
    chosen = unit
    if tree.nodes[unit].level in SERVING_LEVELS:
        above = [each for each in tree.ancestors(unit) if tree.nodes[each].level in BUSINESS_LEVELS]
        chosen = above[0] if above else ""
    is_company = not chosen or (tree.nodes[chosen].parent is None and len(tree.root_ids) == 1)
    return COMPANY if is_company else Scope(ScopeKind.UNIT, chosen)


def subjects(found: Organisation) -> list[Subject]:
    """Return everyone who gets a card: the company per role, units per role held below them, people per role."""
    cards = [_subject(found, role.value, COMPANY, COMPANY, unit="") for role in weighed_roles()]
    return cards + _unit_subjects(found) + person_subjects(found)


def _unit_subjects(found: Organisation) -> list[Subject]:
    held: dict[str, set[str]] = {}
    order = weighed_roles()
    for holding in found.holdings:
        for unit in (holding.unit_external_id, *found.tree.ancestors(holding.unit_external_id)):
            held.setdefault(unit, set()).add(holding.role_key.value)
    return [
        _subject(found, role.value, Scope(ScopeKind.UNIT, unit), answers_for(unit, found.tree), unit=unit)
        for unit in sorted(held)
        for role in order
        if role.value in held[unit]
    ]


def person_subjects(found: Organisation, *, people: Collection[str] | None = None) -> list[Subject]:
    """One card per person and role, of all or of some people; a role held in two units counts where most time goes.

    The shares of a role are added. A role that the workspace has added and that names no KPI has no weights, so it has
    no card.
    """
    mine: dict[tuple[str, str], list[Holding]] = {}
    weighed = frozenset(weighed_roles())
    for holding in found.holdings:
        if holding.role_key not in weighed or (people is not None and holding.person_external_id not in people):
            continue
        mine.setdefault((holding.person_external_id, holding.role_key.value), []).append(holding)
    cards = []
    for (person, role), held in sorted(mine.items()):
        unit = max(held, key=lambda one: (one.share, one.unit_external_id)).unit_external_id
        share = sum((one.share for one in held), Decimal(0))
        scope = Scope(ScopeKind.EMPLOYEE, person)
        cards.append(_subject(found, role, scope, answers_for(unit, found.tree), unit=unit, share=share))
    return cards


def place_subjects(found: Organisation) -> dict[Place, Subject]:
    """Return, by role and unit, what the cards have in common of those who hold the role there; they are nobody's."""
    weighed, nobody = frozenset(weighed_roles()), Scope(ScopeKind.EMPLOYEE, "")
    places = {(one.role_key, one.unit_external_id) for one in found.holdings if one.role_key in weighed}
    return {
        (role.value, unit): _subject(found, role.value, nobody, answers_for(unit, found.tree), unit=unit)
        for role, unit in places
    }


def _subject(
    found: Organisation, role: str, scope: Scope, measured: Scope, *, unit: str, share: Decimal = Decimal(1)
) -> Subject:
    stage = found.stages.get(unit, found.company_stage)
    decided_by = stage.unit_external_id or ""
    return Subject(role, scope, measured, unit, stage.stage.value, stage.subtype.value, decided_by, share)
