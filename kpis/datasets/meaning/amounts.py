"""Which of an order list's money columns is which, proved by the rows themselves: gross - discount - refund = net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from kpis.datasets.checks.values import number
from kpis.datasets.meaning.evidence import Evidence
from kpis.datasets.meaning.headers import normal_header
from kpis.datasets.meaning.matching import ColumnMatch, Confidence, names
from kpis.datasets.meaning.sources import Source
from kpis.datasets.meaning.words import header_factor
from kpis.engine.specs import TableSpec

PARTS = ("gross_amount", "discount_amount", "refund_amount", "net_amount")
# Rows that must add up, and rows among them in which each of discount and refund is not nothing: else anything fits.
ROWS, TELLING = 20, 3
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Proof:
    """One reading of the money columns under which every row adds up. `paid`: the net column is before refunds."""

    columns: Mapping[str, str]
    paid: bool

    @property
    def sources(self) -> dict[str, Source]:
        """Return field -> source for the four fields."""
        sources = {name: Source(column=column) for name, column in self.columns.items()}
        if self.paid:
            sources["net_amount"] = Source(subtract=(self.columns["net_amount"], self.columns["refund_amount"]))
        return sources


def prove(matches: Sequence[ColumnMatch], *, table: TableSpec, evidence: Evidence) -> Proof | None:
    """Return the only reading that adds up in every row looked at; None when there is none or more than one."""
    if table.id != "orders":
        return None
    found = [_candidates(matches, name, table=table) for name in PARTS]
    if not all(found) or len(list(product(*found))) > 64:
        return None
    proofs = [
        Proof(dict(zip(PARTS, columns, strict=True)), paid)
        for columns in product(*found)
        if len(set(columns)) == len(PARTS)
        for paid in (False, True)
        if _adds_up(columns, paid=paid, evidence=evidence)
    ]
    return proofs[0] if len(proofs) == 1 else None


def with_proof(matches: Sequence[ColumnMatch], proof: Proof) -> tuple[ColumnMatch, ...]:
    """Return the matches with the proved columns sure, and others that claimed their fields released."""
    by_column = {column: name for name, column in proof.columns.items()}
    settled = []
    for match in matches:
        if name := by_column.get(match.column):
            candidates = (name, *(other for other in match.candidates if other != name))
            settled.append(ColumnMatch(match.column, name, Confidence.SURE, candidates, "amounts"))
        elif match.field in proof.columns:
            settled.append(replace(match, field=None, confidence=Confidence.NONE, reason="none"))
        else:
            settled.append(match)
    return tuple(settled)


def _candidates(matches: Sequence[ColumnMatch], name: str, *, table: TableSpec) -> list[str]:
    column = table.column(name)
    return [
        match.column
        for match in matches
        if normal_header(match.column) in names(column)
        and match.reason != "reserved"
        and header_factor(match.column, column=column, table=table) == 1
    ]


def _adds_up(columns: Sequence[str], *, paid: bool, evidence: Evidence) -> bool:
    """Tell whether gross - discount (- refund) is the last column in every row that has the four numbers."""
    rows = zip(*(evidence.cells.get(column, ()) for column in columns), strict=False)
    counted = discounted = refunded = 0
    for gross, discount, refund, net in ([number(cell)[0] for cell in row] for row in rows):
        if gross is None or net is None:
            continue
        discount, refund = discount or Decimal(0), refund or Decimal(0)
        if abs(gross - discount - (0 if paid else refund) - net) > CENT:
            return False
        counted, discounted, refunded = counted + 1, discounted + bool(discount), refunded + bool(refund)
    return counted >= ROWS and discounted >= TELLING and refunded >= TELLING
