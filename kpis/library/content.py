"""A KPI's definition as YAML text, as stored and as the typed object: three forms of one thing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import yaml

from kpis.engine.grammar import parse_formula
from kpis.engine.specs import DerivedMeasure, KpiSpec, Library
from kpis.library.loader import kpi_spec
from omnichannel.core.datafiles import KeysOnce
from omnichannel.core.text import Bilingual

Node = Mapping[str, Any]
OWN = "own"  # the `recovery` of a KPI that is in no seed
OWN_PREFIX = "own_"  # ids of own KPIs, so that no later library can bring the same
JUDGED = "review_score[kpi_id=self]"
# before a sentence that was left as the library words it, over a formula that is another
OWN_FORMULA = Bilingual(
    "按本工作区自己的公式计算；指标库的说法是：", "Counted by this workspace's own formula; the library says: "
)
# the order in which people read an entry; what is not here is no field of one
FIELDS = (
    "id", "names", "definition", "kind", "layer", "unit", "direction", "target_band", "grain", "formula", "roles",
    "company", "any_role", "shared_group", "source", "tests",
)  # fmt: skip
MOST_TEXT = 20_000
_WHOLE = re.compile(r"0|-?[1-9]\d*")
_NUMBER = re.compile(r"[-+]?\d{1,20}(\.\d{1,10})?")
_BROKEN = re.compile(r"-?\d+\.\d+")


def node_of(spec: KpiSpec) -> dict[str, Any]:
    """Return a library KPI as an entry, without what is empty."""
    band = spec.target_band
    found: dict[str, Any] = {
        "id": spec.id,
        "names": spec.names.as_json(),
        "definition": spec.definition.as_json(),
        "kind": spec.kind.value,
        "layer": spec.layer.value,
        "unit": spec.unit,
        "direction": spec.direction.value,
        "target_band": [f"{each:f}" for each in band] if band else None,
        "grain": spec.grain.value,
        "formula": spec.formula,
        "roles": list(spec.roles),
        "company": spec.company,
        "any_role": spec.any_role,
        "shared_group": spec.shared_group,
        "source": spec.source,
    }
    return tidy(found)


def tidy(node: Node) -> dict[str, Any]:
    """Return the entry in reading order, without empty fields, so that equal definitions are equal.

    Fields that no entry has stay at its end: the check names them.
    """
    names = (*FIELDS, *(name for name in node if name not in FIELDS))
    return {name: plain(node[name]) for name in names if node.get(name) not in (None, "", [], (), {}, False)}


def plain(value: object) -> Any:
    """Return what JSON and PostgreSQL can hold: text without NUL and half characters, numbers as text."""
    if isinstance(value, Mapping):
        ordered = sorted(value.items(), key=lambda each: each[0] == "en") if "zh" in value else value.items()
        return {str(plain(str(key))): plain(item) for key, item in ordered}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    return str(value).replace("\x00", "").encode("utf-8", "ignore").decode()


def spec_of(node: Node, library: Library, *, inherited: KpiSpec | None = None) -> KpiSpec:
    """Type an entry; `inherited` is the library's KPI that it overrides. Errors as those of `kpi_spec`."""
    formula = str(node["formula"])
    spec = kpi_spec(
        {
            "roles": (),
            "source": inherited.source if inherited else "",
            **node,
            "qualitative": formula.replace(" ", "") == JUDGED,
            "recovery": inherited.recovery if inherited else OWN,
            "params": params_in(formula, library),
        }
    )
    kept = kept_sentences(node, inherited) if inherited else ()
    zh, en = (OWN_FORMULA.in_language(code) if code in kept else "" for code in ("zh", "en"))
    return replace(spec, definition=Bilingual(zh + spec.definition.zh, en + spec.definition.en))


def kept_sentences(node: Node, inherited: KpiSpec) -> tuple[str, ...]:
    """Return the languages in which an entry is still worded as the KPI it overrides, although its formula differs."""
    if str(parse_formula(str(node["formula"]))) == str(parse_formula(inherited.formula)):
        return ()
    return tuple(code for code in ("zh", "en") if node["definition"][code] == inherited.definition.in_language(code))


def params_in(formula: str, library: Library) -> tuple[str, ...]:
    """Return the parameters that the measures of a formula depend on, sorted."""
    measures = [library.measures.get(name) for name in parse_formula(formula).measures()]
    return tuple(sorted({name for each in measures if isinstance(each, DerivedMeasure) for name in each.params}))


def yaml_text(node: Node) -> str:
    """Write an entry as YAML, as the files of the library do."""
    return str(yaml.dump(dict(node), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110))


class EntryError(ValueError):
    """Text that is no YAML mapping: `code`, and the place as a line and a column from 1."""

    def __init__(self, code: str, *, line: int = 1, column: int = 1) -> None:
        self.code, self.line, self.column = code, line, column
        super().__init__(code)


def read_entry(text: str) -> dict[str, Any]:
    """Read the YAML of an entry. Numbers come back as text: nothing of an entry is ever a float."""
    if len(text) > MOST_TEXT:
        raise EntryError("entry_too_long")
    try:
        found = yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise EntryError("no_yaml", line=mark.line + 1 if mark else 1, column=mark.column + 1 if mark else 1) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise EntryError("no_yaml") from error
    if not isinstance(found, dict):
        raise EntryError("no_mapping")
    return {str(name): plain(value) for name, value in found.items()}


class _Dumper(yaml.SafeDumper):
    """Safe YAML with short mappings and lists on one line and numbers in text written plainly."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    # a number is read back as text, so it needs no quotes
    kind = "int" if _WHOLE.fullmatch(value) else "float" if _BROKEN.fullmatch(value) else "str"
    style = "|" if "\n" in value else None
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", value, style=style)


def _list(dumper: _Dumper, values: list[Any]) -> yaml.SequenceNode:
    flat = all(not isinstance(value, dict) for value in values)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=flat)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


class _Loader(KeysOnce, yaml.SafeLoader):
    """Safe YAML in which numbers and dates stay text, aliases are refused and a repeated key is an error."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases are not for entries", self.get_mark())
        return super().compose_node(parent, index)


def _as_text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


for _tag in ("float", "int", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _as_text)


def exact(text: object) -> Decimal | None:
    """Return a written number, None for what is none."""
    written = str(text).strip()
    return Decimal(written) if _NUMBER.fullmatch(written) else None
