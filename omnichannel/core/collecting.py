"""Work that makes hundreds of thousands of objects and no cycles: the search for cycles waits until it is done."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
