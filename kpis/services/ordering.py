"""The one order of a workspace's uploads: later ones win, and a computation knows how far it has read."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from kpis.models import Upload
from kpis.queries.uploads import last_change
from omnichannel.workspaces.scoping import lock_in_workspace

MANIFEST_LOCK = 0x0D00  # first key of the advisory lock under which uploads get their order and become visible


def lock_manifest() -> None:
    """Hold the workspace's order of uploads until the transaction ends."""
    lock_in_workspace(MANIFEST_LOCK)


def next_place() -> int:
    """Return the next free place in the order. The caller holds the manifest's lock."""
    highest = Upload.objects.aggregate(highest=Max("seq"))["highest"] or 0
    return max(int(highest), last_change()) + 1


@transaction.atomic
def take_seq(upload: Upload) -> int:
    """Give the upload the next place in the order and return it."""
    lock_manifest()
    upload.seq = next_place()
    Upload.objects.filter(pk=upload.pk).update(seq=upload.seq)
    return upload.seq
