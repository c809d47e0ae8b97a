"""Faults a single row can have, and loops through many. Each check notes what it finds and goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import lock_in_workspace
from roles.errors import OrganisationBusy
from roles.services.sync.rows import Faults
from roles.tree_safety import find_loops, loop_text, turned_to

# First key of the advisory lock: one writer of a workspace's organisation at a time.
ORGANISATION_LOCK = 7301
PATIENCE = "5s"
LOCK_NOT_AVAILABLE = "55P03"
ID_LENGTH = 64
PLACES = {"fte": 3, "share": 4, "monthly_cost": 4, "planned_fte": 3, "monthly_budget": 4}


def lock_organisation() -> None:
    """Wait for other writers of this workspace's organisation; freed at the end of the transaction."""
    lock_in_workspace(ORGANISATION_LOCK)


@contextmanager
def patiently(patience: str = PATIENCE) -> Iterator[None]:
    """Open a transaction that waits for other writers, but not for long: OrganisationBusy then."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select set_config('lock_timeout', %s, true)", [patience])
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
            raise
        raise OrganisationBusy from error


def stored(value: Decimal, column: str) -> Decimal:
    """Round to the places the column keeps, so that the same file again compares equal."""
    return value.quantize(Decimal(1).scaleb(-PLACES[column]), rounding=ROUND_HALF_UP)


def check_keys(keys: Sequence[str], *, field: str, faults: Faults) -> None:
    """Note ids that are empty, too long, or given twice in the batch."""
    first: dict[str, int] = {}
    for index, key in enumerate(keys):
        if not key.strip():
            faults.add(index, key, field, code="required", message=_("The id is missing."))
        elif key in first:
            message = _("Row %(row)s of the batch has the same id. Send each id once.") % {"row": first[key]}
            faults.add(index, key, field, code="duplicate", message=message)
        first.setdefault(key, index)


def check_length(index: int, key: str, field: str, value: str, *, most: int, faults: Faults) -> None:
    """Note a text that its column cannot hold."""
    if len(value) > most:
        message = _("This is longer than %(most)s characters.") % {"most": most}
        faults.add(index, key, field, code="too_long", message=message)


def check_choice(index: int, key: str, field: str, value: str, *, allowed: Collection[str], faults: Faults) -> None:
    """Note a value outside a closed list, naming the list."""
    if value not in allowed:
        message = _("%(value)s is not known. Use one of: %(allowed)s.") % {
            "value": value or "-",
            "allowed": ", ".join(allowed),
        }
        faults.add(index, key, field, code="unknown_choice", message=message)


def check_reference(index: int, key: str, field: str, value: str, *, known: Collection[str], faults: Faults) -> None:
    """Note an id that neither the batch nor the organisation has."""
    if value not in known:
        message = _("%(id)s is in neither this batch nor the organisation.") % {"id": value or "-"}
        faults.add(index, key, field, code="unknown_reference", message=message)


def check_loops(
    keys: Sequence[str], above: Mapping[str, str | None], *, field: str, words: str, faults: Faults
) -> None:
    """Note loops that the rows of a batch make among themselves, at the first row of each.

    For batches with other faults, which are not tried against the organisation: what can be told is told at once.
    """
    place = {key: index for index, key in reversed(list(enumerate(keys)))}
    for loop in find_loops(above, among=keys):
        turned = turned_to(min(loop, key=place.__getitem__), loop)
        faults.add(place[turned[0]], turned[0], field, code="loop", message=words % {"loop": loop_text(turned)})
