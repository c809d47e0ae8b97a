"""Labour-market facts to read: the library's and the workspace's own. Nothing computes with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from omnichannel.core.text import Bilingual
from roles.catalogue import load_roles
from talent.models import LabourFact


@dataclass(frozen=True, slots=True)
class MarketFact:
    """A fact. No figures: only a rank is known. `year` is empty where the source did not state it."""

    key: str
    names: Bilingual
    figures: tuple[Decimal, ...]
    unit: Bilingual | None
    year: str
    source: str
    url: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class FactVersion:
    """One wording of an own fact."""

    pk: int
    key: str
    fact: MarketFact
    is_withdrawn: bool
    counts: bool
    author: str
    written_at: datetime


def market_facts() -> tuple[MarketFact, ...]:
    """Return the library's facts and then the workspace's own, the newest of these first; one query."""
    library = [
        MarketFact(one.id, one.names, one.values, one.unit, one.year, one.source, "", is_own=False)
        for one in load_roles().labour_market.values()
    ]
    newest = LabourFact.objects.order_by("key", "-pk").distinct("key")
    own = sorted((row for row in newest if not row.is_withdrawn), key=lambda row: -row.pk)
    return (*library, *map(_fact, own))


def own_fact(key: str) -> MarketFact | None:
    """Return one of the workspace's own facts; None for one that is not there or was withdrawn."""
    row = LabourFact.objects.filter(key=key).order_by("-pk").first()
    return None if row is None or row.is_withdrawn else _fact(row)


def fact_history() -> tuple[FactVersion, ...]:
    """Return every wording of own facts, the newest first."""
    return tuple(_versions(LabourFact.objects.select_related("author").order_by("-pk")))


def _versions(rows: Iterable[LabourFact]) -> Iterable[FactVersion]:
    met = set()
    for row in rows:
        author = str(row.author) if row.author else ""
        counts = row.key not in met
        met.add(row.key)
        yield FactVersion(row.pk, str(row.key), _fact(row), row.is_withdrawn, counts, author, row.created_at)


def _fact(row: LabourFact) -> MarketFact:
    def both(text: str) -> Bilingual:
        return Bilingual(text, text)

    figure = Decimal(f"{row.figure:f}".rstrip("0").rstrip("."))
    return MarketFact(
        str(row.key), both(row.statement), (figure,), both(row.unit), str(row.year), row.source, row.url, is_own=True
    )
