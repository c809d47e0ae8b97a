"""Helpers of the data door's tests: put bytes in, let the jobs run as a worker would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kpis import tasks
from kpis.choices import AutoLoad
from kpis.models import Upload
from kpis.services.uploads import receive_upload
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.workspaces.scoping import current_workspace_id

ORDERS_HEADER = (
    "order_id,customer_id,channel,unit_id,employee_id,paid_at,status,gross_amount,discount_amount,refund_amount,"
    "net_amount,item_count"
)


def orders_csv(*rows: str) -> bytes:
    """Return a CSV of orders: the header and the given lines."""
    return "\n".join((ORDERS_HEADER, *rows, "")).encode()


def order(number: int, *, day: str = "2024-05-03", net: str = "100.00", status: str = "paid") -> str:
    """Return one line of `orders_csv`, without a unit or guide."""
    return f"O{number},C{number},store,,,{day} 10:00:00,{status},{net},0,0,{net},1"


def put(
    content: bytes,
    *,
    filename: str = "orders.csv",
    auto: AutoLoad = AutoLoad.OFF,
    table: str = "",
    mapping: Mapping[str, Any] | None = None,
    guess: Mapping[str, Any] | None = None,
) -> Upload:
    """Send a file through the door; its check is queued."""
    return receive_upload(
        [content], filename=filename, actor_id=None, auto_load=auto, table_id=table, mapping=mapping, guess=guess
    )


def work(*kinds: JobKind) -> list[Job]:
    """Run the queued jobs of these kinds (default: check and load) until none is left; return them as they ended."""
    done = []
    wanted = kinds or (JobKind.CHECK_UPLOAD, JobKind.LOAD_UPLOAD)
    while job := Job.objects.filter(state=JobState.QUEUED, kind__in=wanted).order_by("pk").first():
        getattr(tasks, str(job.kind))(workspace_id=current_workspace_id(), job_id=job.pk)
        job.refresh_from_db()
        done.append(job)
    return done


def again(upload: Upload) -> Upload:
    """Return the upload as it is now."""
    return Upload.objects.select_related("check_job", "load_job").get(pk=upload.pk)


def checked(content: bytes, **options: Any) -> Upload:
    """Send a file and let its check run."""
    upload = put(content, **options)
    work(JobKind.CHECK_UPLOAD)
    return again(upload)
