"""Parts of the work side by side: numpy lets other threads run while it sorts, gathers and sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from kpis.engine.arrays.slabs import in_parts

if TYPE_CHECKING:
    from kpis.engine.arrays.slabs import Slab
    from kpis.engine.arrays.work import Work


Item = TypeVar("Item")
Made = TypeVar("Made")


def each_part(work: Work, do: Callable[..., None], *slabs: Slab) -> None:
    """Do something with some customers of all slabs at a time, as `in_parts` puts them together.

    What is counted is added under `work.adding`; the engine is not asked in between.
    """
    work.prepare([slab.spec for slab in slabs])
    abreast(work, lambda parts: do(*parts), in_parts(*slabs))


def abreast(work: Work, do: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
    """Do something with each of the items, as many at a time as the engine may have threads; return what each gave."""
    some = list(items)
    if min(work.relations.threads, len(some)) < 2:
        return [do(item) for item in some]
    with ThreadPoolExecutor(work.relations.threads) as pool:
        # errors come up here
        return list(pool.map(do, some))
