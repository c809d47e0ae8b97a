"""Which stage a unit works in: its own decision, else that of the nearest unit above, else the first stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from roles.catalogue import StageKey, SubtypeKey
from roles.choices import DEFAULT_STAGE, DEFAULT_SUBTYPE, SUBTYPE_NAMES, StageName
from roles.models import AdoptedStage
from roles.queries.org_chart import UnitTree, unit_tree


@dataclass(frozen=True, slots=True)
class Adopted:
    """The stage that applies. `unit_external_id` is the unit that decided it; a default was decided by nobody."""

    stage: StageKey
    subtype: SubtypeKey
    unit_external_id: str | None = None
    since: date | None = None
    note: str = ""

    @property
    def is_default(self) -> bool:
        """True when no unit on the way up has adopted a stage."""
        return self.unit_external_id is None

    @property
    def stage_name(self) -> str:
        """Return the stage's name in the active language."""
        return str(StageName(self.stage).label)

    @property
    def subtype_name(self) -> str:
        """Return the sub-type's name in the active language."""
        return str(SUBTYPE_NAMES[self.subtype])


DEFAULT = Adopted(DEFAULT_STAGE, DEFAULT_SUBTYPE)


@dataclass(frozen=True, slots=True)
class StageDecision:
    """One adopted stage of a unit's own, for its history."""

    stage: StageKey
    subtype: SubtypeKey
    start: date | None
    end: date | None
    note: str
    decided_by: str


def adopted_stages(on: date, *, tree: UnitTree | None = None) -> Mapping[str, Adopted]:
    """Return the stage of every unit on the day, in two queries (one when the tree of the day is handed in)."""
    tree = tree or unit_tree(as_of=on)
    decided = decided_stages(on)
    found: dict[str, Adopted] = {}
    for node in tree:
        inherited = found.get(node.parent, DEFAULT) if node.parent is not None else DEFAULT
        found[node.external_id] = decided.get(node.external_id, inherited)
    return found


def adopted_stage(unit_external_id: str, *, on: date) -> Adopted:
    """Return the stage of one unit on the day; an unknown unit gets the default."""
    return adopted_stages(on).get(unit_external_id, DEFAULT)


def stage_history(unit_external_id: str) -> tuple[StageDecision, ...]:
    """Return the unit's own decisions, newest first."""
    rows = AdoptedStage.objects.filter(unit__external_id=unit_external_id).select_related("recorded_by")
    return tuple(
        StageDecision(
            stage=StageKey(row.stage),
            subtype=SubtypeKey(row.subtype),
            start=row.during.lower,
            end=row.during.upper,
            note=row.note,
            decided_by=str(row.recorded_by or ""),
        )
        for row in rows.order_by("-during")
    )


def decided_stages(on: date) -> dict[str, Adopted]:
    """Return the units' own decisions that hold on the day."""
    rows = AdoptedStage.objects.on(on).values_list("unit__external_id", "stage", "subtype", "during", "note")
    return {
        unit: Adopted(StageKey(stage), SubtypeKey(subtype), unit, during.lower, note)
        for unit, stage, subtype, during, note in rows
    }
