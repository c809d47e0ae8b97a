"""What of a KPI's definition is the workspace's own on a day: for the KPI's page, at no query of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kpis.choices import DefinitionSubject
from kpis.engine.explain import params_of
from kpis.library import load_library
from kpis.library.content import node_of
from kpis.library.merging import FieldChange, own_changes
from kpis.library.params import PARAMS, ParamSpec
from kpis.queries.definitions import Revision, applied, library_for


@dataclass(frozen=True, slots=True)
class OwnParameter:
    """A parameter the KPI goes by and that the workspace has set, with the library's value."""

    spec: ParamSpec
    library: int | str
    value: str
    revision: Revision


@dataclass(frozen=True, slots=True)
class Origin:
    """The workspace's own part of a definition. `changes`: what it words otherwise than the library, if it overrides.

    `retired`: a KPI of the workspace's own that does not count on the day.
    """

    revision: Revision | None
    is_own: bool
    retired: bool
    changes: tuple[FieldChange, ...]
    parameters: tuple[OwnParameter, ...]

    @property
    def is_library(self) -> bool:
        """True when all of it is the library's."""
        return not (self.is_own or self.revision or self.parameters)


def origin_of(kpi: str, day: date | None) -> Origin:
    """Return what of a KPI is the workspace's own on a day (today when None)."""
    theirs = load_library().kpis.get(kpi)
    revision = applied(DefinitionSubject.KPI, day).get(kpi)
    content: Mapping[str, Any] = revision.content if revision else {}
    return Origin(
        revision=revision,
        is_own=theirs is None,
        retired=theirs is None and revision is None,
        changes=own_changes(node_of(theirs), content) if theirs is not None and revision is not None else (),
        parameters=_parameters(kpi, day),
    )


def _parameters(kpi: str, day: date | None) -> tuple[OwnParameter, ...]:
    own, library = applied(DefinitionSubject.PARAMETER, day), library_for(kpi, day=day)
    if not own or library is None:
        return ()
    return tuple(
        OwnParameter(PARAMS[name], getattr(load_library().params, name), str(own[name].content["value"]), own[name])
        for name in params_of(library, kpi)
        if name in own
    )
