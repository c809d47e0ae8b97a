"""When a figure would tell of too few people: the one rule of every count and rate that talent shows without names."""

from __future__ import annotations

from collections.abc import Iterable

from kpis.queries.analyses.story import FEWEST


def tells_few(whole: Iterable[str], *known: Iterable[str]) -> bool:
    """Tell whether a figure of the `whole`, less what the reader `known` of, is one of somebody but of too few people.

    The parts are people. What is left when nobody is left tells nothing new; fewer than five are never told.
    """
    rest = set(whole).difference(*known)
    return 0 < len(rest) < FEWEST
