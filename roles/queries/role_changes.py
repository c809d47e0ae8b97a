"""What a workspace has changed in its roles: each role's stand, what waits to be merged, and its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from roles.catalogue import RoleKey, RoleSpec, load_roles
from roles.choices import RoleAction
from roles.models import RoleText
from roles.queries.library import role_library, states_now
from roles.role_merge import Choice, choices_for
from roles.role_texts import EffectiveRole, State, added, content_of, effective, field_of


@dataclass(frozen=True, slots=True)
class Pending:
    """A field whose library text has changed since the own text was made from `base`."""

    field: str
    base: Any
    mine: Any
    library: Any
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class RoleStand:
    """A role beside the library's: `library` is None for an added role, `last` the number of the newest change.

    `expectations`: by sub-type what an added role is expected to be, while it is hidden as well; `links`: what it
    receives and hands on.
    """

    role: EffectiveRole
    library: RoleSpec | None
    last: int
    pending: tuple[Pending, ...] = ()
    changed_at: datetime | None = None
    changed_by: str = ""
    expectations: Mapping[str, str] = field(default_factory=dict)
    links: Sequence[Mapping[str, Any]] = ()

    @property
    def is_touched(self) -> bool:
        """True where it is not just as the library has it."""
        return self.role.is_own or self.role.is_hidden or bool(self.role.changed)


@dataclass(frozen=True, slots=True)
class RoleEvent:
    """One change: the whole content before and after, for whoever tells what differs; None where there was no role."""

    number: int
    action: RoleAction
    at: datetime
    author: str
    note: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def role_stands() -> tuple[RoleStand, ...]:
    """Return all roles with what is own about them, in two queries."""
    states = states_now()
    rows = RoleText.objects.select_related("created_by").order_by("role_key", "-pk").distinct("role_key")
    newest = {row.role_key: row for row in rows}
    return tuple(
        _stand(role, states.get(key.value, {}), newest.get(key.value)) for key, role in role_library().roles.items()
    )


def role_stand(key: str) -> RoleStand | None:
    """Return one role beside the library's; None for a role that is not known."""
    if key not in role_library().roles:
        return None
    row = RoleText.objects.select_related("created_by").filter(role_key=key).first()
    return _stand(role_library().roles[RoleKey(key)], row.state if row else {}, row)


def role_events(key: str) -> tuple[RoleEvent, ...]:
    """Return the history of a role, newest first. Texts of the library are those of today."""
    rows = list(RoleText.objects.select_related("created_by").filter(role_key=key).order_by("pk"))
    states: list[State] = [{}, *(row.state for row in rows)]
    contents = [_content(key, state) for state in states]
    events = [
        RoleEvent(
            row.number, RoleAction(row.action), row.created_at, str(row.created_by or ""), row.note, before, after
        )
        for row, before, after in zip(rows, contents, contents[1:], strict=False)
    ]
    return tuple(reversed(events))


def _stand(role: EffectiveRole, state: State, row: RoleText | None) -> RoleStand:
    library = load_roles().roles.get(role.key)
    return RoleStand(
        role=role,
        library=library,
        last=row.number if row else 0,
        pending=_pending(library, state) if library else (),
        changed_at=row.created_at if row else None,
        changed_by=str(row.created_by or "") if row else "",
        expectations=state["own"].get("expectations", {}) if "own" in state else {},
        links=state["own"].get("links", ()) if "own" in state else (),
    )


def _pending(spec: RoleSpec, state: State) -> tuple[Pending, ...]:
    found = []
    for name, kept in state.get("fields", {}).items():
        base, mine, library = kept["base"], kept["mine"], field_of(spec, name)
        if base != library:
            found.append(Pending(name, base, mine, library, choices_for(name, base, mine, library)))
    return tuple(found)


def _content(key: str, state: State) -> dict[str, Any] | None:
    """Return what a role said in a state, hidden or not; None while there was none."""
    spec = load_roles().roles.get(RoleKey(key))
    hidden = {"is_hidden": bool(state.get("is_hidden"))}
    if spec is not None:
        return content_of(effective(spec, state)) | hidden
    if "own" not in state or state.get("is_removed"):
        return None
    said = state["own"]
    own = {"kind": said["kind"], "expectations": said.get("expectations", {}), "links": said.get("links", [])}
    return content_of(added(key, state)) | own | hidden
