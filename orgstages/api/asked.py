"""What calls about units on a day ask for: the day's tree, and a unit that the caller may see."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from omnichannel.workspaces.authentication import access_of
from omnichannel.workspaces.clock import asked_day
from orgstages.queries.diagnosis import in_bounds
from roles.queries.org_chart import UnitTree, unit_tree

AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day to show; today when left out.")


def tree_of(request: Request) -> UnitTree:
    """Return the tree of the day asked for, today without one; ValidationError for what is no date."""
    return unit_tree(as_of=asked_day(request, "as_of", workspace=access_of(request).workspace))


def check_bounds(request: Request, unit: str, tree: UnitTree) -> None:
    """Raise Http404 for a unit that is not there on the day, or lies outside of what the caller may see."""
    if unit and not in_bounds(unit, tree=tree, within=access_of(request).own_unit):
        raise Http404
