"""The designer's three faces of one plan: which was written in, what it says, and everything told about it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language

from kpis.incentives.faults import Fault, Faulty
from kpis.incentives.specs import Plan
from kpis.queries.pay.plan_check import (
    FORM,
    SENTENCES,
    TEXT,
    Told,
    both_changed,
    check_node,
    node_of_sentences,
    node_of_text,
    sentences_of,
    tell,
    text_of,
)
from kpis.queries.pay.plan_example import Example, worked_example
from kpis.views.pay.plan_fields import PlanForm, as_posted, plan_form
from kpis.views.pay.plan_forms import node_of_form, rearranged

FACES = (SENTENCES, FORM, TEXT)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came from the browser: the plan (None while its face cannot be read), and the faces as they were sent."""

    node: Mapping[str, Any] | None
    face: str
    form: Mapping[str, Any]
    text: str
    sentences: str
    faults: tuple[Fault, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class Designer:
    """The three faces, the faults and the worked example, as the page draws them."""

    form: PlanForm
    text: str
    sentences: str
    shown: Mapping[str, str]
    told: tuple[Told, ...]
    plan: Plan | None
    node: Mapping[str, Any]
    example: Example
    is_said: bool
    conflict: str = ""
    face: str = ""

    @property
    def is_sound(self) -> bool:
        """True when the plan can be kept."""
        return self.plan is not None and not self.told and not self.conflict

    @property
    def text_told(self) -> list[Told]:
        """The faults by the lines of the text."""
        return sorted((each for each in self.told if each.face != SENTENCES and each.line), key=lambda each: each.line)

    @property
    def sentences_told(self) -> list[Told]:
        """The faults by the lines of the sentences."""
        return [each for each in self.told if each.face == SENTENCES]


def sent(data: QueryDict) -> Sent:
    """Tell which face was written in since they were shown, and read it. `source` settles it where more were."""
    form = node_of_form(data)
    text, sentences = (data.get(name, "").replace("\x00", "") for name in (TEXT, SENTENCES))
    typed = {name: str(value).replace("\x00", "") for name, value in data.items() if name.startswith("x.")}
    digests = {FORM: digest(form), TEXT: digest(text), SENTENCES: digest(sentences)}
    edited = [face for face in FACES if digests[face] != data.get(f"shown.{face}", "")]
    source = data.get("source", "")
    if source not in FACES:
        if len(edited) > 1:
            return Sent(None, "", form, text, sentences, typed=typed, is_conflict=True)
        source = edited[0] if edited else FORM
    act = data.get("act", "")
    try:
        node = _node(source, form, text, sentences)
    except Faulty as error:
        return Sent(None, source, form, text, sentences, error.faults, typed)
    if act:
        node = rearranged(node, act, name_zh="新的组成项", name_en="New part")
    return Sent(node, source, form, text, sentences, typed=typed)


def designer(came: Sent, *, fixed_id: str = "") -> Designer:
    """Check what was sent and lay out the three faces: those that were not written in follow the one that was."""
    language = get_language() or "en"
    node = came.node if came.node is not None else came.form
    if fixed_id:
        node = {**node, "id": fixed_id}
    checked = check_node(node) if came.node is not None else None
    text = text_of(node) if came.node is not None else came.text
    lines = sentences_of(node, language) if came.node is not None else None
    sentences = "\n".join(lines) if lines is not None else came.sentences
    if came.face == TEXT and checked is not None and checked.faults:
        text = came.text  # so that the lines of the faults are those that were written
    faults = checked.faults if checked else came.faults
    told = tuple(tell(fault, face=came.face if came.node is None else FORM, text=text) for fault in faults)
    messages: dict[str, list[str]] = defaultdict(list)
    for each in told:
        messages[each.path].append(each.message)
    form = plan_form(node, {path: tuple(each) for path, each in messages.items()}, fixed_id=bool(fixed_id))
    labels = form.labels
    told = tuple(replace(each, label=labels.get(each.path, "")) for each in told)
    return Designer(
        form=form,
        text=text,
        sentences=sentences,
        shown=_shown(came, form, text, sentences),
        told=told,
        plan=checked.plan if checked else None,
        node=node,
        example=worked_example(checked.plan if checked and not faults else None, came.typed),
        is_said=lines is not None,
        conflict=both_changed() if came.is_conflict else "",
        face=came.face,
    )


def opened(node: Mapping[str, Any], *, fixed_id: str = "") -> Designer:
    """Lay out a plan that nobody has touched yet."""
    return designer(Sent(node, FORM, node, "", ""), fixed_id=fixed_id)


def beginning() -> dict[str, Any]:
    """Return what a plan begun from nothing holds: one component to change."""
    frame = {"id": "", "names": {"zh": "", "en": ""}, "phase": "launch", "roles": ["digital-guide"], "components": []}
    return rearranged(frame, "add", name_zh="新的组成项", name_en="New part")


def digest(value: object) -> str:
    """Return what tells whether a face was written in since it was shown; line ends do not count."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.sha256("\n".join(text.split("\r\n")).strip().encode("utf-8", "ignore")).hexdigest()[:16]


def _node(source: str, form: Mapping[str, Any], text: str, sentences: str) -> Mapping[str, Any]:
    if source == TEXT:
        return node_of_text(text)
    if source == SENTENCES:
        return node_of_sentences(sentences, get_language() or "en", like=form)
    return form


def _shown(came: Sent, form: PlanForm, text: str, sentences: str) -> dict[str, str]:
    """Return the digests of the faces as they are drawn, so that the next post tells which was written in."""
    if came.is_conflict:
        return dict.fromkeys(FACES, "")
    shown = {FORM: digest(node_of_form(as_posted(form))), TEXT: digest(text), SENTENCES: digest(sentences)}
    if came.node is None and came.face in FACES:
        shown[came.face] = ""  # what could not be read still counts as written in
    return shown
