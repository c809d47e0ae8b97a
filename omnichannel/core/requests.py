"""What a request tells of its caller. Apart from `http`, because middleware loads before DRF's views."""

from __future__ import annotations

from django.http import HttpRequest


def is_api(request: HttpRequest) -> bool:
    """Tell whether the caller is a program."""
    return request.path.startswith("/api/")
