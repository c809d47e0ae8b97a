"""Pay bands are written: from a form, a pasted table, a file or a call, all rows or none, and taken back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from omnichannel.core.periods import parse_day
from omnichannel.workspaces.queries.zones import current_day
from omnichannel.workspaces.scoping import current_workspace_id
from roles.catalogue import load_roles
from roles.queries.library import role_library
from roles.titles import plain_title
from talent.errors.pay import PayChangedSince, PayFault, PayRefused, UnknownPayChange
from talent.models import PayBandEntry
from talent.people.pay import Level

MOST_ROWS = 2000
MOST_MONEY = Decimal(10_000_000)
LENGTHS = {"city": 60, "source": 200, "note": 300}
MONEY = ("low", "middle", "high")
PLACE = ("role_key", "level", "city")


@dataclass(frozen=True, slots=True)
class BandsWritten:
    """How many rows were kept, how many said what holds already, and the batch they can be taken back by."""

    written: int
    unchanged: int
    batch: str


def write_bands(rows: Sequence[Mapping[str, str]], *, actor_id: int | None, dry_run: bool = False) -> BandsWritten:
    """Keep bands as texts tell them: role and level by id or name. PayRefused names every fault of every row.

    A row without low, middle and high ends the band on its day. A row that says what holds already is not kept again.
    """
    read = _read(rows)
    batch = uuid.uuid4()
    with transaction.atomic():
        present = _present([row["since"] for row in read])
        kept = [row for row in read if _differs(row, present)]
        if not dry_run:
            PayBandEntry.objects.bulk_create(_entry(row, batch=batch, actor_id=actor_id) for row in kept)
    return BandsWritten(len(kept), len(read) - len(kept), str(batch))


def _entry(row: Mapping[str, Any], *, batch: uuid.UUID, actor_id: int | None) -> PayBandEntry:
    entry = PayBandEntry(author_id=actor_id, batch=batch, workspace_id=current_workspace_id())
    for name, value in row.items():
        setattr(entry, name, value)
    return entry


@transaction.atomic
def take_back(batch: str, *, actor_id: int | None) -> BandsWritten:
    """Say again what held before the rows of a batch; refused when a later row says something else since."""
    rows = list(PayBandEntry.objects.filter(batch=batch))
    if not rows:
        raise UnknownPayChange
    again = uuid.uuid4()
    for row in rows:
        here = PayBandEntry.objects.filter(**{name: getattr(row, name) for name in PLACE})
        if here.filter(since=row.since, pk__gt=row.pk).exclude(batch=batch).exists():
            raise PayChangedSince
        before = here.filter(since__lte=row.since).exclude(batch=batch).order_by("-since", "-pk").first()
        fields: dict[str, Any] = {name: getattr(row, name) for name in (*PLACE, "since")}
        fields |= {name: getattr(before, name) if before else None for name in MONEY}
        fields |= {"source": before.source if before else "", "note": _("Taken back")}
        _entry(fields, batch=again, actor_id=actor_id).save()
    return BandsWritten(len(rows), 0, str(again))


def _read(rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    faults: list[PayFault] = []
    if not 1 <= len(rows) <= MOST_ROWS:
        message = _("1 to %(most)s rows are expected.") % {"most": MOST_ROWS}
        raise PayRefused([PayFault(0, "rows", "row_count", message)])
    roles = _role_words()
    levels = _level_words()
    found, met = [], set()
    for number, row in enumerate(rows, start=1):
        told: list[PayFault] = []
        one = _row(number, row, roles=roles, levels=levels, faults=told)
        if not told:
            place = tuple(one[name] for name in (*PLACE, "since"))
            if place in met:
                told.append(PayFault(number, "since", "twice", _("The same band stands above for the same day.")))
            met.add(place)
        found.append(one)
        faults += told
    if faults:
        raise PayRefused(faults)
    return found


def _row(
    number: int,
    row: Mapping[str, str],
    *,
    roles: Mapping[str, str],
    levels: Mapping[str, str],
    faults: list[PayFault],
) -> dict[str, Any]:
    def wrong(field: str, code: str, message: str) -> None:
        faults.append(PayFault(number, field, code, message))

    said = {name: str(row.get(name) or "").strip() for name in ("role", "level", "since", *LENGTHS, *MONEY)}
    role, level = roles.get(plain_title(said["role"]), ""), levels.get(plain_title(said["level"]), "")
    if not role:
        wrong("role", "unknown_role", _("There is no role “%(role)s” here.") % {"role": said["role"][:40]})
    if not level:
        allowed = ", ".join(each.value for each in Level)
        wrong("level", "unknown_level", _("Write one of: %(allowed)s.") % {"allowed": allowed})
    for name, most in LENGTHS.items():
        if len(said[name]) > most:
            wrong(name, "too_long", _("This is longer than %(most)s characters.") % {"most": most})
    return {
        "role_key": role,
        "level": level,
        **{name: said[name] for name in LENGTHS},
        "since": _day(said["since"], wrong),
        **_money(said, wrong),
    }


def _day(text: str, wrong: Any) -> date | None:
    try:
        return parse_day(text)
    except ValueError:
        wrong("since", "not_a_day", _("This is no date. Write 2026-11-30."))
        return None


def _money(said: Mapping[str, str], wrong: Any) -> dict[str, Decimal | None]:
    found: dict[str, Decimal | None] = dict.fromkeys(MONEY)
    if not any(said[name] for name in MONEY):
        return found
    for name in MONEY:
        found[name] = _amount(name, said[name], wrong)
    low, middle, high = (found[name] for name in MONEY)
    if low is not None and middle is not None and middle < low:
        wrong("middle", "below_low", _("The middle is below the low end."))
    if middle is not None and high is not None and high < middle:
        wrong("high", "below_middle", _("The high end is below the middle."))
    return found


def _amount(name: str, text: str, wrong: Any) -> Decimal | None:
    if not text:
        wrong(name, "required", _("Give low, middle and high, or none of them to end the band."))
        return None
    try:
        amount = Decimal(text.replace(",", "").replace("，", "").removeprefix("¥").strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount > MOST_MONEY or amount != round(amount, 2):
        wrong(name, "not_money", _("An amount in CNY a month is expected, such as 12000."))
        return None
    return amount


def _role_words() -> dict[str, str]:
    """Return what a row may call a role: its id, its names and its other titles; names before other titles."""
    words: dict[str, str] = {}
    roles = role_library().roles
    for key, role in roles.items():
        for title in (key.value, role.names.zh, role.names.en):
            words.setdefault(plain_title(title), key.value)
    for key, role in roles.items():
        for title in role.titles:
            words.setdefault(plain_title(title), key.value)
    return words


def _level_words() -> dict[str, str]:
    levels = load_roles().jd.levels
    words = {plain_title(each): key for key, level in levels.items() for each in (level.names.zh, level.names.en)}
    return words | {plain_title(key): key for key in levels}


Held = dict[tuple[str, str, str], list[PayBandEntry]]


def _present(days: Sequence[date]) -> Held:
    """Return the rows that may hold on the days, the one that counts first, by place; one query."""
    found: Held = {}
    last = max(days, default=current_day())
    for entry in PayBandEntry.objects.filter(since__lte=last).order_by("-since", "-pk"):
        found.setdefault((entry.role_key, entry.level, entry.city), []).append(entry)
    return found


def _differs(row: Mapping[str, Any], present: Held) -> bool:
    rows = present.get((row["role_key"], row["level"], row["city"]), [])
    here = next((entry for entry in rows if entry.since <= row["since"]), None)
    if here is None:
        return row["low"] is not None
    same_day = here.since == row["since"]
    told = ("source", "note") if same_day or row["source"] or row["note"] else ()
    return any(getattr(here, name) != row[name] for name in (*MONEY, *told))
