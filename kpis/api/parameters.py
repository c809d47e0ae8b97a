"""What the figures' endpoints have in common: their parameters, the period, and the bounds of the caller."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from kpis.choices import ScopeKindChoice
from kpis.queries.bounds import rows_within
from kpis.queries.values import stored_periods
from kpis.queries.weights import weighed_roles
from omnichannel.core.periods import Period, parse_period
from omnichannel.workspaces.authentication import access_of
from omnichannel.workspaces.permissions import may
from roles.catalogue import OWN_ROLE_SHAPE, RoleKey

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The workspace.")
TABLE = OpenApiParameter("table", str, OpenApiParameter.PATH, description="A canonical table: `GET tables/`.")
UPLOAD = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The upload's number.")
PERIOD = OpenApiParameter("period", str, description="`2024-11`; the newest computed month when left out.")
SCOPES = [
    OpenApiParameter("scope_kind", str, enum=ScopeKindChoice.values, description="Whose figures."),
    OpenApiParameter("scope_id", str, description="External id of the unit or person, or the channel's name."),
]
# one of the 12 roles of the map, or one that the workspace has added and given KPIs
ROLE_KEY = {
    "anyOf": [
        {"type": "string", "enum": [key.value for key in RoleKey]},
        {"type": "string", "pattern": f"^{OWN_ROLE_SHAPE}$", "description": "A role of the workspace's own."},
    ]
}
# A person's own figures are for those who may open the person's scorecard.
PERSONAL_ROUTE = "kpis:person_scorecard"


def weighed_role(role: str) -> str:
    """Return the key of a role that has weights and cards; ValidationError for any other."""
    if role not in [key.value for key in weighed_roles()]:
        raise ValidationError(_("There is no such role with KPIs."))
    return role


def refuse_unweighed_role(request: Request) -> None:
    """Refuse a query for a role that has no weights and so no cards."""
    try:
        weighed_role(request.query_params.get("role", RoleKey.OMNI_STRATEGY.value))
    except ValidationError as error:
        raise ValidationError({"role": error.detail}) from None


def asked_period(request: Request) -> Period | None:
    """Return the period of the query, else the newest computed one. ValidationError for what is no period."""
    text = request.query_params.get("period", "")
    if not text:
        return next(iter(stored_periods()), None)
    try:
        return parse_period(text)
    except ValueError as error:
        raise ValidationError({"period": [str(error)]}) from error


def asked_rows(request: Request, period: Period, names: dict[str, str]) -> Q:
    """Return the condition of the rows asked for and allowed, of any revision. `names`: query parameter -> column."""
    access = access_of(request)
    seen = rows_within(
        on=period.last_day,
        unit=access.own_unit,
        person=access.own_person,
        with_people=may(access, PERSONAL_ROUTE),
    )
    asked = {column: request.query_params[name] for name, column in names.items() if name in request.query_params}
    return seen & Q(period=str(period), **asked)
