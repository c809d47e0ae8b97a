"""What a job is about, as its page names and links it. Apps register how; the jobs app knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from omnichannel.jobs.models import Job


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing a job works on: its name in the reader's language and the path of its page, if it has one."""

    label: str
    url: str = ""


Describe = Callable[[Sequence[Job]], Mapping[int, Subject]]
_describers: dict[str, Describe] = {}


def register_subjects(kind: str, describe: Describe) -> None:
    """Let an app say what jobs of its kind are about; it is given all jobs of a page at once."""
    _describers[kind] = describe


def subjects_of(jobs: Iterable[Job]) -> dict[int, Subject]:
    """Return the subjects by job, as far as there are any; one call per kind, however many jobs."""
    by_kind: dict[str, list[Job]] = {}
    for job in jobs:
        by_kind.setdefault(job.kind, []).append(job)
    found: dict[int, Subject] = {}
    for kind, group in by_kind.items():
        if kind in _describers:
            found.update(_describers[kind](group))
    return found
