"""Own KPIs and parameters: drafts, publishing from a day, retiring. Every step is a revision; none is ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import DefinitionState, DefinitionSubject
from kpis.errors import DefinitionChanged, DefinitionInUse, DefinitionInvalid, NoDraft
from kpis.library import load_library
from kpis.library.content import OWN_PREFIX, Node, node_of, tidy
from kpis.library.entry import CheckedEntry, check_entry
from kpis.library.params import PARAMS
from kpis.models import Definition
from kpis.queries.definitions import counts_later, forget_definitions
from kpis.queries.entry_words import label_of, message_of
from kpis.queries.own_definitions import newest_of, surroundings_of
from kpis.queries.values import periods_touched
from kpis.queries.where_used import weighed_in
from kpis.services.values import request_in_parts
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.scoping import lock_in_workspace

DEFINITIONS_LOCK = 0x0F1A  # first key of the advisory lock: revisions are numbered in the order they become visible
NOTE = 400
KPI, PARAMETER = DefinitionSubject.KPI, DefinitionSubject.PARAMETER


@transaction.atomic
def save_kpi(
    node: Node, *, actor_id: int, note: str = "", key: str = "", seen: int | None = None, rebase: bool = False
) -> Definition:
    """Keep an entry as the KPI's draft, with whatever is wrong in it. DefinitionInvalid when it has no usable id.

    `key` is empty for a KPI that is new. `seen`: the newest revision the writer knew; DefinitionChanged when there is
    a newer one. `rebase`: the entry has taken in the library as it is now.
    """
    _lock()
    checked = check_entry(node, surroundings_of(key))
    _refuse([problem for problem in checked.errors if problem.field == "id" or problem.code == "unknown_field"])
    kpi = key or str(checked.node["id"])
    before = _unchanged(KPI, kpi, seen)
    theirs = load_library().kpis.get(kpi)
    kept = before.base if before is not None and before.base and not rebase else None
    base = kept or (node_of(theirs) if theirs else None)
    return _write(KPI, kpi, DefinitionState.DRAFT, checked.node, base=base, note=note, actor_id=actor_id)


@transaction.atomic
def save_parameter(name: str, value: str, *, actor_id: int, note: str = "", seen: int | None = None) -> Definition:
    """Keep a value as the parameter's draft. KeyError for an unknown parameter, DefinitionInvalid for a bad value."""
    _lock()
    content = {"value": str(checked_parameter(name, value))}
    _unchanged(PARAMETER, name, seen)
    base = {"value": str(getattr(load_library().params, name))}
    return _write(PARAMETER, name, DefinitionState.DRAFT, content, base=base, note=note, actor_id=actor_id)


def checked_parameter(name: str, value: str) -> int | str:
    """Return the value as the engine takes it. KeyError for an unknown parameter, DefinitionInvalid for a bad value."""
    spec = PARAMS[name]
    try:
        return spec.read(value)
    except ValueError:
        code = "bad_parameter_choice" if spec.choices else "bad_parameter"
        facts = {"values": ", ".join(spec.choices), "low": spec.low, "high": spec.high}
        raise DefinitionInvalid([("value", code, message_of(code, facts))]) from None


@transaction.atomic
def discard(subject: DefinitionSubject, key: str, *, actor_id: int) -> Definition:
    """Let go of a draft; the revision stays in the history. NoDraft when there is none."""
    _lock()
    draft = draft_of(subject, key)
    return _write(subject, key, DefinitionState.DISCARDED, draft.content, base=draft.base, note="", actor_id=actor_id)


@transaction.atomic
def publish(
    subject: DefinitionSubject,
    key: str,
    *,
    effective_from: date,
    actor_id: int,
    note: str = "",
    seen: int | None = None,
    origin: JobOrigin = JobOrigin.WEB,
) -> Definition:
    """Let the draft count from a day on and have the stored periods computed that end on it or later.

    NoDraft, DefinitionChanged, or DefinitionInvalid with everything that is wrong, red tests included.
    """
    _lock()
    draft = draft_of(subject, key)
    if seen is not None and draft.pk != seen:
        raise DefinitionChanged
    if subject is KPI:
        _refuse_bad(check_entry(draft.content, surroundings_of(key)))
    else:
        checked_parameter(key, str(draft.content["value"]))
    row = _write(
        subject,
        key,
        DefinitionState.PUBLISHED,
        draft.content,
        base=draft.base,
        note=note or draft.note,
        actor_id=actor_id,
        effective_from=effective_from,
    )
    _compute_from(effective_from, actor_id=actor_id, origin=origin)
    return row


