"""A card as a document of its own: everything its page says in both languages, as canonical JSON text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import translation

from kpis.engine.explain import definition_hash, params_of
from kpis.engine.specs import KpiSpec, Library, Scope, ScopeKind
from kpis.library.extras import library_extras
from kpis.models import CardLine, Computation, KpiValue, Scorecard, ShareLine, Target
from kpis.queries.definitions import every_kpi, library_at
from kpis.queries.scorecards import scope_name
from omnichannel.core.numerals import to_text
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, SubtypeKey, roles_here
from roles.choices import SUBTYPE_NAMES, StageName
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holders

FORMAT = 1
Frame = Mapping[tuple[str, Scope], tuple[Decimal | None, Decimal | None]]
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the documents of one period have in common: names, definitions, target frames, the newest computation."""

    period: Period
    tree: UnitTree
    people: Mapping[str, str]
    library: Library
    kpis: Mapping[str, KpiSpec]
    hashes: Mapping[str, str]
    targets: Frame
    computation: Computation


def grounds(period: Period, *, computation: Computation) -> Grounds:
    """Read the grounds of a period in a few queries, however many cards there are."""
    day = period.last_day
    tree, library = unit_tree(as_of=day), library_at(day)
    rows = Target.objects.filter(period=str(period)).values_list("kpi", "scope_kind", "scope_id", "floor", "stretch")
    return Grounds(
        period=period,
        tree=tree,
        people={one.person_external_id: one.person_name for one in holders(as_of=day, tree=tree)},
        library=library,
        kpis={**every_kpi(), **library.kpis},
        hashes={kpi: definition_hash(library, kpi) for kpi in library.kpis} | company_hashes(period),
        targets={(kpi, Scope(ScopeKind(kind), key)): (floor, stretch) for kpi, kind, key, floor, stretch in rows},
        computation=computation,
    )


def company_hashes(period: Period) -> dict[str, str]:
    """Return per KPI the hash of the definition that the company's present figure was computed with."""
    rows = KpiValue.objects.filter(period=str(period), scope_kind="company", scope_id="", is_current=True)
    return dict(rows.values_list("kpi", "definition_hash"))


def canonical(content: Any) -> str:
    """Write JSON in the one way that gives equal bytes for equal content."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(text: str) -> str:
    """Return the digest of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def document(card: Scorecard, *, by: Grounds) -> Data:
    """Return a card with every name, definition, weight and target it shows. `card.weight_set` must be loaded."""
    return {
        "format": FORMAT,
        "period": str(by.period),
        "role": _role(card.role_key),
        "scope": _scope(Scope(ScopeKind(card.scope_kind), card.scope_id), by),
        "unit": _unit(card.unit_id, by),
        "stage": _stage(card, by),
        "organisation_as_of": by.period.last_day.isoformat(),
        "score": to_text(card.score),
        "coverage": to_text(card.coverage),
        "band": _band(card.band),
        "weights": _weights(card),
        "lines": [_line(line, by) for line in card.card_lines],
        "roles": [_share(line) for line in card.share_lines],
        "revision": card.revision,
        "computation": {
            "id": by.computation.pk,
            "finished_at": by.computation.finished_at.isoformat(),
            "upload_seq": by.computation.upload_seq,
            "library_version": by.computation.library_version,
        },
    }


def _role(key: str) -> Data | None:
    return {"id": key, "names": roles_here().roles[RoleKey(key)].names.as_json()} if key else None


def _scope(scope: Scope, by: Grounds) -> Data:
    name = by.people.get(scope.id, scope.id) if scope.kind is ScopeKind.EMPLOYEE else scope_name(scope, by.tree)
    return {"kind": scope.kind.value, "id": scope.id, "name": name}


def _unit(key: str, by: Grounds) -> Data | None:
    if not key:
        return None
    above = [by.tree.nodes[unit].name for unit in by.tree.ancestors(key)]
    return {"id": key, "name": by.tree.nodes[key].name if key in by.tree else key, "within": above}


def _stage(card: Scorecard, by: Grounds) -> Data | None:
    if not card.stage:
        return None
    return {
        "id": card.stage,
        "names": _stage_names(card.stage).as_json(),
        "subtype": card.subtype,
        "subtype_names": _subtype_names(card.subtype).as_json() if card.subtype else None,
        "adopted_by": _unit(card.stage_unit, by),
    }


@cache
def _stage_names(stage: str) -> Bilingual:
    return _spoken(StageName(stage).label)


@cache
def _subtype_names(subtype: str) -> Bilingual:
    return _spoken(SUBTYPE_NAMES[SubtypeKey(subtype)])


def _spoken(label: object) -> Bilingual:
    """Return a label of the interface in both languages."""
    told = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told[language] = str(label)
    return Bilingual(told["zh-hans"], told["en"])


def _weights(card: Scorecard) -> Data:
    kept = card.weight_set
    return {
        "source": card.weights_source,
        "set": card.weight_set_id,
        "since": kept.effective_from.isoformat() if kept else None,
        "note": kept.note if kept else "",
    }


def _line(line: CardLine, by: Grounds) -> Data:
    spec = by.kpis.get(line.kpi)
    floor, stretch = by.targets.get((line.kpi, line.measured), (None, None))
    stored = line.to_json()
    return {
        **stored,
        "measured_at": _scope(line.measured, by),
        "floor": to_text(floor),
        "stretch": to_text(stretch),
        "definition": _definition(spec, by) if spec else None,
    }


def _definition(spec: KpiSpec, by: Grounds) -> Data:
    known = spec.id in by.library.kpis
    return {
        "names": spec.names.as_json(),
        "text": spec.definition.as_json(),
        "formula": spec.formula,
        "kind": spec.kind.value,
        "layer": spec.layer.value,
        "direction": spec.direction.value,
        "qualitative": spec.qualitative,
        "target_band": [str(edge) for edge in spec.target_band] if spec.target_band else None,
        "params": {name: str(getattr(by.library.params, name)) for name in params_of(by.library, spec.id)}
        if known
        else {},
        "hash": by.hashes.get(spec.id, ""),
    }


def _share(line: ShareLine) -> Data:
    return {**line.to_json(), "names": roles_here().roles[RoleKey(line.role)].names.as_json()}


def _band(key: str) -> Data | None:
    found = next((band for band in library_extras().scoring.bands if band.id == key), None)
    return {"id": key, "names": found.names.as_json()} if found else None
