"""People who are here and have no place: hired, but their unit is not known. They stand in the list of the unplaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import OrgSource, Thing
from roles.models import Employment, Person
from roles.models.dated import reaching
from roles.services.sync import revision
from roles.services.sync.spans import BATCH


@dataclass(frozen=True, slots=True)
class PlacelessInput:
    """A person without a unit."""

    external_id: str
    display_name: str
    hired_on: date


def keep_without_place(
    rows: Sequence[PlacelessInput], *, on: date, actor_id: int | None, source: OrgSource = OrgSource.API
) -> None:
    """Bring people to having no unit from `on` on. New ones are created; what is known of earlier days stays."""
    if not rows:
        return
    with revision(actor_id=actor_id, source=source) as recorder:
        keys = [row.external_id for row in rows]
        recorder.touch(Thing.PEOPLE, keys)
        people = [
            Person(
                workspace_id=current_workspace_id(),
                external_id=row.external_id,
                display_name=row.display_name,
                hired_on=row.hired_on,
                recorded_at=recorder.at,
            )
            for row in rows
        ]
        Person.objects.bulk_create(
            people,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["workspace", "external_id"],
            update_fields=["display_name", "hired_on", "left_on", "removed_at"],
        )
        rows_then = list(Employment.objects.filter(reaching(on), person__external_id__in=keys))
        Employment.objects.filter(pk__in=[row.pk for row in rows_then]).update(superseded_at=recorder.at)
        shortened = [row for row in rows_then if row.during.lower is None or row.during.lower < on]
        for row in shortened:
            row.pk, row.during = None, (row.during.lower, on)
            row.recorded_at, row.recorded_by_id = recorder.at, recorder.actor_id
        Employment.objects.bulk_create(shortened, batch_size=BATCH)
