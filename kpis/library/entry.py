"""Checks a KPI's entry as a person writes it: everything wrong with it at once, each thing at its field and place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kpis.engine.grammar import BinOp, Formula, Number
from kpis.engine.specs import Direction, KpiKind, KpiLayer, KpiSpec, Library
from kpis.engine.vocabulary import mixed_units, read_in, unit_of
from kpis.library.content import FIELDS, JUDGED, OWN_PREFIX, Node, exact, kept_sentences, tidy
from kpis.library.entrytests import TestResult, run_tests, wrong_tests
from kpis.library.own import checked_spec
from kpis.library.problems import EntryProblem
from omnichannel.core.periods import Grain
from roles.catalogue import RoleKey

ID = re.compile(rf"{OWN_PREFIX}[a-z0-9]+(_[a-z0-9]+)*")
LONGEST = {"id": 40, "names": 60, "definition": 400, "source": 200, "formula": 2000}
YUAN, JUDGED_UNIT, PERCENT = "CNY", "score_1_5", "percent"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an entry is checked against. `taken` are ids that others have; `inherited` is the KPI it overrides."""

    library: Library
    units: Collection[str]
    groups: Collection[str]
    taken: Collection[str] = ()
    inherited: KpiSpec | None = None


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """An entry in its plain form. Without errors `spec` is what the engine computes; `formula` may be there earlier."""

    node: Mapping[str, Any]
    spec: KpiSpec | None
    formula: Formula | None
    problems: tuple[EntryProblem, ...]
    tests: tuple[TestResult, ...] = field(default=())

    @property
    def errors(self) -> tuple[EntryProblem, ...]:
        """Return what keeps the entry from being published."""
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def is_good(self) -> bool:
        """True when it can be published: no error, and no test of its own is red."""
        return self.spec is not None and all(test.passed for test in self.tests)


def check_entry(node: Node, known: Surroundings) -> CheckedEntry:
    """Check an entry; nothing is raised for what a person may write."""
    formula, found = _formula(node, known)
    problems = [*_unknown_fields(node), *_texts(node), *_ids(node, known), *_choices(node, known), *found]
    problems += _belongs(node)
    problems += _band(node)
    problems += wrong_tests(node.get("tests", ()), formula)
    clean = tidy(node)
    if any(problem.is_error for problem in problems) or formula is None:
        return CheckedEntry(clean, None, formula, tuple(problems))
    spec = checked_spec(known.library, str(node["id"]), clean)
    problems += _odd(spec, formula, known)
    kept = kept_sentences(clean, known.inherited) if known.inherited else ()
    problems += [EntryProblem(f"definition.{code}", "sentence_kept", is_error=False) for code in kept]
    return CheckedEntry(clean, spec, formula, tuple(problems), run_tests(clean.get("tests", ()), formula))


def _unknown_fields(node: Node) -> Iterator[EntryProblem]:
    for name in node:
        if name not in FIELDS:
            yield EntryProblem(name, "unknown_field", {"name": name}, suggestion=nearest(name, FIELDS))


def _texts(node: Node) -> Iterator[EntryProblem]:
    for name in ("names", "definition"):
        value = node.get(name)
        if not isinstance(value, Mapping):
            yield EntryProblem(name, "both_languages")
            continue
        for code in ("zh", "en"):
            text = value.get(code)
            if not isinstance(text, str) or not text.strip():
                yield EntryProblem(f"{name}.{code}", "text_missing")
            elif len(text) > LONGEST[name]:
                yield EntryProblem(f"{name}.{code}", "too_long_text", {"limit": LONGEST[name]})
        for code in set(value) - {"zh", "en"}:
            yield EntryProblem(f"{name}.{code}", "unknown_field", {"name": str(code)})
    source = node.get("source") or ""
    if not isinstance(source, str) or len(source) > LONGEST["source"]:
        yield EntryProblem("source", "too_long_text", {"limit": LONGEST["source"]})


def _ids(node: Node, known: Surroundings) -> Iterator[EntryProblem]:
    written = node.get("id")
    if known.inherited is not None:
        if written != known.inherited.id:
            yield EntryProblem("id", "id_is_fixed", {"id": known.inherited.id}, suggestion=known.inherited.id)
    elif not isinstance(written, str) or not ID.fullmatch(written) or len(written) > LONGEST["id"]:
        yield EntryProblem("id", "bad_id", {"prefix": OWN_PREFIX, "limit": LONGEST["id"]}, suggestion=_as_id(written))
    elif written in known.taken:
        yield EntryProblem("id", "id_taken", {"id": written})


