"""Which story belongs to which analysis, and what stands in its place when there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.analysis_choices import COMPANY_ONLY, STORED, AnalysisName
from kpis.engine.specs import ScopeKind
from kpis.library import load_library
from kpis.queries.analyses.board import Board
from kpis.queries.analyses.stored import TABLES
from kpis.queries.analyses.stories.aipl import aipl
from kpis.queries.analyses.stories.balance import balance
from kpis.queries.analyses.stories.churn import churn
from kpis.queries.analyses.stories.cohorts import cohorts
from kpis.queries.analyses.stories.content import content
from kpis.queries.analyses.stories.funnel import funnel
from kpis.queries.analyses.stories.ladder import ladder
from kpis.queries.analyses.stories.lifetime import lifetime
from kpis.queries.analyses.stories.members import members
from kpis.queries.analyses.stories.merchandise import merchandise
from kpis.queries.analyses.stories.rfm import rfm
from kpis.queries.analyses.story import Story


@dataclass(frozen=True, slots=True)
class Gap:
    """Why an analysis says nothing. `may_run`: running it would help."""

    title: str
    text: str
    may_run: bool = False


def tell(name: AnalysisName, board: Board, query: Mapping[str, str] | None = None) -> Story | None:
    """Tell one analysis; `query` (None on the index) carries what its page lets a person choose."""
    if name is AnalysisName.AIPL:
        months = (query or {}).get("against", "1")
        return aipl(board, months=int(months) if months in ("1", "3", "12") else 1)
    if name is AnalysisName.LIFETIME:
        return lifetime(board, query)
    if name is AnalysisName.CHURN:
        return churn(board, with_trend=query is not None)
    return {
        AnalysisName.FUNNEL: funnel,
        AnalysisName.RFM: rfm,
        AnalysisName.COHORTS: cohorts,
        AnalysisName.MEMBERS: members,
        AnalysisName.LADDER: ladder,
        AnalysisName.CONTENT: content,
        AnalysisName.MERCHANDISE: merchandise,
        AnalysisName.BALANCE: balance,
    }[name](board)


def gap_of(name: AnalysisName, board: Board) -> Gap:
    """Say why there is no story."""
    if name in COMPANY_ONLY and board.scope.kind is ScopeKind.UNIT:
        text = _("Its data do not say which unit they belong to, so it is told for the whole company only.")
        return Gap(_("Not told by unit"), text)
    if name in STORED and name not in board.results:
        if not board.results:
            return Gap(_("Not analysed yet"), _("Nobody has asked for this month and unit so far."), may_run=True)
        tables = [load_library().tables[table].names.in_language(get_language()) for table in TABLES[name]]
        text = _("It reads: %(tables)s. One of them has not been loaded, or has no rows in this month.")
        return Gap(_("No data"), text % {"tables": _(", ").join(tables)}, may_run=True)
    if name is AnalysisName.BALANCE:
        return Gap(_("No scorecards here"), _("Nobody holds one of the twelve roles here in this month."))
    return Gap(_("No data"), _("This month has no rows that it could be told from."))
