"""Today's units and people as files may name them: what is recognised in a column, and what a fix may offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kpis.datasets.pipeline import catalogue_ids
from kpis.library import load_library
from kpis.queries.definitions import every_kpi
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.frames import employees_rows, org_units_rows
from roles.queries.library import role_keys

Pairs = Sequence[tuple[str, str]]


def organisation_names() -> dict[str, Pairs]:
    """Return (name, id) of today's units and people, by the column that refers to them."""
    today = current_day()
    return {
        "org_units.unit_id": [(str(row["name"]), str(row["unit_id"])) for row in org_units_rows(today)],
        "employees.employee_id": [
            (str(row["display_name"] or ""), str(row["employee_id"])) for row in employees_rows(today)
        ],
    }


def unique_names(pairs: Pairs) -> dict[str, str]:
    """Return name -> id without the names that several bear."""
    names: dict[str, str] = {}
    twice: set[str] = set()
    for name, external_id in pairs:
        if name in names:
            twice.add(name)
        names[name] = external_id
    return {name: external_id for name, external_id in names.items() if name and name not in twice}


def ids_by_name(pairs: Pairs) -> dict[str, list[str]]:
    """Return name -> the ids of all that bear it."""
    names: dict[str, list[str]] = {}
    for name, external_id in pairs:
        if name:
            names.setdefault(name, []).append(external_id)
    return names


def known_organisation() -> tuple[dict[str, list[str]], dict[str, dict[str, str]]]:
    """Return the ids there are and the names that mean one of them, both by the column that refers to them."""
    found = organisation_names()
    known = {reference: [external_id for _name, external_id in pairs] for reference, pairs in found.items()}
    return known, {reference: unique_names(pairs) for reference, pairs in found.items()}


def allowed_ids() -> Mapping[str, frozenset[str]]:
    """Return column -> the ids that rows of targets, reviews and the like may name."""
    roles = frozenset(role_keys())
    return {**catalogue_ids(load_library()), "kpi_id": frozenset(every_kpi()), "role_id": roles}