@transaction.atomic
def retire(
    subject: DefinitionSubject,
    key: str,
    *,
    effective_from: date,
    actor_id: int,
    note: str = "",
    origin: JobOrigin = JobOrigin.WEB,
) -> Definition:
    """End what counts: from the day on the library counts again, an own KPI is no more. Nothing stored is deleted.

    NoDraft when nothing was ever published; DefinitionInvalid when it begins to count only later; DefinitionInUse while
    an own KPI is weighed on the day or later.
    """
    _lock()
    last = Definition.objects.filter(subject=subject, key=key, state=DefinitionState.PUBLISHED).first()
    if last is None:
        raise NoDraft
    if (later := counts_later(subject, key, than=effective_from)) is not None:
        text = _("It counts from %(day)s on, which is later. Choose that day or a later one.") % {"day": later}
        raise DefinitionInvalid([("", "counts_later", text)])
    if subject is KPI and key.startswith(OWN_PREFIX) and (uses := weighed_in(key, since=effective_from)):
        raise DefinitionInUse([use.words for use in uses])
    row = _write(
        subject,
        key,
        DefinitionState.RETIRED,
        last.content,
        base=last.base,
        note=note,
        actor_id=actor_id,
        effective_from=effective_from,
    )
    _compute_from(effective_from, actor_id=actor_id, origin=origin)
    return row


def draft_of(subject: DefinitionSubject, key: str) -> Definition:
    """Return the open draft; NoDraft when there is none."""
    newest = newest_of(subject, key)
    if newest is None or newest.state != DefinitionState.DRAFT:
        raise NoDraft
    return newest


def _compute_from(day: date, *, actor_id: int, origin: JobOrigin) -> None:
    forget_definitions()
    if touched := periods_touched(day):
        request_in_parts(touched, actor_id=actor_id, origin=origin)


def _refuse_bad(checked: CheckedEntry) -> None:
    _refuse(list(checked.errors))
    red = [(number, test) for number, test in enumerate(checked.tests, start=1) if not test.passed]
    if red:
        raise DefinitionInvalid(
            [
                (
                    f"tests.{number}",
                    "red_test",
                    message_of("red_test", red_facts(number, test.expected, test.found)),
                )
                for number, test in red
            ]
        )


def red_facts(number: int, expected: object, found: object) -> Mapping[str, object]:
    """Return what the message of a red test says; no value is a dash."""
    return {
        "number": number,
        "expected": "–" if expected is None else expected,
        "found": "–" if found is None else found,
    }


def _refuse(problems: list[Any]) -> None:
    if problems:
        issues = [(each.field, each.code, message_of(each.code, each.params)) for each in problems]
        raise DefinitionInvalid(issues, label=label_of)


def _unchanged(subject: DefinitionSubject, key: str, seen: int | None) -> Definition | None:
    newest = newest_of(subject, key)
    if seen is not None and (newest.pk if newest else 0) != seen:
        raise DefinitionChanged
    return newest


def _write(
    subject: DefinitionSubject,
    key: str,
    state: DefinitionState,
    content: Node,
    *,
    base: Node | None,
    note: str,
    actor_id: int,
    effective_from: date | None = None,
) -> Definition:
    row = Definition.objects.create(
        subject=subject,
        key=key,
        state=state,
        content=tidy(content) if subject is KPI else dict(content),
        base=base,
        library_version=load_library().version,
        note=note.replace("\x00", "")[:NOTE],
        created_by_id=actor_id,
        effective_from=effective_from,
    )
    forget_definitions()
    return row


def _lock() -> None:
    lock_in_workspace(DEFINITIONS_LOCK)
