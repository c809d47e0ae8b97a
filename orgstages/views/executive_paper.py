"""The executive page as a report for paper, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.library import load_library
from kpis.queries.alert_words import AlertWords
from kpis.queries.overview import KeyFigure
from omnichannel.core.numerals import show
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.catalogue import load_stages
from orgstages.queries.executive import MODES_SHOWN, Executive, UnitStanding, Watched
from orgstages.queries.roadmaps import MilestoneView, RoadmapView
from orgstages.scoring import Severity, rounded
from orgstages.verdicts import mixed_map, verdict_name
from orgstages.views.planning import milestone_words
from orgstages.views.stages import UnitLine, unit_line
from roles.catalogue import roles_here
from roles.paper.marks import Tone
from roles.paper.report_blocks import Cell, PaperTile, Paragraph, Report, Table, Tiles

DASH = "–"
FEWEST_MODES = 3  # failure modes of which the report tells at the least
TONES = {"met": Tone.GOOD, "near": Tone.WARN, "low": Tone.WARN, "missed": Tone.BAD}
SEVERE = {Severity.RED: Tone.BAD, Severity.ORANGE: Tone.WARN}


def report_of(page: Executive, *, request: WorkspaceRequest) -> Report:
    """Put the page into blocks, with fewer of the failure modes where that keeps it on one sheet."""
    # heavy: not for every process at its start, only for who prints
    from roles.paper.report import pages_of

    most = min(MODES_SHOWN, len(page.watched))
    whole = _report(page, request=request, modes=most)
    fewer = (_report(page, request=request, modes=modes) for modes in range(most - 1, FEWEST_MODES - 1, -1))
    return next((one for one in (whole, *fewer) if len(pages_of(one)) == 1), whole)


def _report(page: Executive, *, request: WorkspaceRequest, modes: int) -> Report:
    names = request.access.workspace.name
    printed = _("printed by %(who)s on %(when)s") % {
        "who": request.user,
        "when": timezone.localtime().strftime("%Y-%m-%d %H:%M"),
    }
    stamp = [_("As of %(day)s") % {"day": page.as_of.isoformat()}]
    if page.period is not None:
        stamp.append(_("Figures of %(period)s") % {"period": page.period})
    if page.freshness.data_until is not None:
        stamp.append(_("Data until %(day)s") % {"day": page.freshness.data_until.isoformat()})
    return Report(
        title=f"{names} · {_('Where the firm stands')}",
        stamp=" · ".join(stamp),
        printed=printed,
        numbered=_("page {page} of {of}"),
        blocks=(
            Paragraph(_words(mixed_map((each.found.unit.name, each.found.verdict) for each in page.units))),
            _head_tiles(page),
            _units(page),
            _challenges(page),
            _figures(page),
            _watch(page, modes=modes),
            _alerts(page),
            _milestones(page),
        ),
    )


def status_words() -> dict[str, str]:
    """Return the words of the bands."""
    return {"met": _("Met"), "near": _("Near"), "low": _("Low"), "missed": _("Missed"), "": _("no target")}


def _words(text: Bilingual) -> str:
    return text.in_language(get_language())


def _listed(words: Sequence[str]) -> str:
    return ("、" if (get_language() or "").startswith("zh") else ", ").join(words)


def _shown(value: Decimal | None, unit: str, *, places: int | None = None) -> str:
    return DASH if value is None else str(show(value, unit, language=get_language() or "en", places=places))


def _head_tiles(page: Executive) -> Tiles:
    missing = sum(len(each.cover.missing) for each in page.units)
    unowned = sum(each.unowned for each in page.units)
    numbers = (
        (_("Red alerts, open now"), page.red),
        (_("Milestones overdue"), page.overdue),
        (_("Core roles missing"), missing),
        (_("Relations without owner"), unowned),
    )
    tiles = tuple(PaperTile(label, str(count), tone=Tone.BAD if count else Tone.GOOD) for label, count in numbers)
    return Tiles("", "", tiles)


def _units(page: Executive) -> Table:
    head = (
        Cell(_("Unit")),
        Cell(_("Stage and sub-type")),
        Cell(_("Confidence")),
        Cell(_("Maturity")),
        Cell(_("Core roles"), right=True),
        Cell(_("Missing or shared")),
        Cell(_("Relations owned"), right=True),
    )
    rows = tuple(_unit(each) for each in page.units)
    note = _("Side by side, no average. A stage is a description, not a grade.")
    return Table(_("Units"), note, (0.12, 0.23, 0.11, 0.11, 0.08, 0.23, 0.12), head, rows, _("No units yet"))


def _unit(each: UnitStanding) -> tuple[Cell, ...]:
    line, cover = unit_line(each.found), each.cover
    names = roles_here().roles
    maturity = DASH if line.maturity is None else f"{_words(line.maturity)} {_shown(line.index, '', places=1)}"
    asked = _("asked of %(unit)s") % {"unit": cover.asked_of} if cover.asked_of else DASH
    missing = _listed([_words(names[role].names) for role in cover.missing])
    shared = _listed([_words(names[role].names) for role in cover.shared])
    if shared:
        shared = _("shared: %(roles)s") % {"roles": shared}
    return (
        Cell(each.found.unit.name, bold=True),
        Cell(_words(verdict_name(each.found.verdict))),
        Cell(_certain(line)),
        Cell(maturity),
        Cell(f"{cover.filled} / {cover.expected}" if cover.expected else DASH, right=True),
        Cell(" · ".join(filter(None, (missing, shared))) or asked, Tone.BAD if missing else Tone.MUTED),
        Cell(
            f"{each.relations - each.unowned} / {each.relations}" if each.relations else DASH,
            Tone.WARN if each.unowned else Tone.INK,
            right=True,
        ),
    )


def _certain(line: UnitLine) -> str:
    """Write the confidence as a part and in a word."""
    if line.certainty is None:
        return DASH
    return f"{_shown(line.confidence, '0..1')} {_words(line.certainty)}"


def _challenges(page: Executive) -> Table:
    """Return each unit's challenges; a unit for which nobody has answered says so."""
    catalogue = load_stages().challenges
    head = (Cell(_("Unit")), *(Cell(_words(spec.names)) for spec in catalogue.values()))
    rows = []
    for each in page.units:
        cells = [Cell(each.found.unit.name, bold=True)]
        if not any(one.answered for one in each.found.verdict.challenges):
            rows.append(
                (
                    *cells,
                    Cell(_("nobody has answered yet"), Tone.MUTED),
                    *[Cell(DASH, Tone.MUTED)] * (len(catalogue) - 1),
                )
            )
            continue
        for one in each.found.verdict.challenges:
            if one.severity is None or one.mean is None:
                cells.append(Cell(DASH, Tone.MUTED))
                continue
            word = {
                Severity.RED: _("red"),
                Severity.ORANGE: _("orange"),
                Severity.YELLOW: _("yellow"),
                Severity.GREEN: _("green"),
            }[one.severity]
            cells.append(Cell(f"{word} {rounded(one.mean, 2)}", SEVERE.get(one.severity, Tone.INK)))
        rows.append(tuple(cells))
    part = (1 - 0.2) / len(catalogue)
    note = _("Mean of 1 to 5, higher is worse; a dash: nobody has answered yet.")
    return Table(
        _("Four challenges"),
        note,
        (0.2, *[part] * len(catalogue)),
        head,
        tuple(rows),
        _("No units yet"),
    )


