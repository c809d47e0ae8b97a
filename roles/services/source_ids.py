"""Ids of outside systems: kept, translated into ours, forgotten when their system drops them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import Thing
from roles.holdings import assignment_key
from roles.models import SourceId
from roles.queries.source_ids import REFERENCES, known_ids, owned_by_others
from roles.services.sync.spans import BATCH

SOURCE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def remember(source: str, thing: Thing | str, ids: Mapping[str, str]) -> None:
    """Keep `{source_id: external_id}`; an id that is known already points to its new thing from now on."""
    if not ids:
        return
    kept = SourceId.objects.filter(source=source, thing=Thing(thing).value, source_id__in=list(ids))
    known = dict(kept.values_list("source_id", "external_id"))
    rows = [
        SourceId(
            workspace_id=current_workspace_id(),
            source=source,
            thing=Thing(thing).value,
            source_id=source_id,
            external_id=external_id,
        )
        for source_id, external_id in ids.items()
        if known.get(source_id) != external_id
    ]
    SourceId.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["workspace", "source", "thing", "source_id"],
        update_fields=["external_id"],
    )


def forget_ids(source: str, thing: Thing | str, external_ids: Collection[str]) -> None:
    """Let the source own these things no longer."""
    if external_ids:
        rows = SourceId.objects.filter(source=source, thing=Thing(thing).value, external_id__in=list(external_ids))
        rows.delete()


def own_ids(source: str, thing: Thing | str, source_ids: Collection[str]) -> dict[str, str]:
    """Return our id for each id of the source: the known one, else the one a new thing gets.

    An id that nothing here has, or only a thing that no outside system owns, is taken as it is: the same employee
    number is the same person. Where another system's thing has it, ours is `source-id`.
    """
    known = known_ids(source, thing)
    foreign = owned_by_others(source, thing)
    taken = {*foreign, *known.values()}
    found: dict[str, str] = {}
    for source_id in source_ids:
        if source_id in known:
            found[source_id] = known[source_id]
            continue
        external_id = source_id if source_id not in taken else f"{source}-{source_id}"
        found[source_id] = external_id
        taken.add(found[source_id])
    return found


def translate(thing: Thing, rows: Sequence[dict[str, Any]], *, source: str) -> dict[str, str]:
    """Replace the source's ids by ours in rows of one kind, in place; return `{our id: the source's}` of the rows."""
    asked: dict[Thing, set[str]] = {}
    for row in rows:
        for name, kind in _named(thing, row):
            asked.setdefault(kind, set()).add(row[name])
    ours = {kind: own_ids(source, kind, ids) for kind, ids in asked.items()}
    called: dict[str, str] = {}
    for row in rows:
        theirs = _key(thing, row)
        for name, kind in _named(thing, row):
            row[name] = ours[kind][row[name]]
        called[_key(thing, row)] = theirs
    return called


def _named(thing: Thing, row: Mapping[str, Any]) -> list[tuple[str, Thing]]:
    """Return the fields of a row that hold an id, with what it is the id of."""
    found = [("external_id", thing)]
    found += [*REFERENCES.items()]
    if "between" in row:
        found += [(name, Thing(row["between"])) for name in ("from_external_id", "to_external_id")]
    return [(name, kind) for name, kind in found if row.get(name)]


def _key(thing: Thing, row: Mapping[str, Any]) -> str:
    if thing is Thing.ASSIGNMENTS:
        return assignment_key(row["person_external_id"], row["role"], row["start_on"])
    return str(row["external_id"])
