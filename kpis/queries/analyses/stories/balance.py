"""Result against process, and quantity against quality, role by role."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.figure_forms import beside
from kpis.figure_points import Bubble, turning
from kpis.figures import Series
from kpis.queries.analyses.balance import RoleBalance, balances
from kpis.queries.analyses.board import Board
from kpis.queries.analyses.story import Cell, Column, Picture, Row, Sheet, Story, question_of, rules_of, say
from roles.catalogue import roles_here


def balance(board: Board) -> Story | None:
    """Mark the roles whose process rose while the result stood still."""
    found = balances(board)
    if not found:
        return None
    marked = [each for each in found if each.is_marked]
    compared = [each for each in found if each.result_change is not None and each.process_change is not None]
    finding = _finding(marked, compared)
    names = [_name(each) for each in found]
    volumes = beside(
        names,
        [
            Series(_("Weight of quantity"), [each.volume.weight for each in found]),
            Series(_("Weight of quality"), [each.depth.weight for each in found]),
        ],
        axis=_("Role"),
        unit="%",
        lying=True,
    )
    pictures = []
    if compared:
        points = [Bubble(_name(each), each.process_change, each.result_change, None) for each in compared]
        words = [_words(each) for each in compared]
        axes = (_("Process, change in points"), _("Result, change in points"))
        chart = turning(points, axis=_("Role"), names=axes, words=words)
        pictures.append(Picture("balance", question_of("balance"), chart, words=finding))
    pictures.append(
        Picture("volume", _("Is the role weighed by quantity or by quality?"), volumes, height="l", words=finding)
    )
    return Story(
        finding=finding,
        tone="warn" if marked else "",
        pictures=tuple(pictures),
        sheets=(_effort_sheet(found), _kpi_sheet(found), _volume_sheet(found)),
        rules=rules_of("balance"),
    )


def _finding(marked: list[RoleBalance], compared: list[RoleBalance]) -> str:
    if not compared:
        return _("There is no month before to compare the scorecards with.")
    if not marked:
        return _("In no role did the process rise while the result stood still.")
    told = {"n": len(marked), "all": len(compared), "roles": _(", ").join(_name(each) for each in marked)}
    return _("In %(n)s of %(all)s roles the process rose while the result stood still: %(roles)s.") % told


def _name(each: RoleBalance) -> str:
    return roles_here().roles[each.role].names.in_language(get_language())


def _words(each: RoleBalance) -> str:
    return _("process %(process)s, result %(result)s") % {
        "process": say(each.process_change, "points", signed=True),
        "result": say(each.result_change, "points", signed=True),
    }


def _effort_sheet(found: tuple[RoleBalance, ...]) -> Sheet:
    none = _("No KPI of this kind has data")
    before = _("There is no month to compare with")
    rows = tuple(
        Row(
            _name(each),
            (
                Cell(each.process.attainment, "percent", reason=none),
                Cell(each.process_change, "points", reason=before),
                Cell(each.result.attainment, "percent", reason=none),
                Cell(each.result_change, "points", reason=before),
                Cell(each.process.weight, "percent", places=0),
                Cell(each.result.weight, "percent", places=0),
            ),
            mark=_("More was done, nothing came of it") if each.is_marked else "",
            tone="warn",
            key=each.role.value,
        )
        for each in found
    )
    columns = (
        Column("process", _("Process"), keep=True), Column("process_change", _("Since last month")),
        Column("result", _("Result"), keep=True), Column("result_change", _("Since last month")),
        Column("process_weight", _("Weight of process")), Column("result_weight", _("Weight of result")),
    )  # fmt: skip
    return Sheet("effort", _("Result against process"), _("Role"), columns, rows)


def _kpi_sheet(found: tuple[RoleBalance, ...]) -> Sheet:
    """Put under each result KPI the process KPIs it rests on: those of the same role."""
    rows = []
    for each in found:
        resting = _(", ").join(spec.names.in_language(get_language()) for spec, _line in each.processes)
        for spec, line in each.results:
            cells = (
                Cell(_name(each)),
                Cell(line.value, spec.unit, reason=line.reason),
                Cell(line.attainment, "percent", reason=line.reason or "no_target"),
                Cell(each.process.attainment, "percent", reason=_("No KPI of this kind has data")),
                Cell(resting or None, reason=_("The role is weighed by no process KPI")),
            )
            rows.append(Row(spec.names.in_language(get_language()), cells, key=f"{each.role.value}.{spec.id}"))
    columns = (
        Column("role", _("Role"), numeric=False), Column("value", _("Value"), keep=True),
        Column("attainment", _("Attainment"), keep=True), Column("process", _("Process it rests on")),
        Column("kpis", _("Process KPIs of the role"), numeric=False),
    )  # fmt: skip
    return Sheet("results", _("Each result and the process it rests on"), _("Result KPI"), columns, tuple(rows))


def _volume_sheet(found: tuple[RoleBalance, ...]) -> Sheet:
    none = _("No KPI of this kind has data")
    rows = tuple(
        Row(
            _name(each),
            (
                Cell(each.volume.weight, "percent", places=0),
                Cell(each.volume.attainment, "percent", reason=none),
                Cell(each.depth.weight, "percent", places=0),
                Cell(each.depth.attainment, "percent", reason=none),
                Cell(_gap(each), "points", reason=none),
            ),
            key=each.role.value,
        )
        for each in found
    )
    columns = (
        Column("volume_weight", _("Weight of quantity")), Column("volume", _("Attainment of quantity"), keep=True),
        Column("depth_weight", _("Weight of quality")), Column("depth", _("Attainment of quality"), keep=True),
        Column("gap", _("Quality less quantity")),
    )  # fmt: skip
    return Sheet("volume", _("Quantity against quality"), _("Role"), columns, rows)


def _gap(each: RoleBalance) -> Decimal | None:
    if each.volume.attainment is None or each.depth.attainment is None:
        return None
    return each.depth.attainment - each.volume.attainment
