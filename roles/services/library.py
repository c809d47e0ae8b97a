"""Writing the workspace's roles: own texts, hiding, merging, restoring, adding. Every step is a row that stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from roles.catalogue import OWN_ROLE, OWN_ROLE_PREFIX, RoleKey, load_roles
from roles.choices import RoleAction
from roles.errors import RoleChanged, RoleInUse, RoleRefused, UnknownRole
from roles.models import Assignment, RoleText, SeatVersion
from roles.queries.library import forget_roles, role_library
from roles.role_merge import Choice, choices_for, collides, settle
from roles.role_texts import FIELDS, OWN_ONLY, State, content_of, field_of
from roles.services.measured import kpis_changed
from roles.services.role_checks import Issue, faults_of, tidy
from roles.services.sync.checks import lock_organisation

NOTE = 400
KEY_LENGTH = 40


@transaction.atomic
def save_role(
    key: str, content: Mapping[str, Any], *, actor_id: int | None, note: str = "", seen: int | None = None
) -> RoleText | None:
    """Let the given fields of a role say this; None when nothing differs. RoleRefused with everything that is wrong.

    `seen`: the number of the newest change that the writer knew; RoleChanged when there is a newer one.
    """
    last = _open(key, seen)
    state = dict(last.state) if last else {}
    _refuse(refusals(content, key=key))
    library, wanted = role_library(), tidy(content)
    if "own" in state:
        changed = [field for field, value in wanted.items() if state["own"].get(field) != value]
        state["own"] = {**state["own"], **wanted}
    else:
        now = content_of(library.roles[RoleKey(key)])
        changed = [field for field, value in wanted.items() if now[field] != value]
        state["fields"] = _with_own(key, state.get("fields", {}), {field: wanted[field] for field in changed})
    return _write(key, RoleAction.CHANGED, state, fields=changed, last=last, note=note, actor_id=actor_id)


def refusals(content: Mapping[str, Any], *, key: str = "") -> list[Issue]:
    """Return all that is wrong with the fields of a role as somebody wants them; without a key it is a new one."""
    wanted, is_new = tidy(content), not key
    issues = _foreign(wanted, is_own=is_new or RoleKey(key).is_own)
    issues += faults_of(key, wanted, library=role_library(), is_new=is_new)
    if is_new and not wanted.get("kind"):
        issues.append(("kind", "required", _("This field is missing.")))
    return issues


@transaction.atomic
def add_role(content: Mapping[str, Any], *, actor_id: int | None, key: str = "", note: str = "") -> RoleText:
    """Add a role of the workspace's own. Its key begins with `own-`; without one it is made from the English name."""
    lock_organisation()
    forget_roles()
    wanted = {"aliases": {"zh": [], "en": []}, "expectations": {}, "links": [], **tidy(content)}
    issues = refusals(wanted)
    if key and (len(key) > KEY_LENGTH or not OWN_ROLE.fullmatch(key)):
        message = _("A key begins with %(prefix)s and holds small letters, digits and single dashes, %(most)s at most.")
        issues.append(("key", "bad_key", message % {"prefix": OWN_ROLE_PREFIX, "most": KEY_LENGTH}))
    elif key and RoleText.objects.filter(role_key=key).exists():
        issues.append(("key", "taken", _("There is or was a role of this key already.")))
    _refuse(issues)
    state = {"is_hidden": False, "own": wanted}
    fields = [field for field in (*FIELDS, *OWN_ONLY) if wanted.get(field)]
    chosen = key or _free_key(wanted["names"]["en"])
    row = _write(chosen, RoleAction.ADDED, state, fields=fields, last=None, note=note, actor_id=actor_id)
    assert row is not None  # noqa: S101 - a first row always differs from none
    return row


@transaction.atomic
def hide_role(
    key: str, *, hidden: bool, actor_id: int | None, note: str = "", seen: int | None = None
) -> RoleText | None:
    """Take a role out of pickers and the map, or bring it back; who holds it keeps it."""
    last = _open(key, seen)
    state = {**(last.state if last else {}), "is_hidden": hidden}
    action = RoleAction.HIDDEN if hidden else RoleAction.SHOWN
    return _write(key, action, state, fields=["is_hidden"], last=last, note=note, actor_id=actor_id)


@transaction.atomic
def restore_library(key: str, *, actor_id: int | None, field: str = "", seen: int | None = None) -> RoleText | None:
    """Let the library's text count again, of one field or of all. RoleRefused for an added role: it has none."""
    last = _open(key, seen)
    state = dict(last.state) if last else {}
    if "own" in state:
        _refuse([(field or "fields", "no_library_text", _("This role is your own: the library has no text for it."))])
    if field and field not in FIELDS:
        _refuse([("field", "unknown_field", _("There is no field %(name)s here.") % {"name": field[:64]})])
    edited = state.get("fields", {})
    gone = [each for each in edited if field in ("", each)]
    state["fields"] = {each: kept for each, kept in edited.items() if each not in gone}
    return _write(key, RoleAction.RESTORED, state, fields=gone, last=last, note="", actor_id=actor_id)


