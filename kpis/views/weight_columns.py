"""The columns of the weight editor and its history: every weight with who set it since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.choices import WeightsSource
from kpis.models import WeightSet
from kpis.queries.definitions import every_kpi, library_at
from kpis.queries.weights import EffectiveWeights, allowed_kpis
from roles.catalogue import RoleKey, StageKey, SubtypeKey, roles_here
from roles.choices import SUBTYPE_NAMES, SUBTYPES_OF, StageName
from roles.queries.org_chart import UnitTree


def column(
    used: EffectiveWeights,
    typed: Mapping[str, str] | None,
    *,
    tree: UnitTree,
    here: tuple[str, str],
    tried: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return one stage's column: the editor's rows, KPIs that count first, and who set each since when.

    `here` is the sub-type and unit that a save would write to; the weights may come from a wider place.
    """
    kpis, language = library_at().kpis, get_language()
    shown = typed if typed is not None else {kpi: f"{weight:f}" for kpi, weight in used.weights.items()}
    named = roles_here().roles[RoleKey(used.role)].kpis
    offered = [
        kpi
        for kpi in allowed_kpis(used.role)
        if used.role in kpis[kpi].roles or kpis[kpi].any_role or (kpi in named and RoleKey(used.role).is_own)
    ]
    ids = dict.fromkeys([*used.weights, *shown, *offered])
    note = source_words(used, tree)
    return {
        "stage": used.stage,
        "label": StageName(used.stage).label,
        "name": f"weight-{used.stage}",
        "note": note,
        "is_own": (used.subtype, used.unit) == here and used.weight_set_id is not None,
        "set_here": bool(here[0] or here[1]),
        "place": place_words(*here, tree),
        "rows": [
            {
                "id": kpi,
                "label": kpis[kpi].names.in_language(language),
                "value": shown.get(kpi) or "0",
                "note": (note if used.since else used.source.label) if kpi in used.weights else "",
            }
            for kpi in ids
            if kpi in kpis
        ],
        "tried": tried if tried is not None and tried["stage"] == used.stage else None,
    }


def source_words(used: EffectiveWeights, tree: UnitTree) -> str:
    """Return who set the weights since when, in words."""
    if used.source is WeightsSource.EQUAL:
        return _("Equal weights: nobody has set others")
    if used.since is None or used.source is WeightsSource.LIBRARY:
        return _("From the library")
    day = date_format(used.since, "SHORT_DATE_FORMAT")
    if used.unit:
        name = tree.nodes[used.unit].name if used.unit in tree else used.unit
        return _("Set for %(unit)s, since %(day)s") % {"unit": name, "day": day}
    if used.subtype:
        return _("Set for %(subtype)s, since %(day)s") % {
            "subtype": SUBTYPE_NAMES[SubtypeKey(used.subtype)],
            "day": day,
        }
    return _("Set by this workspace, since %(day)s") % {"day": day}


def place_words(subtype: str, unit: str, tree: UnitTree) -> str:
    """Return the place in words: unit and sub-type, or the whole workspace."""
    names = [tree.nodes[unit].name if unit in tree else unit] if unit else []
    if subtype in {key.value for key in SubtypeKey}:
        names.append(str(SUBTYPE_NAMES[SubtypeKey(subtype)]))
    return " · ".join(names) or _("The whole workspace")


def history_lines(
    sets: Sequence[WeightSet], *, tree: UnitTree, within: str | None, today: date
) -> list[dict[str, Any]]:
    """Return the sets a reader may see, each with where it counts and whether it is still to come."""
    seen = None if within is None else {*tree.subtree(within), *tree.ancestors(within), ""}
    return [
        {
            "set": each,
            "label": StageName(each.stage).label,
            "place": place_words(each.subtype, each.unit, tree),
            "is_coming": each.effective_from > today,
            "weights": _named(each.weights),
        }
        for each in sets
        if seen is None or each.unit in seen
    ]


def _named(weights: Mapping[str, str]) -> list[tuple[str, Decimal]]:
    kpis, language = library_at().kpis, get_language()
    named = [
        (kpis[kpi].names.in_language(language) if kpi in kpis else kpi, Decimal(text)) for kpi, text in weights.items()
    ]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))


def unit_options(tree: UnitTree, *, within: str | None) -> list[tuple[str, str]]:
    """Return the units to choose from, indented by their depth."""
    seen = tree if within is None else tree.below(within)
    return [(node.external_id, f"{'　' * node.depth}{node.name}") for node in seen]


def subtype_options() -> list[tuple[str, str]]:
    """Return the sub-types of stages that have more than one, with their stage."""
    return [
        (subtype.value, f"{StageName(stage.value).label} · {SUBTYPE_NAMES[subtype]}")
        for stage in StageKey
        for subtype in SUBTYPES_OF[stage]
        if len(SUBTYPES_OF[stage]) > 1
    ]


def issue_lines(issues: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the issues with the names that the form gives their fields, KPIs by theirs."""
    kpis, language = every_kpi(), get_language()
    fields = {"effective_from": _("Counts from"), "unit": _("For the unit"), "subtype": _("For the sub-type")}
    names = {field: kpis[field].names.in_language(language) for field, _text in issues if field in kpis}
    return [(names.get(field) or fields.get(field, field), text) for field, text in issues]
