"""What followed by itself when things came to be as they are: it goes back with them.

An upload notes what its own rows changed. The roles that ended with a leaver, or the reports who lost their manager,
stand in the revision of that write, next to the rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from roles.choices import ChangeKind, Thing
from roles.models import OrgChange
from roles.services.sync.state_checks import States
from roles.services.sync.states import states
from roles.state_diff import State

Sides = dict[Thing, dict[str, State | None]]
LATEST = 5


def what_followed(thing: Thing, *, expected: States, wanted: States) -> tuple[Sides, Sides]:
    """Return the expected and wanted states of all that changed with the things and still is as it became then."""
    before: Sides = {thing: dict(expected)}
    after: Sides = {thing: dict(wanted)}
    others: dict[Thing, list[OrgChange]] = {}
    for change in _others(thing, expected=expected, wanted=wanted):
        others.setdefault(Thing(change.thing), []).append(change)
    for kind, changes in others.items():
        now = states(kind, [change.external_id for change in changes])
        still = [change for change in changes if now.get(change.external_id) == change.after]
        before.setdefault(kind, {}).update({change.external_id: change.after for change in still})
        after.setdefault(kind, {}).update({change.external_id: change.before for change in still})
    return before, after


def _others(thing: Thing, *, expected: States, wanted: States) -> Iterator[OrgChange]:
    """Yield the further changes of the last revision that led from the wanted states to the expected ones."""
    differing = {key for key in wanted if wanted[key] != expected.get(key)}
    if not differing:
        return
    touching = OrgChange.objects.filter(thing=thing, external_id=min(differing)).exclude(change=ChangeKind.IN_EFFECT)
    for number in touching.order_by("-revision__number").values_list("revision_id", flat=True)[:LATEST]:
        changes = list(OrgChange.objects.filter(revision_id=number).exclude(change=ChangeKind.IN_EFFECT))
        ours = {each.external_id: each for each in changes if each.thing == thing}
        if all(
            key in ours and (ours[key].before, ours[key].after) == (wanted[key], expected.get(key)) for key in differing
        ):
            yield from (each for each in changes if (each.thing, each.external_id in wanted) != (thing, True))
            return
