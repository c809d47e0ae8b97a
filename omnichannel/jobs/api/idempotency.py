"""The header `Idempotency-Key` on a POST: the same request again gets the first answer, and nothing happens twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from omnichannel.core.http import PROBLEM, preferences
from omnichannel.jobs.services.idempotency import in_flight, recall, remember
from omnichannel.workspaces.models import ApiToken

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description=(
        "A key of your own, kept for 48 hours. The same request again gets the first answer with "
        "`Idempotent-Replayed: true`; 409 while the first is running, 422 for another request under the same key."
    ),
)
KEPT_HEADERS = ("Location", "ETag")
Handler = Callable[..., Response]


def idempotent(handler: Handler) -> Handler:
    """Make a POST handler honour the header. Answers that it returns are kept, refusals that it raises are not."""

    @wraps(handler)
    def handle(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        client, fingerprint = _client(request), _fingerprint(request)
        with in_flight(client=client, key=key):
            found = recall(client=client, key=key, fingerprint=fingerprint)
            if found is not None:
                headers = {**found.headers, "Idempotent-Replayed": "true"}
                kind = PROBLEM if found.status >= 400 else None
                return Response(json.loads(found.body), status=found.status, headers=headers, content_type=kind)
            response = handler(view, request, *args, **kwargs)
            if response.status_code < 500:
                remember(
                    client=client,
                    key=key,
                    fingerprint=fingerprint,
                    status=response.status_code,
                    headers={name: response[name] for name in KEPT_HEADERS if name in response},
                    body=JSONRenderer().render(response.data).decode(),
                )
            return response

    return handle


def _client(request: Request) -> str:
    who = f"token {request.auth.digest}" if isinstance(request.auth, ApiToken) else f"user {request.user.pk}"
    return hashlib.sha256(who.encode()).hexdigest()


def _fingerprint(request: Request) -> str:
    """Digest what was asked. Files count by their content, whatever boundary the form was sent with."""
    data = request.data
    asked = f"{request.method} {request.get_full_path()} {sorted(preferences(request))}\n"
    digest = hashlib.sha256(asked.encode())
    if isinstance(data, bytes):
        digest.update(data)
    elif isinstance(data, QueryDict):
        fields = {name: values for name, values in data.lists() if name not in request.FILES}
        digest.update(json.dumps(fields, sort_keys=True).encode())
        for name, file in sorted(request.FILES.items()):
            digest.update(f"\n{name} {file.name} {hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
            file.seek(0)
    else:
        digest.update(json.dumps(data, sort_keys=True, default=str).encode())
    return digest.hexdigest()