def _as_id(written: object) -> str:
    words = re.findall(r"[a-z0-9]+", str(written or "").lower().removeprefix(OWN_PREFIX))
    proposed = OWN_PREFIX + "_".join(words)
    return proposed if words and len(proposed) <= LONGEST["id"] else ""


def _choices(node: Node, known: Surroundings) -> Iterator[EntryProblem]:
    offered: Mapping[str, Collection[str]] = {
        "kind": [kind.value for kind in KpiKind],
        "layer": [layer.value for layer in KpiLayer],
        "direction": [direction.value for direction in Direction],
        "grain": [grain.value for grain in Grain],
        "unit": known.units,
    }
    for name, values in offered.items():
        yield from _choice(name, node.get(name), values)
    if node.get("shared_group"):
        yield from _choice("shared_group", node["shared_group"], known.groups)
    roles = node.get("roles") or []
    if not isinstance(roles, list | tuple):
        yield EntryProblem("roles", "list_needed")
        return
    for role in roles:
        yield from _choice("roles", role, [key.value for key in RoleKey])
    if len(set(map(str, roles))) < len(roles):
        yield EntryProblem("roles", "given_twice")
    for name in ("company", "any_role"):
        if not isinstance(node.get(name, False), bool):
            yield EntryProblem(name, "yes_or_no", suggestion="true")


def _choice(name: str, value: object, values: Collection[str]) -> Iterator[EntryProblem]:
    if value in (None, ""):
        yield EntryProblem(name, "choose_one")
    elif not isinstance(value, str) or value not in values:
        told = {"value": str(value), "values": ", ".join(values)}
        yield EntryProblem(name, "unknown_choice", told, suggestion=nearest(str(value), values))


def _belongs(node: Node) -> Iterator[EntryProblem]:
    if not (node.get("roles") or node.get("company") or node.get("any_role")):
        yield EntryProblem("roles", "nobodys")


def _band(node: Node) -> Iterator[EntryProblem]:
    band = node.get("target_band")
    if band in (None, [], "", ()):
        return
    ends = [exact(each) for each in band] if isinstance(band, list | tuple) else []
    if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] >= ends[1]:
        yield EntryProblem("target_band", "bad_band")


def _formula(node: Node, known: Surroundings) -> tuple[Formula | None, list[EntryProblem]]:
    text = node.get("formula")
    if not isinstance(text, str):
        return None, [EntryProblem("formula", "empty" if text is None else "text_missing")]
    reading = read_in(text, known.library)
    problems = [
        EntryProblem("formula", each.code, each.params, True, each.position, each.length, each.suggestion)
        for each in reading.errors
    ]
    problems += [
        EntryProblem("formula", "mixed_units", {"left": each.left, "right": each.right}, False, each.position, 1)
        for each in (mixed_units(reading, known.library) if reading.formula else ())
    ]
    if reading.formula is not None and not reading.formula.refs():
        problems.append(EntryProblem("formula", "counts_nothing"))
    return reading.formula, problems


def _odd(spec: KpiSpec, formula: Formula, known: Surroundings) -> Iterator[EntryProblem]:
    """Tell what can be computed and still looks like a slip; a judged KPI without the judged unit is an error."""
    if (spec.unit == JUDGED_UNIT) != spec.qualitative:
        yield EntryProblem("unit", "judged_unit", {"formula": JUDGED}, is_error=spec.qualitative)
    counted = unit_of(formula.root, known.library)
    if counted and (counted == YUAN) != (spec.unit == YUAN) and spec.unit != JUDGED_UNIT:
        yield EntryProblem("unit", "unit_differs", {"counted": counted, "unit": spec.unit}, is_error=False)
    root = formula.root
    if spec.unit == PERCENT and isinstance(root, BinOp) and root.op == "/" and not isinstance(root.right, Number):
        yield EntryProblem("formula", "no_hundred", {}, is_error=False)
    if known.inherited is None:
        for other in known.library.kpis.values():
            if other.id != spec.id and {other.names.zh, other.names.en} & {spec.names.zh, spec.names.en}:
                yield EntryProblem("names.zh", "same_name", {"kpi": other.id}, is_error=False)


def nearest(written: str, names: Collection[str]) -> str:
    """Return the name most like what was written, or nothing."""
    return next(iter(difflib.get_close_matches(written.lower(), list(names), n=1, cutoff=0.6)), "")
