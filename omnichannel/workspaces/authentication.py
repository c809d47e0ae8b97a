"""How REST clients come in: a workspace token in the Authorization header, and admission of API views."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated
from rest_framework.request import Request

from omnichannel.workspaces.middleware import enter
from omnichannel.workspaces.models import ApiToken
from omnichannel.workspaces.permissions import Access, MethodNotListed, admit

LAST_USED_STEP = timedelta(minutes=1)


class WorkspaceTokenAuthentication(TokenAuthentication):
    """Knox's token check, plus the time of last use."""

    def validate_user(self, auth_token: ApiToken) -> tuple[Any, ApiToken]:
        """Return user and token; note the use at most once a minute."""
        user, token = super().validate_user(auth_token)
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > LAST_USED_STEP:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return user, token


class WorkspaceTokenScheme(OpenApiAuthenticationExtension):
    """Describe the token in the OpenAPI document."""

    target_class = "omnichannel.workspaces.authentication.WorkspaceTokenAuthentication"
    name = "workspaceToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return an apiKey scheme: the header also carries the word `Token`."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token omni_...`, made under Settings.",
        }


def access_of(request: Request) -> Access:
    """Return what admission has decided for a request of an API view."""
    access: Access = request._request.access  # type: ignore[attr-defined] # put there by `enter`
    return access


class WorkspaceAPIMixin:
    """Base of every API view under `/api/v1/workspaces/<slug>/`: authenticate, admit, open the scope."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Admit before permissions and throttles run; a stranger gets 404, an anonymous caller 401."""
        self.perform_authentication(request)  # type: ignore[attr-defined]
        if not request.user or not request.user.is_authenticated:
            raise NotAuthenticated
        token = request.auth if isinstance(request.auth, ApiToken) else None
        # DRF hands attributes of the wrapped request through.
        try:
            enter(request._request, admit(request._request, kwargs["slug"], user=request.user, token=token))
        except MethodNotListed as error:
            raise MethodNotAllowed(request.method or "") from error
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
