"""Where an upload stands among its five steps, for the stepper of its page."""

from __future__ import annotations

from django.utils.translation import gettext as _

from kpis.choices import UploadState
from kpis.queries.upload_page import UploadPage
from omnichannel.jobs.choices import JobState

COUNTED = (UploadState.LOADED, UploadState.REVERTED)  # counts now, or did


def step_at(page: UploadPage) -> str:
    """Return the step a person is at: reading, columns, values, check, load or, past all of them, done."""
    standing = page.standing
    if standing in (*COUNTED, UploadState.UNPACKED):
        return "done"
    if standing in (UploadState.READY, UploadState.LOADING) or page.upload.load_job_id:
        return "load"
    if standing is UploadState.REFUSED and not page.upload.inspected.get("columns"):
        return "reading"
    if page.upload.counts:
        return "check"
    if any(field.asked for field in page.values) and not page.asked and not page.missing:
        return "values"
    return "columns" if page.columns or page.upload.mapping else "reading"


def steps_of(page: UploadPage, *, at: str) -> list[dict[str, str]]:
    """Return the five steps: what is done, where it stands, what failed; those with something to show are links."""
    labels = {
        "reading": _("Read the file"),
        "columns": _("Match the columns"),
        "values": _("Match the values"),
        "check": _("Check the rows"),
        "load": _("Load"),
    }
    shown = {
        "reading": bool(page.upload.inspected),
        "columns": bool(page.upload.mapping),
        "values": bool(page.values),
        "check": bool(page.upload.counts),
        "load": bool(page.upload.counts),
    }
    place = list(labels).index(at) if at in labels else len(labels)
    states = ["done"] * place + ([_state_at(page)] if place < len(labels) else [])
    states += ["todo"] * (len(labels) - len(states))
    return [
        {"label": label, "state": state, "url": f"#{key}" if shown[key] and not page.busy else ""}
        for (key, label), state in zip(labels.items(), states, strict=True)
    ]


def _state_at(page: UploadPage) -> str:
    """Return the state of the step it stands at; what a person cancelled has stopped, not failed."""
    if page.standing is UploadState.FAILED and page.job is not None and page.job.state == JobState.CANCELLED:
        return "stopped"
    return "failed" if page.standing in (UploadState.REFUSED, UploadState.FAILED) else "current"
