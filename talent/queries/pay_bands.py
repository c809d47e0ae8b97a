"""The workspace's pay bands of a day, and every row they came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from talent.models import PayBandEntry
from talent.people.pay import Bounds, Level, PayBand, bounds_of


@dataclass(frozen=True, slots=True)
class BandRow:
    """A row of the history: a band, or its end where `band` is None; who wrote it and when."""

    pk: int
    batch: str
    role: str
    level: str
    city: str
    since: date
    band: PayBand | None
    note: str
    author: str
    written_at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class PayBands:
    """The bands of a day. A city without a band of its own is paid by the general one."""

    as_of: date
    bands: tuple[PayBand, ...]

    def of(self, role: str, level: str, *, city: str = "") -> PayBand | None:
        """Return the band of a role on a level in a city."""
        found = {one.city: one for one in self.bands if (one.role, one.level) == (role, level)}
        return found.get(city) or found.get("")

    def span(self, role: str, level: str | None, *, city: str = "") -> Bounds | None:
        """Return what the role is paid on the level; where that is not known, on any level."""
        levels = [level] if level else [each.value for each in Level]
        return bounds_of(band for each in levels if (band := self.of(role, each, city=city)) is not None)


def pay_bands(*, as_of: date) -> PayBands:
    """Return every band of a day in one query, by role, level (lowest first) and city."""
    order = {each.value: place for place, each in enumerate(Level)}
    newest = _rows().filter(since__lte=as_of).order_by("role_key", "level", "city", "-since", "-pk")
    rows = newest.distinct("role_key", "level", "city")
    found = [band for row in rows if (band := _band(row)) is not None]
    return PayBands(as_of, tuple(sorted(found, key=lambda one: (one.role, order[one.level], one.city))))


def band_history(*, role: str = "", level: str = "", city: str | None = None, as_of: date) -> tuple[BandRow, ...]:
    """Return the rows, the newest day first; `counts` marks those that make up the bands of the day."""
    rows = _rows().select_related("author").order_by("-since", "-pk")
    for name, wanted in (("role_key", role), ("level", level)):
        rows = rows.filter(**{name: wanted}) if wanted else rows
    if city is not None:
        rows = rows.filter(city=city)
    return tuple(_history(rows, as_of))


def _history(rows: Iterable[PayBandEntry], as_of: date) -> Iterable[BandRow]:
    met: set[tuple[str, str, str]] = set()
    for row in rows:
        place = (row.role_key, row.level, row.city)
        counts = row.since <= as_of and place not in met
        if counts:
            met.add(place)
        author = str(row.author) if row.author else ""
        yield BandRow(row.pk, str(row.batch), *place, row.since, _band(row), row.note, author, row.created_at, counts)


def _rows() -> QuerySet[PayBandEntry]:
    return PayBandEntry.objects.all()


def _band(row: PayBandEntry) -> PayBand | None:
    if row.low is None or row.middle is None or row.high is None:
        return None
    low, middle, high = (_short(each) for each in (row.low, row.middle, row.high))
    return PayBand(row.role_key, row.level, low, middle, high, row.city, row.since, row.note, row.source)


def _short(number: Decimal) -> Decimal:
    """Return the number to the cent, as it is entered."""
    return number.quantize(Decimal("0.01"))
