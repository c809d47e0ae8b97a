"""Two or three roles side by side: shared and own KPIs, duties and abilities, links, holders, split or merge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey
from roles.choices import SUBTYPE_NAMES
from roles.queries.library import role_library
from talent.people.role_comparison import FEWEST, MOST, Comparison, Share, Side
from talent.queries.role_compare import Compared, compared

PARTS: tuple[tuple[str, str | Promise], ...] = (
    ("kpis", _lazy("KPIs")),
    ("duties", _lazy("Duties")),
    ("abilities", _lazy("Abilities")),
)
COLUMNS = ("part", "id", "text")


@require_GET
def role_compare(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Compare the roles of `?roles=a,b,c`; `role` may be given several times instead, as forms send it."""
    clock = clock_of(request)
    if request.GET.getlist("role"):
        query = urlencode({"roles": ",".join(filter(None, request.GET.getlist("role")))}, safe=",")
        return redirect(f"{reverse('talent:role_compare', args=[slug])}?{query}{clock.more}")
    library = role_library()
    keys = chosen_keys(request.GET.get("roles", ""))
    context: dict[str, Any] = {
        "clock": clock,
        "options": [(role.key.value, role.names.in_language(get_language())) for role in library.offered],
        "picked": [*(key.value for key in keys), *[""] * MOST][:MOST],
        "fewest": FEWEST,
        "most": MOST,
        "is_wrong": bool(request.GET.get("roles")) and not 1 <= len(keys) <= MOST,
        "export_query": urlencode({"roles": ",".join(key.value for key in keys)}, safe=",") + clock.more,
    }
    if FEWEST <= len(keys) <= MOST:
        found = compared(keys, as_of=clock.as_of, within=request.access.own_unit)
        names = {role.key: role.names for role in found.comparison.roles}
        context |= {
            "found": found,
            "columns": list(zip(found.comparison.roles, found.covers, strict=True)),
            "parts": [_part(label, getattr(found.comparison, part), names) for part, label in PARTS],
            "links": [(link, names[link.from_role], names[link.to_role]) for link in found.comparison.links],
            "common": [
                (_("Both receive from") if len(keys) == FEWEST else _("All receive from"), _named(found, "givers")),
                (_("Both hand on to") if len(keys) == FEWEST else _("All hand on to"), _named(found, "takers")),
            ],
            "expectations": [
                (
                    SUBTYPE_NAMES[subtype],
                    [
                        (names[key], library.catalogue.expectation_levels[level])
                        for key, level in zip(keys, levels, strict=True)
                    ],
                )
                for subtype, levels in found.comparison.expectations.items()
            ],
            "splits": [_split(found, split.id) for split in found.comparison.splits],
            "holders": [(one, list(zip(names.values(), one.shares, strict=True))) for one in found.holders],
            "may_see_people": may(request.access, "roles:people"),
        }
    return render(request, "talent/role_compare.html", context)


@require_GET
def role_compare_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the comparison as CSV: one line for each KPI, duty and ability, with a column for each role."""
    keys = chosen_keys(request.GET.get("roles", ""))
    if not FEWEST <= len(keys) <= MOST:
        return redirect("talent:role_compare", slug)
    found = compared(keys, as_of=clock_of(request).as_of, within=request.access.own_unit)
    name = "-".join(key.value for key in keys)
    return csv_answer(csv_text(comparison_rows(found.comparison)), filename=f"roles-{name}.csv")


def chosen_keys(said: str) -> list[RoleKey]:
    """Return the roles of a list with commas that the workspace knows, each once."""
    known = {key.value: key for key in role_library().roles}
    return list(dict.fromkeys(known[each.strip()] for each in said.split(",") if each.strip() in known))


def comparison_rows(found: Comparison) -> list[Sequence[object]]:
    """Return the comparison as lines of a file, in the reader's language."""
    language = get_language()
    keys = [role.key for role in found.roles]
    rows: list[Sequence[object]] = [(*COLUMNS, *(key.value for key in keys))]
    for part, _label in PARTS:
        side: Side = getattr(found, part)
        shares = [*side.shared, *side.partly, *(one for each in side.alone.values() for one in each)]
        rows += [
            (part, one.key, one.names.in_language(language), *("x" if key in one.roles else "" for key in keys))
            for one in shares
        ]
    rows += [
        ("links", f"{link.from_role} > {link.to_role}", link.names.in_language(language), *[""] * len(keys))
        for link in found.links
    ]
    return rows


def _part(label: str | Promise, side: Side, names: dict[RoleKey, Bilingual]) -> dict[str, Any]:
    partly: list[tuple[Share, list[Bilingual]]] = [(one, [names[key] for key in one.roles]) for one in side.partly]
    alone = [(names[key], shares) for key, shares in side.alone.items()]
    return {"label": label, "side": side, "partly": partly, "alone": alone}


def _named(found: Compared, which: str) -> list[Bilingual]:
    roles = role_library().roles
    return [roles[key].names for key in getattr(found.comparison, which)]


def _split(found: Compared, pair: str) -> dict[str, Any]:
    split = next(each for each in found.comparison.splits if each.id == pair)
    units = [(each, one) for each in found.advice for one in each.advice if one.split.id == pair]
    return {"split": split, "units": units}
