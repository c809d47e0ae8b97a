"""How lists are narrowed: the parameters of each kind of thing, described once for the document and the query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from omnichannel.core.http import flag_of
from omnichannel.workspaces.authentication import access_of
from roles.api.fields import role_schema
from roles.api.requests import DAY, SOURCE, moment_since, source_of
from roles.choices import FillMode, LineKind, Thing, UnitLevel
from roles.errors import UnknownUnit
from roles.queries.documents import narrowed, touched_since
from roles.queries.library import role_keys
from roles.queries.org_chart import unit_tree

Rows = QuerySet[Any, Any]
TEXT = {"type": "string"}
Choose = Callable[[str], Q]


def _words(words: Sequence[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter of a list that compares a field."""

    name: str
    help: str
    path: str = ""
    schema: Mapping[str, Any] | None = None
    choose: Choose | None = None

    @property
    def parameter(self) -> OpenApiParameter:
        """Describe it in the OpenAPI document."""
        return OpenApiParameter(self.name, dict(self.schema or TEXT), description=self.help)

    def apply(self, rows: Rows, said: str) -> Rows:
        """Keep the rows that match."""
        words: Sequence[str] = (self.schema or {}).get("enum", ())
        if words and said not in words:
            message = _("%(value)s is not known. Use one of: %(allowed)s.")
            raise ValidationError({self.name: [message % {"value": said[:40], "allowed": ", ".join(words)}]})
        return rows.filter(self.choose(said) if self.choose is not None else Q(**{self.path: said}))


def _named(*paths: str) -> Choose:
    def choose(said: str) -> Q:
        found = Q()
        for path in paths:
            found |= Q(**{f"{path}__icontains": said})
        return found

    return choose


def _any_of(*paths: str) -> Choose:
    def choose(said: str) -> Q:
        found = Q()
        for path in paths:
            found |= Q(**{path: said})
        return found

    return choose


def _of_role(said: str) -> Q:
    if said not in (known := role_keys()):
        message = _("%(value)s is not known. Use one of: %(allowed)s.")
        raise ValidationError({"role": [message % {"value": said[:40] or "-", "allowed": ", ".join(known)}]})
    return Q(role_key=said)


Q_HELP = "Only those whose id or name holds this text."
UNIT = Filter("unit_external_id", "Only those in this unit itself.", "unit__external_id")
FILTERS: Mapping[Thing, tuple[Filter, ...]] = {
    Thing.UNITS: (
        Filter("parent_external_id", "Only those right below this unit.", "parent__external_id"),
        Filter("level", "Only units of this kind.", "level", _words(UnitLevel.values)),
        Filter("q", Q_HELP, choose=_named("unit__external_id", "name")),
    ),
    Thing.SEATS: (
        UNIT,
        Filter("role", "Only seats of this role.", schema=role_schema(), choose=_of_role),
        Filter("q", "Only those whose id or title holds this text.", choose=_named("seat__external_id", "title")),
    ),
    Thing.PEOPLE: (
        UNIT,
        Filter("manager_external_id", "Only those who report to this person.", "manager__external_id"),
        Filter("fill_mode", "Only this way of filling a place.", "fill_mode", _words(FillMode.values)),
        Filter("q", Q_HELP, choose=_named("person__external_id", "person__display_name")),
    ),
    Thing.ASSIGNMENTS: (
        UNIT,
        Filter("person_external_id", "Only this person's.", "person__external_id"),
        Filter("role", "Only this role, such as `user-ops`.", schema=role_schema(), choose=_of_role),
    ),
    Thing.LINES: (
        Filter("kind", "Only lines of this kind.", "kind", _words(LineKind.values)),
        Filter(
            "between",
            "Only lines between two of these.",
            schema=_words(("units", "people")),
            choose=lambda said: Q(unit__isnull=said != "units"),
        ),
        Filter(
            "from_external_id",
            "Only lines from this unit or person.",
            choose=_any_of("unit__external_id", "person__external_id"),
        ),
        Filter(
            "to_external_id",
            "Only lines to this unit or person.",
            choose=_any_of("to_unit__external_id", "to_person__external_id"),
        ),
    ),
}
WITHIN = OpenApiParameter("within", TEXT, description="Only what is in this unit or below it.")
UPDATED_SINCE = OpenApiParameter(
    "updated_since",
    {"anyOf": [DAY, {"type": "string", "format": "date-time"}]},
    description="Only what a revision has touched since this moment, or since the start of this day.",
)
OWNED = OpenApiParameter("source", SOURCE, description="Only what this source has an id for, such as `wecom`.")
HOLDS = OpenApiParameter("role", role_schema(), description="Only people who hold this role on the day.")
VACANT = OpenApiParameter("vacant", OpenApiTypes.BOOL, description="Only seats in which nobody sits on the day.")
EXTRA: Mapping[Thing, tuple[OpenApiParameter, ...]] = {Thing.PEOPLE: (HOLDS,), Thing.SEATS: (VACANT,)}


def parameters_of(thing: Thing) -> list[OpenApiParameter]:
    """Return what narrows a list of this kind."""
    within = () if thing is Thing.LINES else (WITHIN,)
    return [*(each.parameter for each in FILTERS[thing]), *EXTRA.get(thing, ()), *within, UPDATED_SINCE, OWNED]


def chosen(thing: Thing, rows: Rows, request: Request, *, as_of: date) -> Rows:
    """Keep what the query asks for."""
    said = request.query_params
    for each in FILTERS[thing]:
        if each.name in said:
            rows = each.apply(rows, said[each.name])
    if "within" in said and thing is not Thing.LINES:
        rows = _below(thing, rows, said["within"], request, as_of=as_of)
    if thing is Thing.PEOPLE and "role" in said:
        rows = _holding(rows, said["role"], as_of=as_of)
    if thing is Thing.SEATS and flag_of(request, "vacant"):
        rows = narrowed(thing, rows, as_of=as_of, vacant=True)
    since = moment_since(request, "updated_since")
    if since is not None:
        rows = touched_since(thing, rows, since)
    if source := source_of(request):
        rows = narrowed(thing, rows, as_of=as_of, source=source)
    return rows


def _below(thing: Thing, rows: Rows, unit: str, request: Request, *, as_of: date) -> Rows:
    tree = unit_tree(as_of=as_of, within=access_of(request).own_unit)
    if unit not in tree:
        raise UnknownUnit(unit)
    return rows.filter(unit__external_id__in=tree.subtree(unit))


def _holding(rows: Rows, role: str, *, as_of: date) -> Rows:
    _of_role(role)
    return narrowed(Thing.PEOPLE, rows, as_of=as_of, role=role)
