"""What the last try of a draft has found, as a person reads it: figures, units, scores, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kpis.choices import DefinitionSubject
from kpis.models import Definition
from kpis.queries.definitions import every_kpi
from kpis.queries.uploads import last_change
from omnichannel.core.numerals import from_text
from omnichannel.core.text import Bilingual
from omnichannel.jobs.choices import ACTIVE, JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import RoleKey, roles_here
from roles.queries.frames import org_units_rows

COMBINED = Bilingual("各岗位合计", "All roles together")


@dataclass(frozen=True, slots=True)
class Moved:
    """One figure or score before and after. `who` is empty for the company."""

    kpi: str
    names: Bilingual
    unit: str
    period: str
    scope_kind: str
    scope_id: str
    who: str
    before: Decimal | None
    after: Decimal | None
    reason_before: str = ""
    reason_after: str = ""

    @property
    def change(self) -> Decimal | None:
        """The difference where both are there."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def change_unit(self) -> str:
        """The unit of the difference: percentages differ by percentage points."""
        return "points" if self.unit == "percent" else self.unit

    @property
    def moves(self) -> bool:
        """False when nothing changes."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Scores:
    """How many cards and people move, and the largest moves."""

    cards: int
    moved: int
    people_up: int
    people_down: int
    top: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class DraftMoves:
    """The newest try of a draft. `outdated`: the draft or the data are no longer those that were tried."""

    job: Job | None
    outdated: bool
    period: str
    company: tuple[tuple[Bilingual, tuple[Moved, ...]], ...]
    units: tuple[Moved, ...]
    units_moved: int
    units_total: int
    scores: Scores | None

    @property
    def busy(self) -> bool:
        """True while the try waits or runs."""
        return self.job is not None and self.job.state in ACTIVE

    @property
    def found(self) -> bool:
        """True when it has ended well."""
        return self.job is not None and self.job.state == JobState.SUCCEEDED

    @property
    def failed(self) -> bool:
        """True when it ended otherwise."""
        return self.job is not None and not self.busy and not self.found


def draft_moves(subject: DefinitionSubject, key: str, *, draft: Definition | None) -> DraftMoves:
    """Return the newest try of a key's drafts."""
    jobs = Job.objects.select_related("workspace").filter(kind=JobKind.PREVIEW_DEFINITION)
    job = jobs.filter(params__subject=subject.value, params__key=key).first()
    if job is None or draft is None:
        return DraftMoves(None, False, "", (), (), 0, 0, None)
    result: Mapping[str, Any] = job.result or {}
    own = {draft.key: _spec(draft)} if subject is DefinitionSubject.KPI else {}
    units = {str(row["unit_id"]): str(row["name"]) for row in org_units_rows(current_day())} if result else {}
    company = [_moved(each, own, units) for each in result.get("company", ())]
    return DraftMoves(
        job=job,
        outdated=job.params["draft"] != draft.pk or bool(result and result["seen"] != last_change()),
        period=str(result.get("period", "")),
        company=tuple(_lines(company)),
        units=tuple(_moved(each, own, units) for each in result.get("units", ())),
        units_moved=result.get("units_moved", 0),
        units_total=result.get("units_total", 0),
        scores=_scores(result["scores"], units) if result else None,
    )


def _lines(company: Sequence[Moved]) -> list[tuple[Bilingual, tuple[Moved, ...]]]:
    """Return one line per KPI, its months from the earliest on."""
    kpis = dict.fromkeys(each.kpi for each in company)
    return [
        (mine[0].names, tuple(sorted(mine, key=lambda each: each.period)))
        for kpi in kpis
        if (mine := [each for each in company if each.kpi == kpi])
    ]


def _spec(draft: Definition) -> tuple[Bilingual, str]:
    names = draft.content.get("names") or {}
    return Bilingual(str(names.get("zh", "")), str(names.get("en", ""))), str(draft.content.get("unit", ""))


def _moved(each: Mapping[str, Any], own: Mapping[str, tuple[Bilingual, str]], units: Mapping[str, str]) -> Moved:
    kpi = each["kpi"]
    spec = every_kpi().get(kpi)
    names, unit = own.get(kpi) or ((spec.names, spec.unit) if spec else (Bilingual(kpi, kpi), ""))
    return Moved(
        kpi=kpi,
        names=names,
        unit=unit,
        period=each["period"],
        scope_kind=each["scope_kind"],
        scope_id=each["scope_id"],
        who=units.get(each["scope_id"], each["scope_id"]),
        before=from_text(each["before"]),
        after=from_text(each["after"]),
        reason_before=each["reason_before"],
        reason_after=each["reason_after"],
    )


def _scores(found: Mapping[str, Any], units: Mapping[str, str]) -> Scores:
    return Scores(
        cards=found["cards"],
        moved=found["moved"],
        people_up=found["people_up"],
        people_down=found["people_down"],
        top=tuple(_score(each, units) for each in found["top"]),
    )


def _score(each: Mapping[str, Any], names: Mapping[str, str]) -> Moved:
    roles = roles_here().roles
    return Moved(
        kpi="",
        names=roles[RoleKey(each["role"])].names if each["role"] else COMBINED,
        unit="",
        period="",
        scope_kind=each["scope_kind"],
        scope_id=each["scope_id"],
        who=names.get(each["scope_id"]) or each["scope_id"],
        before=from_text(each["before"]),
        after=from_text(each["after"]),
    )
