"""When the search for cycles runs."""

from __future__ import annotations

import gc
import weakref

import pytest
from django.core.signals import request_finished

from omnichannel.core.collecting import settle_by_and_by, uncollected


class _Knot:
    """Something that only the search for cycles finds."""

    def __init__(self) -> None:
        self.itself = self


def test_a_cycle_made_without_collecting_is_gone_afterwards() -> None:
    with uncollected():
        knot = _Knot()
        seen = weakref.ref(knot)
        del knot
        assert not gc.isenabled()
        assert seen() is not None
    assert gc.isenabled()
    assert seen() is None


@pytest.mark.django_db
def test_what_the_first_request_loads_is_searched_no_more() -> None:
    before = gc.get_freeze_count()
    try:
        settle_by_and_by()
        assert gc.get_freeze_count() == before
        request_finished.send(sender=None)
        assert gc.get_freeze_count() > before
    finally:
        request_finished.disconnect(dispatch_uid="settle_by_and_by")
        gc.unfreeze()
