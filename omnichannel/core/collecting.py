"""When the search for cycles runs: not during work that makes hundreds of thousands of objects, not over what stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from django.core.signals import request_finished

SETTLING = frozenset({1, 10, 100})  # requests of a process after which what is there is taken to stay


@contextmanager
def uncollected() -> Iterator[None]:
    """Put the collection of cycles off during the block, in all threads of the process.

    What is no longer referred to goes at once all the same. Of blocks that overlap, the first to begin ends it, with
    one search through what is new since: what hung on cycles would stay for long otherwise.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
            gc.collect(0)


def settle_by_and_by() -> None:
    """Take what the first requests of this process load (modules, the library, templates) to stay for good.

    The search for cycles went through all of it again and again: a quarter of a second in the middle of a page.
    """
    finished = count(1)

    def settle(**_told: object) -> None:
        if next(finished) in SETTLING:
            gc.collect()
            gc.freeze()

    request_finished.connect(settle, weak=False, dispatch_uid="settle_by_and_by")
