"""Constructed firms: an organisation, a few figures and answers as JSON, with the verdict of every unit by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.services.targets import upsert_targets
from omnichannel.accounts.models import User
from orgstages.services.answering import answer_question, confirm_answer
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    UnitInput,
    upsert_assignments,
    upsert_people,
    upsert_units,
)
from tests.orgstages.world import MONTH, SINCE, write_figures

FIRMS = sorted((Path(__file__).parent / "firms").glob("*.json"))
Firm = dict[str, Any]


def read_firm(path: Path) -> Firm:
    """Return a firm's document."""
    firm: Firm = json.loads(path.read_text(encoding="utf-8"))
    return firm


def write_firm(firm: Firm) -> None:
    """Write the firm into the open workspace, as it stands before its `later` changes."""
    _organisation(firm, on=SINCE)
    held = [AssignmentInput(person, role, unit, SINCE, Decimal(share)) for person, role, unit, share in firm["roles"]]
    result = upsert_assignments(held, actor_id=None)
    assert result.is_ok, result.issues
    if firm["figures"]:
        write_figures(_figures(firm["figures"]))
    if firm.get("earlier"):
        write_figures(_figures(firm["earlier"]), MONTH.year_earlier())
    upsert_targets(
        [
            {
                "period": str(MONTH),
                "kpi_id": kpi,
                "scope_kind": kind,
                "scope_id": scope or None,
                "value": Decimal(value),
            }
            for kpi, kind, scope, value in firm["targets"]
        ],
        upload_id=None,
    )
    _answers(firm, on=date.fromisoformat(firm["day"]))


def write_later(later: Firm) -> None:
    """Write what changed on a later day."""
    _organisation(later, on=date.fromisoformat(later["on"]))
    _answers(later, on=date.fromisoformat(later["day"]))


def respondent(name: str) -> int:
    """Return the id of a person who answers."""
    user = User.objects.filter(email=f"{name}@firm.test").first() or User.objects.create_user(f"{name}@firm.test")
    return int(user.pk)


def _organisation(firm: Firm, *, on: date) -> None:
    units = [
        UnitInput(unit, name, level, parent, ownership, is_leading=bool(leading))
        for unit, name, level, parent, ownership, *leading in firm["units"]
    ]
    people = [
        PersonInput(person, unit, SINCE, manager_external_id=manager, fill_mode=mode, fte=Decimal(fte))
        for person, unit, manager, mode, fte in firm["people"]
    ]
    for result in (
        upsert_units(units, effective_on=on, actor_id=None),
        upsert_people(people, effective_on=on, actor_id=None),
    ):
        assert result.is_ok, result.issues


def _answers(firm: Firm, *, on: date) -> None:
    for unit, question, option, who in firm["answers"]:
        answer_question(unit, question=question, option=option, reason="访谈", on=on, actor_id=respondent(who))
    for unit, question, option, who in firm.get("confirmations", ()):
        confirm_answer(unit, question=question, option=option, on=on, actor_id=respondent(who))


def _figures(rows: Iterable[Any]) -> Mapping[tuple[str, Scope], tuple[str | None, str | None, str | None]]:
    return {(kpi, _scope(scope)): (value, top, bottom) for kpi, scope, value, top, bottom in rows}


def _scope(text: str) -> Scope:
    kind, _colon, key = text.partition(":")
    return COMPANY if kind == "company" else Scope(ScopeKind(kind), key)
