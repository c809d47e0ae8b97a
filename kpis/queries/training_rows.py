"""Rows of the tables `training_records` and `surveys` as training reads them, and the figures of a month from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kpis.engine.arithmetic import rounded
from kpis.engine.explain import shown
from kpis.library import load_library
from kpis.queries.current_rows import rows_counted, rows_read
from omnichannel.core.periods import Period

TABLE, SURVEYS, FEEDBACK = "training_records", "surveys", "training_feedback"
MOST = 200_000
CERTIFIED = """
    certificate_no <> '' and cast(completed_on as date) <= ? and (cast(employee_id as varchar), certificate_no) not in
    (select (unnest(cast(? as varchar[])), unnest(cast(? as varchar[]))))
"""


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One person's course. A certificate counts from `completed_on` until the day before `expires_on`."""

    person: str
    programme: str
    started_on: date
    completed_on: date | None
    hours: Decimal
    exam_score: Decimal | None
    passed: bool | None
    certificate_no: str
    expires_on: date | None

    @property
    def key(self) -> tuple[str, str, date]:
        """The row's key."""
        return self.person, self.programme, self.started_on


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """One answer about training on its own scale; `responses` is how many answers the row stands for."""

    on: date
    score: Decimal
    scale_max: Decimal
    responses: int


@dataclass(frozen=True, slots=True)
class TrainingFigures:
    """A month of training from its rows: counts, and None for what has no rows to be computed from."""

    enrolments: int
    completions: int
    exams: int
    passed: int
    answers: int
    satisfaction: Decimal | None
    certified: int

    @property
    def completion_rate(self) -> Decimal | None:
        """Completions over enrolments in percent."""
        return _percent(self.completions, self.enrolments)

    @property
    def pass_rate(self) -> Decimal | None:
        """Exams passed over exams taken in percent."""
        return _percent(self.passed, self.exams)


def training_rows(*, people: Collection[str] | None = None, certificate: str | None = None) -> tuple[TrainingRow, ...]:
    """Return the current rows by person and start, of all people or of some, or those of a certificate's number."""
    table = load_library().tables[TABLE]
    only: dict[str, object] = {} if people is None else {"employee_id": sorted(people)}
    alike = {} if certificate is None else {"certificate_no": certificate}
    names = [column.name for column in table.columns]
    return tuple(_row(row) for row in rows_read(table, columns=names, filters=only, folded=alike, limit=MOST))


def certificates_by_expiry(*, as_of: date, but: Collection[tuple[str, str]]) -> dict[date | None, int]:
    """Count the certificates of current rows completed by the day by when they expire, without those of `but`."""
    given = [as_of, [person for person, _number in but], [number for _person, number in but]]
    return rows_counted(load_library().tables[TABLE], by="expires_on", where=CERTIFIED, given=given)


def feedback_rows() -> tuple[FeedbackRow, ...]:
    """Return the current answers about training."""
    table = load_library().tables[SURVEYS]
    names = ["response_id", "kind", "date", "score", "scale_max", "responses"]
    rows = rows_read(table, columns=names, filters={"kind": FEEDBACK}, limit=MOST)
    return tuple(FeedbackRow(row["date"], row["score"], row["scale_max"], row["responses"]) for row in rows)


def training_figures(
    period: Period, rows: Iterable[TrainingRow], answers: Iterable[FeedbackRow] = ()
) -> TrainingFigures:
    """Count a period as the KPIs do: enrolments by the start, exams by the day of completion, certificates at its end.

    Rates are rounded as the engine rounds.
    """
    rows = list(rows)
    started = [row for row in rows if period.start <= row.started_on < period.end]
    ended = [row for row in rows if row.completed_on is not None and period.start <= row.completed_on < period.end]
    valid = {
        row.person
        for row in rows
        if row.certificate_no
        and row.completed_on is not None
        and row.completed_on < period.end
        and (row.expires_on is None or row.expires_on >= period.end)
    }
    said = [one for one in answers if period.start <= one.on < period.end and one.scale_max > 0]
    return TrainingFigures(
        enrolments=len(started),
        completions=sum(row.completed_on is not None for row in started),
        exams=sum(row.exam_score is not None for row in ended),
        passed=sum(row.passed is True for row in ended),
        answers=sum(one.responses for one in said),
        satisfaction=_index(said),
        certified=len(valid),
    )


def _index(said: Iterable[FeedbackRow]) -> Decimal | None:
    """Return the mean of the answers on a scale to 100, weighted by how many each row stands for."""
    weighted = [(Fraction(one.score) / Fraction(one.scale_max), one.responses) for one in said]
    answers = sum(count for _part, count in weighted)
    return rounded(sum((part * count for part, count in weighted), Fraction(0)) / answers * 100) if answers else None


def _percent(part: int, whole: int) -> Decimal | None:
    return rounded(Fraction(part * 100, whole)) if whole else None


def _row(row: Mapping[str, Any]) -> TrainingRow:
    return TrainingRow(
        person=row["employee_id"],
        programme=row["programme_id"],
        started_on=row["started_on"],
        completed_on=row["completed_on"],
        hours=Decimal(shown(row["hours"])),
        exam_score=None if row["exam_score"] is None else Decimal(shown(row["exam_score"])),
        passed=row["passed"],
        certificate_no=row["certificate_no"] or "",
        expires_on=row["expires_on"],
    )
