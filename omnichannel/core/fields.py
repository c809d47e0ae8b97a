"""Fields that take what the OpenAPI document says and nothing that merely looks like it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StrictCharField(serializers.CharField):
    """A JSON text; a number is none."""

    def to_internal_value(self, data: Any) -> str:
        """Read a text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """A JSON boolean; 0, "yes" and the like are none."""

    def to_internal_value(self, data: Any) -> bool:
        """Read true or false."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictIntegerField(serializers.IntegerField):
    """A JSON number without a fraction; a text of digits and true are none."""

    def to_internal_value(self, data: Any) -> int:
        """Read a whole number."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)
