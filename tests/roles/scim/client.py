"""A SCIM client for tests: speaks JSON to a workspace's endpoint, in process."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from omnichannel.accounts.models import User
from omnichannel.workspaces.choices import TokenScope
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.services.tokens import create_token

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class ScimClient:
    """Calls below `scim/v2` with a bearer token."""

    slug: str
    token: str
    client: Client = field(default_factory=Client)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request; names of headers are written with underscores."""
        answer = self.client.generic(
            method,
            f"/api/v1/workspaces/{self.slug}/scim/v2{path}",
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode(),
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}},
        )
        text = answer.content.decode()
        return Answer(answer.status_code, json.loads(text) if text else None, dict(answer.headers))

    def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request that must succeed; return its body."""
        answer = self(method, path, body, **headers)
        assert answer.status < 300, (method, path, answer.status, answer.body)
        return answer.body

    def user(self, name: str, **said: Any) -> Any:
        """Create a user; keyword names of the enterprise extension go there."""
        extension = {
            key: said.pop(key)
            for key in ("employeeNumber", "department", "manager", "division", "organization")
            if key in said
        }
        body = {"schemas": [f"{CORE}User"], "userName": name, **said}
        return self.ok("POST", "/Users", body | ({ENTERPRISE: extension} if extension else {}))

    def group(self, name: str, **said: Any) -> Any:
        """Create a group."""
        return self.ok("POST", "/Groups", {"schemas": [f"{CORE}Group"], "displayName": name, **said})

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Answer:
        """Send a PATCH."""
        return self("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)

    def find(self, endpoint: str, **query: Any) -> list[Any]:
        """Search; return the resources."""
        found: list[Any] = self.ok("GET", f"/{endpoint}?{urlencode(query)}").get("Resources", [])
        return found


def scim_client(workspace: Workspace, actor: User, *, scope: str = "write") -> ScimClient:
    """Return a client with a token of the actor."""
    _token, secret = create_token(workspace, name="idp", scope=TokenScope(scope), actor=actor)
    return ScimClient(workspace.slug, secret)
