"""From JSON rows to what the services take, by the fields of a serializer. Every fault is named, with its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.fields import empty

from omnichannel.core.http import InvalidBody
from roles.api.fields import DayField, ReadField, Refused

Row = dict[str, Any]
Fault = dict[str, str]
MOST_FAULTS = 1000


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows of one shape: (field, reader, may be null, must be given, default or `empty`)."""

    fields: tuple[tuple[str, Any, bool, bool, Any], ...]
    names: frozenset[str]

    def read(self, raw: Any, *, pointer: str, faults: list[Fault]) -> Row:
        """Return the values of a row and note its faults."""
        if type(raw) is not dict:
            faults.append(fault(pointer, "not_an_object", _("An object is expected.")))
            return {}
        if not raw.keys() <= self.names:
            for name in sorted(raw.keys() - self.names):
                message = _("There is no field %(name)s here.") % {"name": name[:64]}
                faults.append(fault(f"{pointer}/{escaped(name)}", "unknown_field", message))
        row: Row = {}
        for name, read, may_be_null, is_required, default in self.fields:
            if name in raw:
                value = raw[name]
                if value is None and may_be_null:
                    row[name] = None
                    continue
                try:
                    row[name] = read(value)
                except Refused as error:
                    faults.append(fault(f"{pointer}/{name}", error.code, str(error)))
            elif is_required:
                faults.append(fault(f"{pointer}/{name}", "required", _("This field is missing.")))
            elif default is not empty:
                row[name] = default
        return row


@cache
def reader_of(shape: type[serializers.Serializer[Any]]) -> RowReader:
    """Compile the reader of a serializer, whose fields are all of `roles.api.fields`."""
    fields = []
    for name, field in shape().fields.items():
        if not isinstance(field, ReadField):
            raise TypeError(f"{shape.__name__}.{name} cannot be read by itself")
        fields.append((name, field.read, field.allow_null, field.required, field.default))
    return RowReader(tuple(fields), frozenset(name for name, *_rest in fields))


def fault(pointer: str, code: str, message: str) -> Fault:
    """Return one fault as the API shows it."""
    return {"pointer": pointer or "/", "code": code, "message": message}


def escaped(name: str) -> str:
    """Write a name as a token of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")[:80]


def refuse(faults: list[Fault]) -> None:
    """Raise what a body was refused for."""
    if faults:
        raise InvalidBody(faults[:MOST_FAULTS])


def said_day(body: Mapping[str, Any], *, faults: list[Fault]) -> date | None:
    """Return the day from which a body says it holds; None where it says none, or none that can be read."""
    if "effective_on" not in body:
        return None
    try:
        day: date = DayField().read(body["effective_on"])
    except Refused as error:
        faults.append(fault("/effective_on", error.code, str(error)))
        return None
    return day


def members(raw: Any, *, allowed: Mapping[str, bool], faults: list[Fault]) -> dict[str, Any]:
    """Return the members of a body that is an object; `allowed` says of each whether it must be there."""
    if type(raw) is not dict:
        refuse([fault("", "not_an_object", _("An object is expected."))])
    body: dict[str, Any] = raw
    for name in sorted(body.keys() - allowed.keys()):
        message = _("There is no field %(name)s here.") % {"name": name[:64]}
        faults.append(fault(f"/{escaped(name)}", "unknown_field", message))
    faults += [
        fault(f"/{name}", "required", _("This field is missing."))
        for name, required in allowed.items()
        if required and name not in body
    ]
    return body
