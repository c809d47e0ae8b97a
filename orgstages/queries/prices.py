"""The price of a change of the organisation: both sides of it put beside each other, in words and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.queries.move_effect import CardMove, MoveEffect
from kpis.queries.pay.draft_pay import PayEffect
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from orgstages.catalogue import FailureMode, Relation, SubtypeSpec, load_stages
from orgstages.queries.diagnosis import Diagnosed
from orgstages.queries.subtype_options import relations_to_set_up
from orgstages.verdicts import verdict_name
from roles.catalogue import SubtypeKey
from roles.queries.move_figures import Snapshot
from roles.queries.org_prices import OrgPrice, name_of
from roles.queries.stages import Adopted

FEW = 5  # largest winners and losers named


@dataclass(frozen=True, slots=True)
class VerdictShift:
    """A diagnosed unit on both sides, as its page shows it; None where it is not diagnosed there.

    `recounted` is what the draft comes to with the rows of the newest month counted by its units, where the page keeps
    the figures of that month and these give something else.
    """

    unit: str
    name: str
    before: Diagnosed | None
    after: Diagnosed | None
    recounted: Diagnosed | None = None

    @property
    def names(self) -> tuple[Bilingual | None, Bilingual | None]:
        """Return what the unit is found to be on both sides."""
        before, after = (verdict_name(side.verdict) if side else None for side in (self.before, self.after))
        return before, after

    @property
    def differs(self) -> bool:
        """True when the verdict or anything it rests on differs."""
        before, after = ((side.verdict, side.answers) if side else None for side in (self.before, self.after))
        return before != after


@dataclass(frozen=True, slots=True)
class SubtypeShift:
    """A unit that comes to work in another sub-type: what then has to be set up, and how that sub-type fails."""

    unit: str
    name: str
    before: Adopted
    after: Adopted
    spec: SubtypeSpec
    relations: tuple[Relation, ...]

    @property
    def failure_modes(self) -> tuple[FailureMode, ...]:
        """Return what goes wrong in the new sub-type."""
        return self.spec.failure_modes


@dataclass(frozen=True, slots=True)
class Price:
    """What a draft comes to on a day. `left_out`: why some of it cannot stand as things are; `is_busy`: try again.

    `counted` is the month whose figures the verdicts rest on, `is_recounted`: it is computed again once the draft is
    applied, and the verdicts say so.
    """

    day: date
    organisation: OrgPrice | None = None
    verdicts: tuple[VerdictShift, ...] = ()
    subtypes: tuple[SubtypeShift, ...] = ()
    effect: MoveEffect | None = None
    pay: PayEffect | None = None
    left_out: tuple[str, ...] = ()
    is_busy: bool = False
    counted: Period | None = None
    is_recounted: bool = False

    @property
    def winners(self) -> tuple[CardMove, ...]:
        """Return whose whole score rises most."""
        rising = [card for card in self.whole_cards if (card.change or 0) > 0]
        return tuple(sorted(rising, key=lambda card: (-(card.change or Decimal(0)), card.person))[:FEW])

    @property
    def losers(self) -> tuple[CardMove, ...]:
        """Return whose whole score falls most."""
        falling = [card for card in self.whole_cards if (card.change or 0) < 0]
        return tuple(sorted(falling, key=lambda card: (card.change or Decimal(0), card.person))[:FEW])

    @property
    def whole_cards(self) -> tuple[CardMove, ...]:
        """Return one card a person: the combined one where there are several roles, else the only one."""
        found: dict[str, CardMove] = {}
        for card in self.effect.cards if self.effect else ():
            if card.person not in found or not card.role:
                found[card.person] = card
        return tuple(found.values())


def verdict_shifts(
    before: Sequence[Diagnosed], after: Sequence[Diagnosed], recounted: Sequence[Diagnosed] = ()
) -> tuple[VerdictShift, ...]:
    """Put the diagnoses of both sides beside each other, and those that a recount of the rows finds."""
    old, new, anew = ({one.unit.external_id: one for one in side} for side in (before, after, recounted))
    return tuple(
        VerdictShift(unit, (new.get(unit) or old[unit]).unit.name, old.get(unit), new.get(unit), anew.get(unit))
        for unit in dict.fromkeys([*new, *old])
    )


def subtype_shifts(before: Snapshot, after: Snapshot) -> tuple[SubtypeShift, ...]:
    """Return the units that decide on another sub-type, or no more on one of their own."""
    found = []
    for unit in dict.fromkeys([*after.decided, *before.decided]):
        if unit not in after.parents:
            continue
        old = before.stage(unit) if unit in before.parents else after.stage(after.parents[unit] or "")
        new = after.stage(unit)
        if old.subtype is not new.subtype:
            spec = load_stages().subtypes[new.subtype]
            relations = relations_to_set_up(SubtypeKey(old.subtype), SubtypeKey(new.subtype))
            found.append(SubtypeShift(unit, name_of(unit, after), old, new, spec, relations))
    return tuple(found)
