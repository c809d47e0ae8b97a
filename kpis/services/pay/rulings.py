"""A person's decision about two competing targets, and taking it back. Rows are added, never edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.credit_choices import CarrierKind, RulingKind
from kpis.models import TargetRuling
from kpis.services.pay.plans import lock_pay
from omnichannel.core.errors import DomainError

MOST_NOTE = 400
HUNDRED = Decimal(100)
SAID = ("kind", "kpi", "other_kpi", "one", "other", "ruling", "share", "holds_from", "note")


class RulingRefused(DomainError):
    """What was sent is no decision; `faults` say what is wrong by field."""

    code = "ruling_refused"
    status: ClassVar[int] = 422

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(" ".join(self.faults.values()))


class RulingUndone(DomainError):
    """The decision has been taken back already."""

    code = "ruling_undone"
    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__(_("This decision has been taken back already."))


@dataclass(frozen=True, slots=True)
class RulingInput:
    """A decision as it is sent. `share` is percent for the first carrier, of a split only."""

    kind: CarrierKind
    kpis: tuple[str, str]
    carriers: tuple[str, str]
    ruling: RulingKind
    holds_from: date
    note: str
    share: Decimal | None = None


@transaction.atomic
def settle(asked: RulingInput, *, actor_id: int | None) -> TargetRuling:
    """Keep a decision; RulingRefused with every fault at once. What stands already is not kept twice."""
    faults = _faults(asked)
    if faults:
        raise RulingRefused(faults)
    lock_pay()
    one, other = asked.carriers
    row = TargetRuling(
        kind=asked.kind,
        kpi=asked.kpis[0],
        other_kpi=asked.kpis[1],
        one=one,
        other=other,
        ruling=asked.ruling,
        share=asked.share,
        holds_from=asked.holds_from,
        note=asked.note.strip(),
        created_by_id=actor_id,
    )
    same = {name: getattr(row, name) for name in SAID}
    standing = TargetRuling.objects.filter(**same, undoes=None, undone_by=None).first()
    if standing is None:
        row.save()
    return standing or row


def _faults(asked: RulingInput) -> dict[str, str]:
    faults = {}
    note = asked.note.strip()
    if not note or len(note) > MOST_NOTE:
        faults["note"] = _("Say why, in at most %(most)s characters.") % {"most": MOST_NOTE}
    if asked.ruling == RulingKind.SPLIT:
        if asked.share is None or not asked.share.is_finite() or not 0 <= asked.share <= HUNDRED:
            faults["share"] = _("Give the first one's share from 0 to 100.")
        elif asked.share != round(asked.share, 2):
            faults["share"] = _("Give at most two decimals.")
    elif asked.share is not None:
        faults["share"] = _("A shared target is not split: leave the share empty.")
    return faults


@transaction.atomic
def take_back(ruling: TargetRuling, *, actor_id: int | None) -> TargetRuling:
    """Add the row that takes a decision back; RulingUndone where that was done already."""
    locked = TargetRuling.objects.select_for_update().get(pk=ruling.pk)
    if locked.undoes_id is not None or TargetRuling.objects.filter(undoes=locked).exists():
        raise RulingUndone
    return TargetRuling.objects.create(
        kind=locked.kind,
        kpi=locked.kpi,
        other_kpi=locked.other_kpi,
        one=locked.one,
        other=locked.other,
        ruling=locked.ruling,
        share=locked.share,
        holds_from=locked.holds_from,
        note=locked.note,
        undoes=locked,
        created_by_id=actor_id,
    )
