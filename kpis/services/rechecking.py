"""Parts of one workbook or archive that refer to each other: what did not fit is checked anew once the other counts."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from kpis.choices import UploadState
from kpis.models import Upload
from kpis.queries.uploads import has_unchecked_changes
from kpis.services.uploads import check_again

# what has been red for longer is checked when somebody asks for it: it could load itself over what is newer
FRESH = timedelta(days=1)


def check_misfits_again(loaded: Upload) -> None:
    """Check those of the same workbook or archive anew whose rows referred to what `loaded` brings.

    The caller's transaction makes `loaded` count and holds the manifest's lock. Only the file's own parts: rows that
    somebody left red long ago must not load by themselves one day.
    """
    red = _with_it(loaded).filter(state=UploadState.NEEDS_ATTENTION, created_at__gte=timezone.now() - FRESH)
    for upload in red.select_for_update(of=("self",)):
        if upload.counts.get("all_or_nothing") and not has_unchecked_changes(upload):
            check_again(upload, actor_id=upload.created_by_id)


def outrun_by_its_own(upload: Upload, *, since: int) -> bool:
    """Tell whether another part of the same workbook or archive came to count while this one was being checked.

    `since` is the place of the newest change when the check began: machines agree on it, whatever their clocks say.
    """
    return _with_it(upload).filter(spans__began__gt=since).exists()


def _with_it(upload: Upload) -> QuerySet[Upload]:
    """Return all other parts of the workbook or archive that the upload is or came out of, however deep they lie."""
    outermost = upload
    while outermost.parent is not None:
        outermost = outermost.parent
    found, next_ones = {outermost.pk}, {outermost.pk}
    while next_ones:
        next_ones = set(Upload.objects.filter(parent_id__in=next_ones).values_list("pk", flat=True)) - found
        found |= next_ones
    return Upload.objects.filter(pk__in=found - {upload.pk}).order_by("pk")
