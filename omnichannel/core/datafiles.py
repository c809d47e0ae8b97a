"""YAML data files shipped inside a package: read strictly, frozen, with exact decimals. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from omnichannel.core.issues import Issue
from omnichannel.core.text import Bilingual

Data = Mapping[str, Any]


class DataFileError(ValueError):
    """A data file that cannot be read: a fault of the package, not of a user."""


class KeysOnce:
    """For a YAML loader: a repeated key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]  # type: ignore[attr-defined]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                mark = node.value[index][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is given twice", mark)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)  # type: ignore[misc]
        return found


class _Loader(KeysOnce, yaml.CSafeLoader):
    """Safe YAML in which a number with a point is a Decimal, a date stays text and a repeated key is an error."""


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)


def read_yaml(path: Path) -> Data:
    """Return the mapping in the file. Raise DataFileError when it holds no mapping or repeats a key."""
    try:
        with path.open(encoding="utf-8") as stream:
            data = yaml.load(stream, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        raise DataFileError(f"{path.name}: {error}") from error
    if not isinstance(data, dict):
        raise DataFileError(f"{path.name} holds no mapping")
    return data


def read_ordered(folder: Path) -> list[Data]:
    """Return the files of the folder by their `order` field."""
    return sorted((read_yaml(path) for path in folder.glob("*.yaml")), key=lambda data: int(data["order"]))


def bilingual(node: Data) -> Bilingual:
    """Return the text of a `{zh, en}` node; an absent language comes back empty, which `missing_texts` reports."""
    return Bilingual(str(node.get("zh", "")), str(node.get("en", "")))


def optional_text(node: Data | None) -> Bilingual | None:
    """Return the text of a `{zh, en}` node that may be absent."""
    return bilingual(node) if node else None


def bilinguals(nodes: Iterable[Data]) -> tuple[Bilingual, ...]:
    """Return the texts of a list of `{zh, en}` nodes."""
    return tuple(bilingual(node) for node in nodes)


def freeze(value: object) -> Any:
    """Return the value with mappings read-only, lists as tuples and `{zh, en}` of texts as Bilingual, at any depth."""
    if isinstance(value, Mapping):
        if set(value) == {"zh", "en"} and all(isinstance(text, str) for text in value.values()):
            return bilingual(value)
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def content_hash(*folders: Path) -> str:
    """Return eight hex digits over the names and bytes of every YAML file under the folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def missing_texts(value: object, path: str) -> list[Issue]:
    """Return an issue for every Bilingual under `value` that lacks a language."""
    if isinstance(value, Bilingual):
        texts = (("zh", value.zh), ("en", value.en))
        return [Issue(path, f"the {code} text is missing") for code, text in texts if not text.strip()]
    found: list[Issue] = []
    for key, item in _children(value):
        found += missing_texts(item, f"{path}.{key}" if path else str(key))
    return found


def _children(value: object) -> Iterable[tuple[object, object]]:
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, tuple):
        return [(getattr(item, "id", index), item) for index, item in enumerate(value)]
    if is_dataclass(value):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    return ()
