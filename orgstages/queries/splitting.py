"""The advice to split or merge roles, for units that adopted a stage: from holders and the newest month's figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.engine.specs import Value
from kpis.queries.subjects import answers_for
from kpis.queries.values import Book, as_book, current_values
from omnichannel.core.periods import Period
from orgstages.queries.evidence import newest_period
from orgstages.splitting import Advice, Figures, advise
from roles.catalogue import RoleKey, SplitFigure
from roles.choices import UnitLevel
from roles.holdings import Holding
from roles.queries.org_chart import UnitNode, UnitTree
from roles.queries.stages import Adopted

# where a figure is read: the KPI, and whether its value or its denominator is meant
READ = {
    SplitFigure.MEMBERS: ("member_active_rate", "denominator"),
    SplitFigure.MEMBER_SALES_SHARE: ("member_sales_share", "value"),
    SplitFigure.CONTENT_ITEMS: ("content_output", "value"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A unit that adopted a stage, with everybody's holdings in it and below."""

    unit: UnitNode
    adopted: Adopted
    held: Sequence[Holding]


@dataclass(frozen=True, slots=True)
class UnitAdvice:
    """The advice for one unit; `period` is the month of its figures, which are those the signs were read from."""

    unit: UnitNode
    period: Period | None
    figures: Figures
    advice: tuple[Advice, ...]


def split_advice(
    subjects: Iterable[Subject], *, as_of: date, tree: UnitTree, within: str | None = None
) -> tuple[UnitAdvice, ...]:
    """Return the advice per unit, in two queries however many. `tree` is the whole tree of the day.

    `within` bounds the reader: figures of a scope outside stay unknown.
    """
    wanted = tuple(subjects)
    period = newest_period(as_of)
    scopes = {subject.unit.external_id: answers_for(subject.unit.external_id, tree) for subject in wanted}
    if within is not None:
        inside = tree.subtree(within)
        scopes = {unit: scope for unit, scope in scopes.items() if scope.id in inside}
    kpis = {kpi for kpi, _part in READ.values()}
    book: Book = {}
    if period is not None:
        book = as_book(current_values(period, kpis=kpis, scopes=frozenset(scopes.values())))
    found = []
    for subject in wanted:
        scope = scopes.get(subject.unit.external_id)
        values = {figure: book.get((kpi, scope)) for figure, (kpi, _part) in READ.items()} if scope else {}
        figures = Figures(subject.adopted.stage, {**_measured(values), **_counted(subject, tree)})
        found.append(UnitAdvice(subject.unit, period, figures, advise(subject.held, figures)))
    return tuple(found)


def _measured(values: Mapping[SplitFigure, Value | None]) -> dict[SplitFigure, Decimal]:
    found = {}
    for figure, value in values.items():
        number = getattr(value, READ[figure][1]) if value is not None else None
        if number is not None:
            found[figure] = number
    return found


def _counted(subject: Subject, tree: UnitTree) -> dict[SplitFigure, Decimal]:
    below = tree.walk(subject.unit.external_id)
    guides = {each.person_external_id for each in subject.held if each.role_key is RoleKey.DIGITAL_GUIDE}
    stores = sum(tree.nodes[each].level is UnitLevel.STORE for each in below)
    return {SplitFigure.GUIDES: Decimal(len(guides)), SplitFigure.STORES: Decimal(stores)}
