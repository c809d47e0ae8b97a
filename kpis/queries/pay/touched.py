"""From which month on rows that pay is worked out from have changed since they were last counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Count, Q

from kpis.models import Part, Upload
from kpis.queries.pay.facts import TABLES
from omnichannel.jobs.models import Job

EVERY = ""  # before any month: nothing is known about how far back a change reaches


def first_month_touched(*, since: int) -> str | None:
    """Return the earliest month that a load, revert or re-apply after a place in their order moved; None where none.

    A first load moves the months its job told: those of new and changed rows, and those the changed ones left. Where an
    upload went or came again, all months of its rows count.
    """
    turned = Upload.objects.filter(
        Q(spans__began__gt=since) | Q(spans__ended__gt=since), table_id__in=TABLES
    ).distinct()
    uploads = {upload.pk: upload for upload in turned}
    spans = dict(Upload.objects.filter(pk__in=uploads).annotate(many=Count("spans")).values_list("pk", "many"))
    ended = set(Upload.objects.filter(pk__in=uploads, spans__ended__isnull=False).values_list("pk", flat=True))
    parts: dict[int, set[str]] = defaultdict(set)
    for upload, month in Part.objects.filter(upload__in=uploads).values_list("upload_id", "month"):
        parts[upload].add(month)
    jobs = Job.objects.in_bulk([upload.load_job_id for upload in uploads.values() if upload.load_job_id])
    months = {
        month
        for pk, upload in uploads.items()
        for month in _months(parts[pk], jobs.get(upload.load_job_id or 0), is_first=spans[pk] == 1 and pk not in ended)
    }
    return min(months, default=None)


def _months(parts: set[str], load: Job | None, *, is_first: bool) -> Iterator[str]:
    told = load.result.get("months") if load is not None and load.result else None
    if told is None:
        yield EVERY
        return
    yield from told
    if not is_first:
        yield from parts
