"""The frame as a Django app: templatetags, management commands, and the checks of the whole house."""

from __future__ import annotations

from django.apps import AppConfig


class FrameConfig(AppConfig):
    """Holds no models."""

    name = "omnichannel"
    label = "frame"
