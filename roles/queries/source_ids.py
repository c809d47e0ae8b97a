"""By which ids outside systems call our things. A source that has an id for a thing owns it, alone or with others."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from roles.choices import Thing
from roles.models import SourceId

# The fields of rows that point to something.
REFERENCES: Mapping[str, Thing] = {
    "parent_external_id": Thing.UNITS,
    "unit_external_id": Thing.UNITS,
    "manager_external_id": Thing.PEOPLE,
    "person_external_id": Thing.PEOPLE,
    "seat_external_id": Thing.SEATS,
}


def known_ids(source: str, thing: Thing | str) -> dict[str, str]:
    """Return all ids of the source with our own: `{source_id: external_id}`."""
    rows = SourceId.objects.filter(source=source, thing=Thing(thing).value)
    return dict(rows.values_list("source_id", "external_id"))


def ids_by_source(thing: Thing | str, keys: Collection[str]) -> dict[str, dict[str, list[str]]]:
    """Return what each source calls the given things: `{external_id: {source: [source_id]}}`; others are absent."""
    rows = SourceId.objects.filter(thing=Thing(thing).value, external_id__in=list(keys)).order_by("source", "source_id")
    found: dict[str, dict[str, list[str]]] = {}
    for key, source, source_id in rows.values_list("external_id", "source", "source_id"):
        found.setdefault(key, {}).setdefault(source, []).append(source_id)
    return found


def owned_by(source: str, thing: Thing | str) -> set[str]:
    """Return our ids of what the source has an id for."""
    rows = SourceId.objects.filter(source=source, thing=Thing(thing).value)
    return set(rows.values_list("external_id", flat=True))


def owned_by_others(source: str, thing: Thing | str) -> set[str]:
    """Return our ids of what another source than this one has an id for."""
    rows = SourceId.objects.filter(thing=Thing(thing).value).exclude(source=source)
    return set(rows.values_list("external_id", flat=True))
