"""What departments, roles or channels are credited for the orders they touched, by every model beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from kpis.engine.attribution import MODELS
from kpis.engine.crediting import SHARED
from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.incentives.touches import By, Totals
from kpis.library import library_extras
from kpis.models import KpiValue
from kpis.queries.definitions import library_at
from kpis.queries.figure_places import Place, query_of
from kpis.queries.pay.credit_ask import CreditAsk, kept, opened_ledger, side_names
from omnichannel.core.text import Bilingual
from roles.queries.org_chart import unit_tree

KPI = "sales_attributed"
SCOPE_OF = {By.ROLE: ScopeKind.ROLE, By.CHANNEL: ScopeKind.CHANNEL}
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SideLine:
    """A side: the orders it touched, how many bring it nothing by the model chosen, its credit by every model.

    `explain` is the query of its explanation; empty where the side is no scope of the KPI.
    """

    side: str
    names: Bilingual
    orders: int
    unpaid: int
    credits: Mapping[str, Decimal]
    explain: str


@dataclass(frozen=True, slots=True)
class CreditReport:
    """The ledger by side. `sums` are what the sides add up to by model: the touched value in all but `shared`.

    `missing` names the table that was never loaded; then there is nothing else. `own_model` is the workspace's.
    """

    ask: CreditAsk
    own_model: str
    window: int
    totals: Totals | None = None
    lines: tuple[SideLine, ...] = ()
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    explain: str = ""
    missing: str = ""

    @property
    def counted_twice(self) -> Decimal:
        """How much more than the company's total the sides see together when each sees all of its orders."""
        return self.sums.get(SHARED, ZERO) - (self.totals.touched_value if self.totals else ZERO)


def model_names() -> dict[str, tuple[Bilingual, Bilingual]]:
    """Return name and rule of every model, in the catalogue's order."""
    models = library_extras().attribution_models
    return {model: (models[model].names, models[model].rule) for model in MODELS}


def credit_report(ask: CreditAsk) -> CreditReport:
    """Split the orders of the months by every model."""
    return kept("credit-report", ask, lambda: _report(ask))


def _report(ask: CreditAsk) -> CreditReport:
    params = library_at(ask.last.last_day).params
    own, window = params.attribution_model, params.attribution_window_days
    try:
        with opened_ledger(ask) as ledger:
            totals = ledger.totals()
            by_model = {model: ledger.credits(model) for model in MODELS}
    except LookupError as error:
        return CreditReport(ask, own, window, missing=str(error.args[0]))
    names = side_names([each.side for each in by_model[ask.model]], ask.by, tree=unit_tree(as_of=ask.last.last_day))
    credits = {model: {each.side: each.credit for each in found} for model, found in by_model.items()}
    explained = explains(ask, own_model=own)
    lines = tuple(
        SideLine(
            side=each.side,
            names=names[each.side],
            orders=each.orders,
            unpaid=each.unpaid,
            credits={model: found[each.side] for model, found in credits.items()},
            explain=_explain(ask, each.side) if explained else "",
        )
        for each in by_model[ask.model]
    )
    sums = {model: sum(found.values(), ZERO) for model, found in credits.items()}
    total = query_of(Place(KPI, ask.last, COMPANY)) if explained else ""
    return CreditReport(ask, own, window, totals, lines, sums, total)


def explains(ask: CreditAsk, *, own_model: str) -> bool:
    """Tell whether the KPI tells the same: one month, all its orders, the workspace's model, and it is computed."""
    if not ask.is_month or ask.unit or ask.channel or ask.model != own_model:
        return False
    return KpiValue.objects.filter(kpi=KPI, period=str(ask.last), is_current=True, value__isnull=False).exists()


def _explain(ask: CreditAsk, side: str) -> str:
    kind = SCOPE_OF.get(ask.by)
    return query_of(Place(KPI, ask.last, Scope(kind, side))) if kind and side else ""
