"""Tables whose rows are facts in PostgreSQL (organisation, targets, reviews): tried at the check, kept at the load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils import translation
from django.utils.translation import gettext as _

from kpis.errors import LoadRefused
from kpis.queries.reviews import against_the_lock
from kpis.services.fact_changes import recording
from kpis.services.org_facts import COLUMNS, THINGS, sync_rows
from kpis.services.targets import upsert_reviews, upsert_targets
from omnichannel.core.text import Bilingual
from roles.services.sync import SyncIssue, SyncResult

Row = dict[str, Any]
LOCK_HINT = Bilingual(
    "请人力资源写明原因重新开放该轮评分，或从文件中删去此行。",
    "Have HR open the review round again with a reason, or leave the row out.",
)
TOLD = 20  # issues named when a load is refused
ORGANISATION = tuple(THINGS)
FACT_TABLES = frozenset({*ORGANISATION, "targets", "reviews"})


@dataclass(frozen=True, slots=True)
class FactIssue:
    """A row that does not fit what is there; `line` is its line in the file. `hint`: what to do, if not the usual."""

    line: int
    column: str
    external_id: str
    message: Bilingual
    hint: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What keeping the rows would do. `effect` counts new, changed and same rows; None while there are issues."""

    issues: tuple[FactIssue, ...] = ()
    effect: Mapping[str, int] | None = None


def is_fact_table(table: str) -> bool:
    """Tell whether the rows of the table live in PostgreSQL."""
    return table in FACT_TABLES


def try_facts(table: str, *, parts: Sequence[Path]) -> Trial:
    """Try the rows against what is stored without writing; every issue comes in both languages."""
    rows = read_rows(parts)
    if table not in ORGANISATION:
        issues = tuple(_signed_off(rows)) if table == "reviews" else ()
        return Trial(issues, effect=_judged_or_aimed(table, rows, upload_id=None, dry_run=True))
    result = sync_rows(table, rows, actor_id=None, dry_run=True)
    if result.is_ok:
        return Trial(effect=_effect(result))
    told = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told[language] = sync_rows(table, rows, actor_id=None, dry_run=True).issues
    pairs = zip(told["zh-hans"], told["en"], strict=True)
    return Trial(tuple(_issue(table, rows, zh, en) for zh, en in pairs))


def keep_facts(table: str, rows: Sequence[Row], *, actor_id: int | None, upload_id: int) -> Mapping[str, int]:
    """Write the rows in the caller's transaction and record what they change; LoadRefused when they do not fit."""
    with recording(upload_id, table=table, rows=rows):
        return _keep(table, rows, actor_id=actor_id, upload_id=upload_id)


def _keep(table: str, rows: Sequence[Row], *, actor_id: int | None, upload_id: int) -> Mapping[str, int]:
    if table == "reviews" and (locked := against_the_lock(rows)):
        raise LoadRefused("; ".join(_locked_text(rows[index]) for index in locked[:TOLD]))
    if table not in ORGANISATION:
        return _judged_or_aimed(table, rows, upload_id=upload_id, dry_run=False)
    result = sync_rows(table, rows, actor_id=actor_id, dry_run=False)
    if not result.is_ok:
        raise LoadRefused("; ".join(f"{issue.external_id}: {issue.message}" for issue in result.issues[:TOLD]))
    return _effect(result)


def _judged_or_aimed(table: str, rows: Sequence[Row], *, upload_id: int | None, dry_run: bool) -> dict[str, int]:
    upsert = upsert_targets if table == "targets" else upsert_reviews
    kept = upsert(rows, upload_id=upload_id, dry_run=dry_run)
    return {"new": kept.created, "changed": kept.changed, "same": kept.same}


def _signed_off(rows: Sequence[Row]) -> Iterator[FactIssue]:
    """Yield the rows that would change a judgement after its review round has been signed off."""
    for index in against_the_lock(rows):
        told = {}
        for language in ("zh-hans", "en"):
            with translation.override(language):
                told[language] = _locked_text(rows[index])
        message = Bilingual(told["zh-hans"], told["en"])
        yield FactIssue(rows[index]["_line"], "score", str(rows[index]["subject_id"]), message, LOCK_HINT)


def _locked_text(row: Row) -> str:
    text = _("The review of %(subject)s by %(reviewer)s for %(period)s is signed off and locked.")
    return text % {"subject": row["subject_id"], "reviewer": row["reviewer_id"], "period": row["period"]}


def read_rows(parts: Sequence[Path]) -> list[Row]:
    """Read the rows of parts of our own. Only for fact tables, which are small."""
    if not parts:
        return []
    rows: list[Row] = pa.concat_tables([pq.read_table(path) for path in parts]).to_pylist()
    return rows


def _effect(result: SyncResult) -> dict[str, int]:
    return {"new": result.created, "changed": result.changed, "same": result.same}


def _issue(table: str, rows: Sequence[Row], zh: SyncIssue, en: SyncIssue) -> FactIssue:
    column = COLUMNS[table].get(zh.field, zh.field)
    return FactIssue(rows[zh.index]["_line"], column, zh.external_id, Bilingual(zh.message, en.message))
