"""What competence and pools refuse."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError
from talent.errors.by_field import RefusedByField


class OutOfReach(DomainError):
    """No such person, role or stay, or outside what the asker may see."""

    code: ClassVar[str] = "not_found"
    status: ClassVar[int] = 404

    def __init__(self) -> None:
        super().__init__(_("Not found."))


class RatingRefused(RefusedByField):
    """A rating that cannot be kept. `faults` tells what is wrong by field; the key `` is the whole."""

    code: ClassVar[str] = "rating_refused"


class NotYourRating(DomainError):
    """Nobody rates themselves as their manager, and only the person writes the self rating."""

    code: ClassVar[str] = "not_your_rating"
    status: ClassVar[int] = 403

    def __init__(self) -> None:
        super().__init__(_("Nobody rates themselves as a manager, and a self rating is written by the person alone."))


class PoolRefused(RefusedByField):
    """A stay in a pool that cannot be kept. `faults` tells what is wrong by field."""

    code: ClassVar[str] = "pool_refused"


class StayOver(DomainError):
    """The stay has ended already."""

    code: ClassVar[str] = "stay_over"

    def __init__(self, *, until: date) -> None:
        super().__init__(_("This stay ended on %(day)s already.") % {"day": until.isoformat()})
