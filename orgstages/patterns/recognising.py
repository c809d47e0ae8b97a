"""Which of a firm's own units stand for the departments of a sub-type: by level, by name, or as somebody has said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from orgstages.catalogue import SubtypeSpec, load_stages
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitNode, UnitTree

BY_LEVEL = {
    "region": UnitLevel.REGION,
    "store": UnitLevel.STORE,
    "business-unit": UnitLevel.BUSINESS_UNIT,
}
NAMED_LEVELS = frozenset({UnitLevel.DEPARTMENT, UnitLevel.PROJECT_TEAM})
NOBODY = "none"  # somebody has said that no unit stands for the department
LEADING = "leading"


@dataclass(frozen=True, slots=True)
class Recognised:
    """The units taken for a department. `how`: level, name, said, or leading (the unit that leads).

    `is_shared` marks one outside the unit the pattern is laid over, such as a department of headquarters.
    """

    units: tuple[str, ...]
    how: str
    is_shared: bool = False


def recognise(
    tree: UnitTree, unit: str, spec: SubtypeSpec, *, leading: str = "", said: Mapping[str, str] | None = None
) -> dict[str, Recognised]:
    """Return the units taken for each department of the sub-type; those that no unit fits are absent."""
    told = dict(said or {})
    steers = spec.relations[0].from_department
    found: dict[str, Recognised] = {}
    inside = tree.subtree(unit)
    wanted = dict.fromkeys((*spec.departments, *(row.to_department for row in spec.relations)))
    for department in wanted:
        if told.get(department) == NOBODY:
            continue
        if told.get(department, "") in tree:
            found[department] = Recognised((told[department],), "said", told[department] not in inside)
        elif department == steers and leading:
            found[department] = Recognised((leading,), LEADING)
        elif department in BY_LEVEL:
            units = tuple(each for each in tree.walk(unit) if tree.nodes[each].level is BY_LEVEL[department])
            found |= {department: Recognised(units, "level")} if units else {}
        elif department != steers:
            best = _best(tree, unit, department, leading=leading)
            found |= {department: best} if best else {}
    return found


def offered(tree: UnitTree, unit: str) -> tuple[UnitNode, ...]:
    """Return the units that may stand for a department: those inside, then those shared by the units above."""
    own = [node for node in _walked(tree, unit) if node.level in NAMED_LEVELS]
    return (*own, *_shared(tree, unit))


def _walked(tree: UnitTree, unit: str) -> list[UnitNode]:
    """Return the units inside, without regions and stores and what is below them."""
    found, waiting = [], [unit]
    while waiting:
        node = tree.nodes[waiting.pop()]
        if node.external_id == unit or node.level not in (UnitLevel.REGION, UnitLevel.STORE):
            found.append(node)
            waiting += reversed(node.children)
    return found


def _shared(tree: UnitTree, unit: str) -> tuple[UnitNode, ...]:
    """Return the departments that the unit shares: of the units above it and of their headquarters."""
    inside = tree.subtree(unit)
    found: dict[str, UnitNode] = {}
    for above in tree.ancestors(unit):
        for child in tree.nodes[above].children:
            node = tree.nodes[child]
            some = [tree.nodes[each] for each in node.children] if node.level is UnitLevel.HQ else [node]
            found |= {each.external_id: each for each in some if each.level in NAMED_LEVELS}
    return tuple(node for key, node in found.items() if key not in inside)


def _best(tree: UnitTree, unit: str, department: str, *, leading: str) -> Recognised | None:
    """Return the unit whose name says most for the department; of several, one above the leading unit, or inside."""
    inside, above = tree.subtree(unit), tree.ancestors(leading) if leading else ()
    fitting = [
        (score, node)
        for node in offered(tree, unit)
        if node.external_id != leading and (score := _says(department, node.name)) and score == _most(node.name)
    ]
    if not fitting:
        return None
    _score, node = min(
        fitting,
        key=lambda pair: (
            pair[1].external_id not in above,
            pair[1].external_id not in inside,
            -pair[0],
            pair[1].depth,
            pair[1].external_id,
        ),
    )
    return Recognised((node.external_id,), "name", node.external_id not in inside)


def _says(department: str, name: str) -> int:
    """Return how long the longest of the department's words is that stands in the name; 0 without one."""
    text = name.casefold()
    titles = load_stages().departments[department].titles
    return max((len(title) for title in titles if _word(title).search(text)), default=0)


@cache
def _word(title: str) -> re.Pattern[str]:
    """Latin words have to begin where a word begins, and short ones to end there, too."""
    if not title.isascii():
        return re.compile(re.escape(title))
    return re.compile(rf"(?<![a-z]){re.escape(title)}" + (r"(?![a-z])" if len(title) < 4 else ""))


def _most(name: str) -> int:
    return max(_says(department, name) for department in load_stages().departments)