def _figures(page: Executive) -> Tiles:
    tiles = tuple(_figure(each) for each in page.figures)
    note = str(page.period or "")
    return Tiles(_("Company KPIs"), note, tiles, empty=_("No month has been computed by this day."))


def _figure(each: KeyFigure) -> PaperTile:
    value, parts = each.value.value if each.value else None, []
    if each.status:
        parts.append(status_words()[each.status])
    if each.target is not None:
        parts.append(f"{_('Target')} {_shown(each.target, each.spec.unit)}")
    return PaperTile(
        _words(each.spec.names),
        _shown(value, each.spec.unit),
        " · ".join(parts),
        TONES.get(each.status, Tone.INK),
        each.trend,
    )


def _watch(page: Executive, *, modes: int) -> Table:
    head = (
        Cell(_("Unit")),
        Cell(_("How it fails")),
        Cell(_("What would show it")),
        Cell(_("Figure"), right=True),
        Cell(_("Status")),
    )
    rows = tuple(_mode(line) for line in page.watched[:modes])
    note = _("Of the sub-types that units have decided for, the worst first.")
    if len(rows) < len(page.watched):
        counts = {"shown": len(rows), "total": len(page.watched)}
        note = _("Of the sub-types that units have decided for: the worst %(shown)s of %(total)s.") % counts
    return Table(_("Failure-mode watch"), note, (0.12, 0.36, 0.2, 0.06, 0.26), head, rows, _("No units yet"))


def _mode(line: Watched) -> tuple[Cell, ...]:
    signal = line.signal
    head = (Cell(line.unit.unit.name), Cell(_words(line.mode.mode.names)))
    value = signal.value.value if signal and signal.value else None
    if signal is None or value is None:
        known = load_library().kpis
        names = [_words(known[kpi].names) for kpi in line.mode.mode.revealed_by if kpi in known]
        return (
            *head,
            Cell(_words(signal.spec.names) if signal else _listed(names)),
            Cell(DASH, right=True),
            Cell(_("no figure"), Tone.MUTED),
        )
    words = status_words()[signal.status]
    if signal.worse:
        words += f" · {_('worse than the month before')}"
    tone = TONES.get(signal.status, Tone.WARN if signal.worse else Tone.MUTED)
    return (
        *head,
        Cell(_words(signal.spec.names)),
        Cell(_shown(value, signal.spec.unit), right=True),
        Cell(words, tone),
    )


def _alerts(page: Executive) -> Table:
    head = (Cell(_("About")), Cell(_("Where")), Cell(_("What was found")))
    rows = tuple(_alert(each) for each in page.alerts)
    note = _("%(shown)s of %(total)s, as they stand now") % {"shown": len(page.alerts), "total": page.red}
    return Table(_("Open red alerts"), note, (0.3, 0.2, 0.5), head, rows, _("No red alert is open."))


def _alert(each: AlertWords) -> tuple[Cell, ...]:
    return Cell(each.subject, bold=True), Cell(each.scope), Cell(each.sentence)


def _milestones(page: Executive) -> Table:
    head = (
        Cell(_("Planned")),
        Cell(_("Unit")),
        Cell(_("Milestone")),
        Cell(_("Person in charge")),
        Cell(_("How it stands")),
    )
    rows = tuple(_milestone(road, one) for road, one in page.milestones)
    empty = _("No roadmap is under way.")
    return Table(_("Next milestones"), "", (0.1, 0.12, 0.41, 0.22, 0.15), head, rows, empty)


def _milestone(road: RoadmapView, one: MilestoneView) -> tuple[Cell, ...]:
    tone = Tone.BAD if one.days > 0 else Tone.INK
    return (
        Cell(one.planned_on.isoformat()),
        Cell(road.unit_name),
        Cell(_words(one.names)),
        Cell(one.owner_name or _words(one.role_names)),
        Cell(milestone_words(one), tone),
    )
