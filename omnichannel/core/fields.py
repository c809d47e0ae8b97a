"""Fields that take what the OpenAPI document says and nothing that merely looks like it."""

from __future__ import annotations

from decimal import Decimal
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


class StrictDecimalField(serializers.DecimalField):
    """A decimal as JSON text, in which no digit is lost; a number is none."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Read a decimal."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class MonthField(serializers.RegexField):
    """A calendar month like `2026-07`, of the years that periods know (`core.periods.YEARS`)."""

    def __init__(self, **kwargs: Any) -> None:
        """Say the form in the document."""
        super().__init__(r"^(19|20|21)\d{2}-(0[1-9]|1[0-2])$", **{"help_text": "`2026-07`.", **kwargs})
