"""The authorisation table at work: who may do what, decided once per request, for pages and API alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission

from omnichannel.workspaces.choices import MemberRole, Rule, TokenScope
from omnichannel.workspaces.models import ApiToken, Membership, Workspace

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Access:
    """What this request may do: the workspace, the member's role, and the rule of the route."""

    workspace: Workspace
    user_id: int
    role: MemberRole
    rule: Rule
    unit_external_id: str = ""
    person_external_id: str = ""

    @property
    def role_label(self) -> str:
        """The role in the reader's language."""
        return str(self.role.label)

    @property
    def own_unit(self) -> str | None:
        """The unit whose subtree bounds this request; None when the rule sets no such bound."""
        return self.unit_external_id if self.rule is Rule.OWN_UNIT else None

    @property
    def own_person(self) -> str | None:
        """The person this request is bound to; None when the rule sets no such bound."""
        return self.person_external_id if self.rule is Rule.OWN_PERSON else None


Table = dict[str, dict[str, dict[MemberRole, Rule]]]


@cache
def authorisation_table() -> Table:
    """Load route -> method -> role -> rule from authz.yaml; `public` routes are listed apart."""
    raw = yaml.safe_load(Path(__file__).with_name("authz.yaml").read_text(encoding="utf-8"))
    profiles = raw["profiles"]
    return {
        route: {method: _rules(profiles[profile]) for method, profile in methods.items()}
        for route, methods in raw["routes"].items()
    }


@cache
def public_routes() -> frozenset[str]:
    """Return the routes outside every workspace: sign-in, health, language, schema."""
    raw = yaml.safe_load(Path(__file__).with_name("authz.yaml").read_text(encoding="utf-8"))
    return frozenset(raw["public"])


def _rules(profile: dict[str, str]) -> dict[MemberRole, Rule]:
    return {role: Rule(profile.get(role.value, Rule.DENY)) for role in MemberRole}


def rule_for(route: str, method: str, role: MemberRole) -> Rule:
    """Return the rule; an unlisted route or method is denied."""
    methods = authorisation_table().get(route, {})
    rules = methods.get("GET" if method in SAFE else method)
    return rules[role] if rules else Rule.DENY


def may(access: Access | None, route: str, method: str = "GET") -> bool:
    """Tell whether a link or a button to the route is worth showing."""
    return access is not None and rule_for(route, method, access.role) is not Rule.DENY


class MethodNotListed(Exception):
    """The route is there, but not with this method; `allowed` lists the ones it has."""

    def __init__(self, allowed: list[str]) -> None:
        self.allowed = allowed
        super().__init__(", ".join(allowed))


def admit(request: HttpRequest, slug: str, *, user: Any, token: ApiToken | None = None) -> Access:
    """Let a signed-in user into a workspace's route, or raise: 404 hides a workspace, 403 explains a refusal.

    MethodNotListed comes after the 404: a stranger learns nothing of a workspace's routes.
    """
    membership = (
        Membership.objects.select_related("workspace").filter(workspace__slug=slug, user_id=user.pk).first()
        if user.is_active
        else None
    )
    if membership is None or (token is not None and token.workspace_id != membership.workspace_id):
        raise Http404
    if token is not None and token.scope == TokenScope.READ and request.method not in SAFE:
        raise PermissionDenied(_("This token may only read. Make one with write scope under Settings."))
    route, method = (request.resolver_match.view_name if request.resolver_match else ""), request.method or "GET"
    allowed = list(authorisation_table().get(route, {}))
    if ("GET" if method in SAFE else method) not in allowed:
        raise MethodNotListed(allowed)
    role = MemberRole(membership.role)
    rule = rule_for(route, method, role)
    if rule is Rule.DENY:
        raise PermissionDenied(_("Your role in this workspace does not include this. Ask an owner."))
    unit, person = membership.unit_external_id, membership.person_external_id
    if (rule is Rule.OWN_UNIT and not unit) or (rule is Rule.OWN_PERSON and not person):
        raise PermissionDenied(_("Your membership is not yet tied to a unit or person. Ask an owner."))
    return Access(membership.workspace, user.pk, role, rule, unit, person)


class InAuthorisationTable(BasePermission):
    """Default of every API view: deny, unless `WorkspaceAPIMixin.initial` has admitted the request."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Allow what has been admitted; anonymous callers are asked to authenticate."""
        return getattr(request, "access", None) is not None
