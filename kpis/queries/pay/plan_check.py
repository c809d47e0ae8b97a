"""A plan as somebody writes it, in any of its three faces: read, checked, and told in the other two."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml
from django.utils.translation import gettext as _

from kpis.incentives.checks import check_plan, without_echoes
from kpis.incentives.faults import Fault, Faulty
from kpis.incentives.reading import component_lines, read_sentences
from kpis.incentives.specs import Component, Phase, Plan
from kpis.incentives.texts import COMPONENT_FIELDS, plan_node, read_plan, typed_plan
from kpis.incentives.wording import plan_sentences
from kpis.library.content import EntryError, plain, read_entry, yaml_text
from kpis.queries.pay.fault_words import told
from kpis.queries.pay.plans import staff_roles, vocabulary
from omnichannel.core.text import Bilingual
from roles.queries.library import role_keys

SLUG = re.compile(r"[A-Za-z0-9-]{1,40}")
# a plan around single components, to read them by themselves
SHELL = {"id": "x", "names": {"zh": "x", "en": "x"}, "phase": "mature", "roles": []}
FORM, TEXT, SENTENCES = "form", "text", "sentences"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a plan's node holds. `plan` is None while its shape is wrong; `faults` are all there are."""

    node: Mapping[str, Any]
    plan: Plan | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A fault in words, with the line of the text or of the sentences where it stands; 0: none. `label`: its field."""

    path: str
    code: str
    message: str
    line: int = 0
    face: str = FORM
    label: str = ""


def check_node(node: object) -> Checked:
    """Check a plan whole: its shape, and what all that can be read of it means."""
    held = node if isinstance(node, Mapping) else {}
    plan, shape = typed_plan(node)
    if plan is None:
        return Checked(held, None, shape)
    faults = list(check_plan(plan, vocabulary(), roles=frozenset(role_keys()), staff=staff_roles()))
    if not SLUG.fullmatch(plan.id):
        faults.append(Fault("id", "bad_id"))
    if shape:
        return Checked(held, None, Faulty([*shape, *without_echoes(faults, shape)]).faults)
    return Checked(held, plan, tuple(faults))


def node_of_text(text: str) -> dict[str, Any]:
    """Read the YAML of a plan. Faulty names the line that cannot be read."""
    try:
        return read_entry(text)
    except EntryError as error:
        at, facts = str(error.line), {"column": error.column}
        faults = {
            "no_yaml": Fault(at, "text_no_yaml", facts),
            "entry_too_long": Fault(at, "text_too_long", facts),
            "no_mapping": Fault(at, "text_no_mapping", facts),
        }
        raise Faulty([faults[error.code]]) from None


def text_of(node: Mapping[str, Any]) -> str:
    """Return a plan's node as YAML: in reading order where its shape allows."""
    try:
        return yaml_text(plan_node(read_plan(node)))
    except Faulty:
        return yaml_text(plain(node))


def node_of_sentences(text: str, language: str, *, like: Mapping[str, Any]) -> dict[str, Any]:
    """Read sentences into a plan whose id, names, roles, phase and reason are those of `like`.

    A line whose name `like` knows keeps its id and its name in the other language. Faulty names each unreadable line,
    and what is wrong with those that can be read.
    """
    try:
        plan = read_sentences(text, vocabulary(), language, like=_readable(like))
    except Faulty as error:
        raise Faulty([*error.faults, *_of_the_rest(text, language, like, unread=error.faults)]) from None
    taken = {each.id for each in plan.components if each.id}
    named: list[Component] = []
    for at, each in enumerate(plan.components, 1):
        if not each.id:
            each = replace(each, id=_new_id(each.names.en, at, taken))
            taken.add(each.id)
        named.append(each)
    read = plan_node(replace(plan, components=tuple(named)))
    bounds = ("components", "variable_cap", "guarantee", "clawback_days")
    return {name: value for name, value in like.items() if name not in bounds} | {
        name: read[name] for name in bounds if name in read
    }


def sentences_of(node: Mapping[str, Any], language: str) -> list[str] | None:
    """Return a plan as sentences; None while a part of it cannot be said."""
    try:
        return plan_sentences(read_plan(node), vocabulary(), language)
    except (Faulty, KeyError):
        return None


def tell(fault: Fault, *, face: str = FORM, text: str = "") -> Told:
    """Return a fault in words. For a face of lines its path is the line; else the line is looked up in the text."""
    issue = told(fault)
    if face != FORM and fault.path.isdecimal():
        return Told(fault.path, fault.code, issue.message, int(fault.path), face)
    return Told(fault.path, fault.code, issue.message, line_of(text, fault.path))


def line_of(text: str, path: str) -> int:
    """Return the line of a YAML text that a path leads to, or of the nearest thing above it; 0 without a text."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return 0
    line = 0
    for step in path.split("."):
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    line, found = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and step.isdecimal() and int(step) < len(node.value):
            found = node.value[int(step)]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line


def both_changed() -> str:
    """Return what is said when more than one face was written in since they were shown."""
    return _("More than one side was changed. Choose the one that counts; the others are rewritten from it.")


def _of_the_rest(text: str, language: str, like: Mapping[str, Any], *, unread: Sequence[Fault]) -> Iterator[Fault]:
    """Yield what is wrong with a plan beside the lines that cannot be read, at the lines where it stands."""
    left_out = {int(fault.path) for fault in unread}
    rest = "\n".join("" if at in left_out else line for at, line in enumerate(text.splitlines(), 1))
    lines = component_lines(rest, language)
    for fault in check_node(node_of_sentences(rest, language, like=like)).faults:
        head, _dot, place = fault.path.partition(".")
        if head == "components" and place:
            yield Fault(str(lines[int(place.partition(".")[0])]), fault.code, fault.facts)
        elif fault.code != "no_component":
            yield fault


def _readable(node: Mapping[str, Any]) -> Plan:
    """Return as much of a plan as can be read: the frame, and each component whose shape is right."""
    components = node.get("components")
    found = []
    for each in components if isinstance(components, list) else ():
        shell: dict[str, Any] = {
            "id": "x",
            "names": {"zh": "x", "en": "x"},
            "phase": "mature",
            "roles": [],
            "components": [each],
        }
        try:
            found += list(read_plan(shell).components)
        except Faulty:
            if isinstance(each, Mapping) and isinstance(each.get("names"), Mapping):
                kept = {name: each[name] for name in COMPONENT_FIELDS[:2] if name in each}
                shell["components"] = [kept | {"rule": {"kind": "fixed", "amount": "0"}}]
                found += _tried(shell)
    return Plan("x", Bilingual("x", "x"), Phase.MATURE, (), tuple(found))


def _tried(shell: Mapping[str, Any]) -> list[Component]:
    try:
        return list(read_plan(shell).components)
    except Faulty:
        return []


def _new_id(name: str, at: int, taken: set[str]) -> str:
    """Return an id for a component that was only named: its English name as letters, else its place."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30]
    found = slug or f"part-{at}"
    number = 2
    while found in taken:
        found, number = f"{slug or 'part'}-{number}", number + 1
    return found