@transaction.atomic
def restore_state(key: str, number: int, *, actor_id: int | None, seen: int | None = None) -> RoleText | None:
    """Bring back what held after an earlier change; 0 is before the first: the library's texts, or no role at all."""
    last = _open(key, seen)
    note = _("As after change %(number)s") % {"number": number}
    if number == 0:
        state: dict[str, Any] = {} if "own" not in (last.state if last else {}) else {**last.state, "is_removed": True}  # type: ignore[union-attr]
        note = _("As before the first change")
    else:
        row = RoleText.objects.filter(role_key=key, number=number).first()
        if row is None:
            raise UnknownRole(f"{key} #{number}")
        state = dict(row.state)
    if state.get("is_removed"):
        _refuse_used(key)
    elif "own" in state:
        content = {field: state["own"][field] for field in (*FIELDS, "links") if field in state["own"]}
        _refuse(faults_of(key, content, library=role_library()))
    fields = _differing(last.state if last else {}, state)
    return _write(key, RoleAction.RESTORED, state, fields=fields, last=last, note=note, actor_id=actor_id)


def undo_change(key: str, number: int, *, actor_id: int | None) -> RoleText | None:
    """Take back the newest change, of this number; RoleChanged when there is a newer one."""
    return restore_state(key, number - 1, actor_id=actor_id, seen=number)


@transaction.atomic
def merge_library(
    key: str, choices: Mapping[str, Choice], *, actor_id: int | None, note: str = "", seen: int | None = None
) -> RoleText | None:
    """Settle fields whose library text has changed since the own one was made. RoleRefused for a choice not offered."""
    last = _open(key, seen)
    state = dict(last.state) if last else {}
    kept, spec = dict(state.get("fields", {})), load_roles().roles.get(RoleKey(key))
    issues = []
    for field, choice in choices.items():
        if spec is None or field not in kept or kept[field]["base"] == field_of(spec, field):
            issues.append((field, "nothing_to_merge", _("The library's text is the one this was made from.")))
            continue
        library, base, mine = field_of(spec, field), kept[field]["base"], kept[field]["mine"]
        if choice not in choices_for(field, base, mine, library):
            issues.append((field, "not_offered", _("Both texts cannot stand together here. Choose one.")))
            continue
        settled = settle(field, base, mine, library, choice=choice)
        kept[field] = {"base": library, "mine": settled}
        if settled == library:
            del kept[field]
    _refuse(issues)
    state["fields"] = kept
    return _write(key, RoleAction.MERGED, state, fields=list(choices), last=last, note=note, actor_id=actor_id)


def _open(key: str, seen: int | None) -> RoleText | None:
    """Wait for other writers and return the newest change of a role; UnknownRole, or RoleChanged since `seen`."""
    lock_organisation()
    forget_roles()
    last = RoleText.objects.filter(role_key=key).first()
    if last is None and key not in load_roles().roles:
        raise UnknownRole(key)
    if seen is not None and seen != (last.number if last else 0):
        raise RoleChanged
    return last


def _with_own(key: str, kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the own texts with the wanted ones; one that is the library's again is none."""
    spec, fields = load_roles().roles[RoleKey(key)], dict(kept)
    for field, value in wanted.items():
        library, before = field_of(spec, field), fields.pop(field, None)
        if value != library:
            # a text that both sides have reworded stays to be merged; whatever else the library added has been seen
            waits = before is not None and collides(before["base"], before["mine"], library)
            fields[field] = {"base": before["base"] if before is not None and waits else library, "mine": value}
    return fields


def _foreign(content: Mapping[str, Any], *, is_own: bool) -> list[Issue]:
    allowed = (*FIELDS, *OWN_ONLY) if is_own else FIELDS
    message = _("There is no field %(name)s here.")
    return [(name, "unknown_field", message % {"name": name[:64]}) for name in content if name not in allowed]


def _differing(before: State, after: State) -> list[str]:
    parts = ("is_hidden", "is_removed")
    found = [name for name in parts if bool(before.get(name)) != bool(after.get(name))]
    for part in ("fields", "own"):
        one, two = before.get(part, {}), after.get(part, {})
        found += [name for name in {**one, **two} if one.get(name) != two.get(name)]
    return found


def _free_key(name: str) -> str:
    stem = (OWN_ROLE_PREFIX + (slugify(name) or "role"))[: KEY_LENGTH - 4].rstrip("-").replace("_", "-")
    stem = stem if OWN_ROLE.fullmatch(stem) else OWN_ROLE_PREFIX + "role"
    taken = set(RoleText.objects.filter(role_key__startswith=stem).values_list("role_key", flat=True))
    return next(key for key in (stem, *(f"{stem}-{number}" for number in range(2, 999))) if key not in taken)


def _refuse_used(key: str) -> None:
    if Assignment.ever.filter(role_key=key).exists() or SeatVersion.ever.filter(role_key=key).exists():
        raise RoleInUse


def _refuse(issues: list[Issue]) -> None:
    if issues:
        raise RoleRefused(issues)


def _write(
    key: str,
    action: RoleAction,
    state: dict[str, Any],
    *,
    fields: list[str],
    last: RoleText | None,
    note: str,
    actor_id: int | None,
) -> RoleText | None:
    """Keep a change; None when the state is the one that holds."""
    before = last.state if last else {}
    if not _differing(before, state):
        return None
    row = RoleText.objects.create(
        role_key=key,
        number=last.number + 1 if last else 1,
        action=action,
        fields=fields,
        state=state,
        library_version=load_roles().version,
        note=note.replace("\x00", "")[:NOTE],
        created_by_id=actor_id,
    )
    forget_roles()
    if last is not None and "own" in state and state["own"]["kpis"] != before["own"]["kpis"]:
        kpis_changed(RoleKey(key), actor_id=actor_id)
    return row
