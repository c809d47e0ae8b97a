"""What every part of one computation shares: definitions, tables, scopes, period, parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpis.engine.relations import Relations
    from kpis.engine.scoping import Scoping
    from kpis.engine.sources import Coverage
    from kpis.engine.specs import Library, Params
    from omnichannel.core.periods import Period


@dataclass(frozen=True, slots=True)
class Context:
    """One computation: one period, one set of parts, one set of parameters."""

    library: Library
    relations: Relations
    scoping: Scoping
    coverage: Coverage
    period: Period
    params: Params
