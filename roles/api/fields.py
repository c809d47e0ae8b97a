"""The fields of the organisation's API: strict about types, cheap to read, and the same in the OpenAPI document.

`read` does the work: a whole org chart has a hundred thousand values, and DRF's own validation takes a second for them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import list_hash
from rest_framework import serializers

from omnichannel.core.periods import YEARS
from roles.catalogue import OWN_ROLE_SHAPE
from roles.choices import ROLE_KEYS
from roles.queries.library import role_keys

UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
AMOUNT = re.compile(r"-?\d{1,14}(\.\d{1,4})?")

MOST_INTEGER = 2**53


class Refused(ValueError):
    """A value that a field does not take, with a stable code."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class ReadField(serializers.Field[Any, Any, Any, Any]):
    """A field that reads one value by itself."""

    @property
    def schema(self) -> dict[str, Any]:
        """Describe the values in the OpenAPI document."""
        raise NotImplementedError

    def read(self, value: Any) -> Any:
        """Return the value as the services take it; Refused otherwise."""
        raise NotImplementedError

    def to_internal_value(self, data: Any) -> Any:
        """Read as DRF asks for it."""
        try:
            return self.read(data)
        except Refused as error:
            raise serializers.ValidationError(str(error), code=error.code) from None

    def to_representation(self, value: Any) -> Any:
        """Show the value as it is; the renderer writes days and decimals."""
        return value


class TextField(ReadField):
    """A text of so many characters at most. `least` 1 refuses the empty one."""

    def __init__(self, *, most: int, least: int = 0, **kwargs: Any) -> None:
        self.most, self.least = most, least
        super().__init__(**kwargs)

    @property
    def schema(self) -> dict[str, Any]:
        """Return a text within its lengths."""
        least = {"minLength": self.least} if self.least else {}
        return {"type": "string", "maxLength": self.most, **least}

    def read(self, value: Any) -> str:
        """Take a text that PostgreSQL can hold."""
        if type(value) is not str:
            raise Refused("not_a_text", _("A text is expected."))
        if len(value) < self.least or (self.least and not value.strip()):
            raise Refused("blank", _("This may not be empty."))
        if len(value) > self.most:
            raise Refused("too_long", _("This is longer than %(most)s characters.") % {"most": self.most})
        if UNREADABLE.search(value):
            raise Refused("control_character", _("This holds a control character."))
        return value


class IdField(TextField):
    """An id of the customer's own system."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(most=kwargs.pop("most", 64), least=kwargs.pop("least", 1), **kwargs)


class DayField(ReadField):
    """A day, written 2026-11-30."""

    schema: ClassVar = {"type": "string", "format": "date"}

    def read(self, value: Any) -> date:
        """Take a day of the years a business has records of."""
        if type(value) is str and DAY.fullmatch(value):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                day = None
            if day is not None and day.year in YEARS:
                return day
        raise Refused("not_a_day", _("This is no date. Write 2026-11-30."))


class AmountField(ReadField):
    """A decimal number within bounds, as a JSON string or number; answers write strings."""

    def __init__(self, *, places: int, most: str, least: str = "0", **kwargs: Any) -> None:
        self.places, self.most, self.least = places, Decimal(most), Decimal(least)
        super().__init__(**kwargs)

    @property
    def schema(self) -> dict[str, Any]:
        """Return a decimal as a text or a number."""
        pattern = rf"^-?\d{{1,14}}(\.\d{{1,{self.places}}})?$"
        number = {"type": "number", "minimum": float(self.least), "maximum": float(self.most)}
        return {"oneOf": [{"type": "string", "pattern": pattern}, number]}

    def read(self, value: Any) -> Decimal:
        """Take a number without an exponent and with no more places than are kept."""
        try:
            amount = Decimal(str(value)) if type(value) in (int, float) else self._written(value)
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite():
            raise Refused("not_a_number", _("A number is expected, such as 0.5."))
        if not self.least <= amount <= self.most:
            message = _("This lies between %(least)s and %(most)s.") % {"least": self.least, "most": self.most}
            raise Refused("out_of_range", message)
        exponent = amount.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > self.places and amount != round(amount, self.places):
            raise Refused("too_many_places", _("At most %(places)s decimal places.") % {"places": self.places})
        return amount

    @staticmethod
    def _written(value: Any) -> Decimal | None:
        return Decimal(value) if type(value) is str and AMOUNT.fullmatch(value) else None


class WordField(ReadField):
    """One of a closed list."""

    def __init__(self, words: Collection[str] | type[TextChoices], **kwargs: Any) -> None:
        self.enum: dict[str, str] = {}
        if isinstance(words, type):
            # what drf-spectacular names a closed list by
            self.enum["x-spec-enum-id"] = list_hash(words.choices)
            words = words.values
        self.words = dict.fromkeys(words)
        super().__init__(**kwargs)

    @property
    def schema(self) -> dict[str, Any]:
        """Return the closed list."""
        return {"type": "string", "enum": list(self.words), **self.enum}

    def read(self, value: Any) -> str:
        """Take a word of the list."""
        if type(value) is str and value in self.words:
            return value
        message = _("%(value)s is not known. Use one of: %(allowed)s.")
        allowed = ", ".join(self.words)
        raise Refused("unknown_choice", message % {"value": str(value)[:40] or "-", "allowed": allowed})


class RoleField(ReadField):
    """One of the workspace's roles: the 12, or one that it has added. The services know which there are."""

    def __init__(self, *, may_be_empty: bool = False, **kwargs: Any) -> None:
        self.may_be_empty = may_be_empty
        super().__init__(**kwargs)

    @property
    def schema(self) -> dict[str, Any]:
        """Return the 12, or the shape of an added one."""
        return role_schema(may_be_empty=self.may_be_empty)

    def read(self, value: Any) -> str:
        """Take the key of a role."""
        if type(value) is str and (value in role_keys() or (self.may_be_empty and not value)):
            return value
        message = _("%(value)s is not known. Use one of: %(allowed)s.")
        raise Refused("unknown_choice", message % {"value": str(value)[:40] or "-", "allowed": ", ".join(role_keys())})


def role_schema(*, may_be_empty: bool = False) -> dict[str, Any]:
    """Describe the key of a role: the 12, or the shape of an added one."""
    empty = [""] if may_be_empty else []
    own = {"type": "string", "pattern": f"^{OWN_ROLE_SHAPE}$", "description": "A role of the workspace's own."}
    return {"anyOf": [{"type": "string", "enum": [*empty, *ROLE_KEYS]}, own]}


class FlagField(ReadField):
    """True or false."""

    schema: ClassVar = {"type": "boolean"}

    def read(self, value: Any) -> bool:
        """Take a JSON boolean only."""
        if type(value) is not bool:
            raise Refused("not_a_boolean", _("true or false is expected."))
        return value


class RankField(ReadField):
    """A whole number that JSON can carry."""

    schema: ClassVar = {"type": "integer", "minimum": -MOST_INTEGER, "maximum": MOST_INTEGER}

    def read(self, value: Any) -> int:
        """Take a JSON integer."""
        if type(value) is not int or abs(value) > MOST_INTEGER:
            raise Refused("not_an_integer", _("A whole number is expected."))
        return value


class ReadFieldSchema(OpenApiSerializerFieldExtension):
    """Let each field describe itself."""

    target_class = "roles.api.fields.ReadField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Return the field's own description; what is common to all fields is added to it."""
        return dict(self.target.schema)


class ClosedSchema(OpenApiSerializerExtension):
    """Say of a closed shape that other fields are refused."""

    target_class = "roles.api.shapes.ClosedShape"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Return the usual description, closed."""
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}
