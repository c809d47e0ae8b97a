"""Reading, checking and writing side by side: each step leaves Python for most of its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
DEPTH = 1


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the same items in the same order, the next one always under way. Errors arrive where they belong."""
    end = object()
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc]


class Behind:
    """Calls done one after another by a thread of its own, at most DEPTH of them waiting."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def call(self, function: Callable[[], None]) -> None:
        """Queue a call; an error of an earlier one is raised here."""
        self._waiting.append(self._pool.submit(function))
        while len(self._waiting) > DEPTH:
            self._waiting.popleft().result()

    def finish(self) -> None:
        """Wait for all calls; raise the first error."""
        try:
            while self._waiting:
                self._waiting.popleft().result()
        finally:
            self._pool.shutdown()
