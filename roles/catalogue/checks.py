"""Rules the talent map must keep. Each rule is one function over the typed catalogue and returns issues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from omnichannel.core.datafiles import missing_texts
from omnichannel.core.issues import Issue
from roles.catalogue.competence import competence_is_complete
from roles.catalogue.loader import load_roles
from roles.catalogue.specs import RoleCatalogue, RoleKey, SplitAdvice, SplitFigure, SubtypeKey


def check_roles(catalogue: RoleCatalogue | None = None) -> tuple[Issue, ...]:
    """Return everything wrong with the talent map (the shipped one by default)."""
    subject = catalogue or load_roles()
    return tuple(issue for rule in RULES for issue in rule(subject))


def every_role_is_defined(catalogue: RoleCatalogue) -> list[Issue]:
    """Every RoleKey has a role, and lists at least one duty, ability and KPI."""
    issues = [Issue(f"roles.{key}", "the role has no file") for key in RoleKey if key not in catalogue.roles]
    lists = ("duties", "abilities", "kpis")
    return issues + [
        Issue(f"roles.{key}.{name}", "the list is empty")
        for key, role in catalogue.roles.items()
        for name in lists
        if not getattr(role, name)
    ]


def positions_exist(catalogue: RoleCatalogue) -> list[Issue]:
    """Every role stands at a known position, and no position is empty."""
    used = {role.position for role in catalogue.roles.values()}
    issues = [
        Issue(f"roles.{role.key}.position", f"there is no position {role.position!r}")
        for role in catalogue.roles.values()
        if role.position not in catalogue.positions
    ]
    unused = [name for name in catalogue.positions if name not in used]
    return issues + [Issue(f"positions.{name}", "no role stands here") for name in unused]


def links_are_unique(catalogue: RoleCatalogue) -> list[Issue]:
    """A pair of roles has one link per direction, and no role hands anything to itself."""
    pairs = Counter((link.from_role, link.to_role) for link in catalogue.links)
    issues = [Issue(f"links.{a}.{b}", "the link is given twice") for (a, b), count in pairs.items() if count > 1]
    return issues + [Issue(f"links.{a}.{b}", "a role links to itself") for a, b in pairs if a == b]


def links_agree_with_roles(catalogue: RoleCatalogue) -> list[Issue]:
    """`upstream` and `downstream` of the roles say the same as the links."""
    linked = {(link.from_role, link.to_role) for link in catalogue.links}
    down = {(role.key, other) for role in catalogue.roles.values() for other in role.downstream}
    up = {(other, role.key) for role in catalogue.roles.values() for other in role.upstream}
    return (
        [Issue(f"roles.{a}.downstream", f"the link to {b} is not in links.yaml") for a, b in sorted(down - linked)]
        + [Issue(f"roles.{b}.upstream", f"the link from {a} is not in links.yaml") for a, b in sorted(up - linked)]
        + [Issue(f"links.{a}.{b}", f"{a} does not list {b} downstream") for a, b in sorted(linked - down)]
        + [Issue(f"links.{a}.{b}", f"{b} does not list {a} upstream") for a, b in sorted(linked - up)]
    )


def splits_name_two_roles(catalogue: RoleCatalogue) -> list[Issue]:
    """A split is about two different roles, and its signs say one thing each, for and against."""
    issues = []
    for split in catalogue.splits.values():
        if len(set(split.roles)) != 2:
            issues.append(Issue(f"splits.{split.id}.roles", "a split needs two different roles"))
        if {sign.advice for sign in split.signs} != set(SplitAdvice):
            issues.append(Issue(f"splits.{split.id}.signs", "signs for a split and for a merger are needed"))
        for number, sign in enumerate(split.signs, start=1):
            said = [each for each in (sign.at_least, sign.below, sign.stage) if each is not None]
            if len(said) != 1 or (sign.figure is SplitFigure.STAGE) != (sign.stage is not None):
                issues.append(Issue(f"splits.{split.id}.signs.{number}", "it needs one bound, a stage for the stage"))
    return issues


def cases_are_sorted(catalogue: RoleCatalogue) -> list[Issue]:
    """A case names a known industry, at least one role, and a source of the catalogue."""
    sources = {each["id"] for each in catalogue.reference["meta"]["sources"]}
    issues = []
    for case in catalogue.cases.values():
        if case.industry not in catalogue.industries:
            issues.append(Issue(f"cases.{case.id}.industry", f"there is no industry {case.industry!r}"))
        if not case.roles:
            issues.append(Issue(f"cases.{case.id}.roles", "the list is empty"))
        if case.source not in sources:
            issues.append(Issue(f"cases.{case.id}.source", f"there is no source {case.source!r}"))
    return issues


def expectations_are_complete(catalogue: RoleCatalogue) -> list[Issue]:
    """Every role has an expectation in every sub-type, and every level used is explained."""
    wanted = [(role, subtype) for role in RoleKey for subtype in SubtypeKey]
    issues = [
        Issue(f"expectations.{role}.{subtype}", "the expectation is missing")
        for role, subtype in wanted
        if (role, subtype) not in catalogue.expectations
    ]
    unexplained = set(catalogue.expectations.values()) - set(catalogue.expectation_levels)
    return issues + [Issue(f"expectations.levels.{level}", "the level is not explained") for level in unexplained]


def headcount_covers_roles(catalogue: RoleCatalogue) -> list[Issue]:
    """Every role has a head-count rule with a known driver and positive numbers."""
    rules = catalogue.headcount.rules
    issues = [Issue(f"headcount.rules.{key}", "the role has no rule") for key in RoleKey if key not in rules]
    for key, rule in rules.items():
        if rule.driver not in catalogue.headcount.drivers:
            issues.append(Issue(f"headcount.rules.{key}.driver", f"there is no driver {rule.driver!r}"))
        if rule.units_per_fte <= 0 or rule.minimum < 0:
            issues.append(Issue(f"headcount.rules.{key}", "units_per_fte must be above 0 and minimum not below 0"))
    return issues


def training_audiences_exist(catalogue: RoleCatalogue) -> list[Issue]:
    """Training programmes are for known roles; an empty audience means everybody."""
    return [
        Issue(f"training.programmes.{programme['id']}.audience", f"there is no role {role!r}")
        for programme in catalogue.reference["training"]["programmes"]
        for role in programme["audience"]
        if role not in {str(key) for key in catalogue.roles}
    ]


def texts_are_bilingual(catalogue: RoleCatalogue) -> list[Issue]:
    """Every text exists in Chinese and in English, aliases included."""
    issues = missing_texts(catalogue, "")
    for key, role in catalogue.roles.items():
        if not (role.aliases.zh and role.aliases.en):
            issues.append(Issue(f"roles.{key}.aliases", "aliases are needed in both languages"))
    return issues


RULES: tuple[Callable[[RoleCatalogue], list[Issue]], ...] = (
    every_role_is_defined,
    positions_exist,
    links_are_unique,
    links_agree_with_roles,
    splits_name_two_roles,
    cases_are_sorted,
    expectations_are_complete,
    headcount_covers_roles,
    training_audiences_exist,
    competence_is_complete,
    texts_are_bilingual,
)
