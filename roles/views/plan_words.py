"""What follows from a move, as words and figures of the sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from roles.catalogue import RoleKey, roles_here
from roles.choices import Thing
from roles.queries.move_figures import Figures
from roles.queries.move_plans import MovePlan, StageShift
from roles.queries.stages import Adopted

COLUMNS = (
    ("people", gettext_lazy("People")),
    ("fte", gettext_lazy("FTE")),
    ("units", gettext_lazy("Units")),
    ("seats", gettext_lazy("Seats")),
    ("layers", gettext_lazy("Layers of units")),
    ("span", gettext_lazy("Direct reports of the lead")),
    ("missing", gettext_lazy("Expected roles nobody holds")),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure before and after."""

    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """True where the move changes it."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class UnitLine:
    """The figures of a unit."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class PlanWords:
    """A plan as it is read."""

    moved: str
    columns: tuple[str, ...]
    units: tuple[UnitLine, ...]
    notes: tuple[str, ...]
    is_same: bool


def plan_words(plan: MovePlan) -> PlanWords | None:
    """Return the plan in words; None for one that is refused."""
    if plan.refused:
        return None
    lines = tuple(
        UnitLine(one.name, tuple(_cell(name, str(label), one.before, one.after) for name, label in COLUMNS))
        for one in plan.effects
    )
    moved = _("Nothing changes: it stands there already.") if plan.is_same else _moved(plan)
    return PlanWords(moved, tuple(str(label) for _name, label in COLUMNS), lines, tuple(_notes(plan)), plan.is_same)


def _moved(plan: MovePlan) -> str:
    parts = [
        ngettext("%(n)s unit", "%(n)s units", len(plan.units)) % {"n": len(plan.units)} if plan.units else "",
        ngettext("%(n)s person", "%(n)s people", len(plan.people)) % {"n": len(plan.people)},
        ngettext("%(n)s seat", "%(n)s seats", len(plan.seats)) % {"n": len(plan.seats)} if plan.seats else "",
    ]
    return _("What goes along: %(things)s.") % {"things": " · ".join(filter(None, parts))}


def _cell(name: str, label: str, before: Figures, after: Figures) -> Cell:
    return Cell(label, _figure(name, before), _figure(name, after))


def _figure(name: str, figures: Figures) -> str:
    value = getattr(figures, name)
    if value is None:
        return "–"
    if name == "missing":
        return str(len(value))
    return f"{value.normalize():f}" if name == "fte" else str(value)


def _notes(plan: MovePlan) -> Iterator[str]:
    for one in plan.effects:
        known = one.before.missing is not None and one.after.missing is not None
        lost = set(one.after.missing or ()) - set(one.before.missing or ()) if known else set()
        if lost:
            words = {"unit": one.name, "roles": _role_names(lost)}
            yield _("In %(unit)s nobody is left in an expected role: %(roles)s.") % words
    for shift in plan.stages:
        yield _shifted(shift)
    if plan.roles:
        yield ngettext(
            "%(n)s role held goes on in the new unit.", "%(n)s roles held go on in the new unit.", plan.roles
        ) % {"n": plan.roles}
    if plan.people and plan.thing is Thing.PEOPLE:
        yield _("Seats do not go along.")
    for later in plan.later:
        words = {"day": str(later.on), "unit": later.to_name or later.to or _("the top")}
        yield _("From %(day)s on it stands under %(unit)s, as planned before.") % words


def _shifted(shift: StageShift) -> str:
    count = len(shift.people)
    return ngettext(
        "The weights of %(n)s person follow another stage: %(before)s becomes %(after)s.",
        "The weights of %(n)s people follow another stage: %(before)s becomes %(after)s.",
        count,
    ) % {"n": count, "before": _stage(shift.before), "after": _stage(shift.after)}


def _stage(adopted: Adopted) -> str:
    return f"{adopted.stage_name} · {adopted.subtype_name}"


def _role_names(roles: set[RoleKey]) -> str:
    names, language = roles_here().roles, get_language()
    between = "、" if language.startswith("zh") else ", "
    return between.join(names[role].names.in_language(language) for role in names if role in roles)
