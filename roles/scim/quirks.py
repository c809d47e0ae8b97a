"""What identity providers send beside the RFCs, brought into the form that the library reads. Pure.

Seen at Microsoft Entra, Okta and their validators; tests/roles/scim/fixtures.toml has a request for each, with where
it is documented. What the library accepts by itself (`Replace`, "False" as text, dotted keys) is not done again here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
KNOWN_SCHEMAS = {urn.lower(): urn for urn in (CORE_USER, CORE_GROUP, ENTERPRISE)}
# of several values each of which is an object; a bare text among them means its `value`
MANY = frozenset(
    {
        "emails", "phonenumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509certificates",
        "groups", "members",
    }
)  # fmt: skip
# ours to say; a client that sends them back means nothing by it
OURS = frozenset({"id", "meta", "groups", "schemas"})
MANAGER, MEMBERS = "manager", "members"
QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")')
BARE_VALUE = re.compile(r"(\b(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)([^\s\"'()\[\]]+|'[^']*')", re.IGNORECASE)
LITERALS = frozenset({"true", "false", "null"})


def tidy_filter(text: str) -> str:
    """Quote the values that a filter leaves bare: `userName eq bob@x.com`. No attribute of ours is a number."""
    parts = QUOTED.split(text)
    parts[::2] = [BARE_VALUE.sub(_quoted, part) for part in parts[::2]]
    return "".join(parts)


def _quoted(found: re.Match[str]) -> str:
    operator, value = found.groups()
    if value.lower() in LITERALS:
        return f"{operator}{value.lower()}"
    return f'{operator}"{value.strip(chr(39))}"'


def tidy_resource(body: Any) -> Any:
    """Bring a resource of POST or PUT into form: spelling of schemas, bare managers, texts among objects, numbers."""
    if not isinstance(body, Mapping):
        return body
    tidied = {}
    for said, value in body.items():
        name = str(KNOWN_SCHEMAS.get(said.lower(), said))
        if name == "schemas":
            value = _schemas(value)
        elif name == ENTERPRISE and isinstance(value, Mapping):
            value = {str(key): _attribute(str(key), item) for key, item in value.items()}
        elif name not in {"meta", "id"}:
            value = _attribute(name, value)
        tidied[name] = value
    return tidied


def _schemas(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [KNOWN_SCHEMAS.get(urn.lower(), urn) if isinstance(urn, str) else urn for urn in value]


def _attribute(name: str, value: Any) -> Any:
    plain = name.rpartition(":")[2].lower()
    if plain == MANAGER:
        return _manager(value)
    if plain in MANY:
        if isinstance(value, Mapping | str):
            value = [value]
        items = [{"value": item} if isinstance(item, str) else _texts(item) for item in value or []]
        return [_member(item) for item in items] if plain == MEMBERS else items
    return _texts(value)


def _member(said: Any) -> Any:
    """Keep of a member the id alone: the rest is ours to say, and in a removal it would have to match."""
    if not isinstance(said, Mapping):
        return said
    named = said.get("value") or str(said.get("$ref") or "").rstrip("/").rpartition("/")[2]
    return {"value": named} if named else dict(said)


def _manager(value: Any) -> Any:
    """Read a manager that is a bare id; an empty one is none."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        return {"value": value} if value.strip() else None
    if isinstance(value, Mapping):
        kept = {name: item for name, item in _texts(value).items() if item not in (None, "")}
        return kept or None
    return value


def _texts(value: Any) -> Any:
    """Write numbers as texts, in what they are in as well."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value


def tidy_patch(body: Any) -> Any:
    """Bring a PATCH into form. What it says of our own attributes (id, meta, groups) is left out."""
    if not isinstance(body, Mapping):
        return body
    tidied = dict(body)
    for name, value in body.items():
        if name.lower() == "operations" and isinstance(value, list):
            kept = [part for one in value for part in (_operations(one) if isinstance(one, Mapping) else [one])]
            # nothing to do is no fault: Microsoft's validator sends an empty list (scimmyjs/scimmy#59)
            tidied[name] = kept or [{"op": "replace", "value": {}}]
    return tidied


def _operations(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what an operation comes to: keys of its value that carry a filter are operations of their own."""
    one = {name.lower(): value for name, value in said.items()}
    path = one.pop("path", None)
    if isinstance(path, str) and path.strip():
        return [] if path.strip().lower() in OURS else [_operation(one, path)]
    value = one.pop("value", None)
    if not isinstance(value, Mapping):
        return [{**one, "value": value}]
    filtered = [_operation({**one, "value": item}, name) for name, item in value.items() if "[" in name]
    kept = {
        spelled: _at_path(spelled, item)
        for name, item in value.items()
        if "[" not in name and (spelled := _spelled(name)).lower() not in OURS
    }
    return [*([{**one, "value": kept}] if kept else []), *filtered]


def _operation(said: Mapping[str, Any], path: str) -> dict[str, Any]:
    one = {**said, "path": tidy_filter(_spelled(path.strip()))}
    if "value" in one:
        one["value"] = _at_path(one["path"], one["value"])
    if str(one.get("op", "")).lower() == "add" and one.get("value") is None:
        # an add of nothing clears, as Entra means it
        one |= {"op": "replace", "value": None}
    return one


def _spelled(path: str) -> str:
    """Give the URN in front of a path its own spelling."""
    for lowered, urn in KNOWN_SCHEMAS.items():
        if path.lower().startswith(lowered):
            return urn + path[len(urn) :]
    return path


def _at_path(path: str, value: Any) -> Any:
    if path == ENTERPRISE and isinstance(value, Mapping):
        return {name: _attribute(name, item) for name, item in value.items()}
    name = path.removeprefix(f"{ENTERPRISE}:").removeprefix(f"{CORE_USER}:").removeprefix(f"{CORE_GROUP}:")
    if name.lower() == MANAGER:
        return _manager(value)
    if name.lower() in MANY:
        return _attribute(name, value) if value is not None else None
    is_wrapped = isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping) and "value" in value[0]
    if is_wrapped and "[" not in name:
        # older Entra jobs wrap single values: [{"$ref": null, "value": "new name"}]
        value = value[0]["value"]
    return _texts(value)


def tidy_bulk(body: Any) -> Any:
    """Bring each operation of a bulk request into form."""
    if not isinstance(body, Mapping):
        return body
    tidied = dict(body)
    for name, value in body.items():
        if name.lower() == "operations" and isinstance(value, list):
            tidied[name] = [_bulk_operation(one) if isinstance(one, Mapping) else one for one in value]
    return tidied


def _bulk_operation(said: Mapping[str, Any]) -> dict[str, Any]:
    one = dict(said)
    if "data" in one:
        tidy = tidy_patch if str(one.get("method", "")).upper() == "PATCH" else tidy_resource
        one["data"] = tidy(one["data"])
    return one
