"""Revisions: every write of the organisation joins one, under the organisation's lock, and leaves its trace.

`revision()` opens one or joins the open one, so that a document of units, people and lines is one revision. What the
block notes is compared before and after by `states`; a revision in which nothing differs is not kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import ChangeKind, OrgSource, Thing
from roles.errors import ScenarioDay
from roles.models import OrgChange, OrgRevision
from roles.services.sync.checks import lock_organisation
from roles.services.sync.inserting import insert, values
from roles.services.sync.safety import Problem, unsafe
from roles.services.sync.states import states
from roles.state_diff import State, changed_fields, differs_before, first_difference

CHANGE_COLUMNS = [field.attname for field in OrgChange._meta.concrete_fields]


@dataclass(slots=True)
class Recorder:
    """The open revision: its moment, who writes, and the states from before of what has been touched so far.

    `log` names what has been touched in the order of writes, so that one step can be checked by itself. `told` are
    changes that are none of the facts, but that a planned day has come; see `roles.services.effects`.
    """

    at: datetime
    actor_id: int | None
    source: OrgSource
    note: str = ""
    undoes: OrgRevision | None = None
    before: dict[Thing, dict[str, State | None]] = field(default_factory=dict)
    written: OrgRevision | None = None
    told: list[OrgChange] = field(default_factory=list)
    is_deferred: bool = False
    log: list[tuple[Thing, str]] = field(default_factory=list)
    in_effect_until: date | None = None

    def touch(self, thing: Thing, keys: Collection[str], *, now: Mapping[str, State] | None = None) -> None:
        """Remember how things stand before they are written; each is remembered once.

        `now` are the states of all the keys, where the caller has read them already.
        """
        self.log += [(thing, key) for key in keys]
        known = self.before.setdefault(thing, {})
        missing = [key for key in keys if key not in known]
        found = states(thing, missing) if now is None else now
        known.update({key: found.get(key) for key in missing})

    def unsafe(self, *, since: int = 0) -> list[Problem]:
        """Return what does not hold together because of what the log has from `since` on; nothing while put off."""
        if self.is_deferred:
            return []
        touched: dict[Thing, set[str]] = {}
        for thing, key in self.log[since:]:
            touched.setdefault(thing, set()).add(key)
        return [*unsafe(touched, before=self.before.get(Thing.UNITS, {})), *self._too_early(touched)]

    def check_first_day(self) -> None:
        """Raise ScenarioDay if anything touched differs before the first day that may be written."""
        for problem in self._too_early(self.before):
            raise ScenarioDay(problem.message)

    def _too_early(self, touched: Mapping[Thing, Collection[str]]) -> Iterator[Problem]:
        """Name what differs before the first day that may be written."""
        held = _aside.get()
        if held is None or held.first_day is None:
            return
        for thing, keys in touched.items():
            now = states(thing, keys)
            for key in sorted(keys):
                before, after = self.before[thing].get(key), now.get(key)
                if differs_before(str(held.first_day), before, after):
                    yield Problem(thing, key, "on", "before_scenario", too_early_words(held.first_day))

    @contextmanager
    def deferred(self) -> Iterator[list[Problem]]:
        """Put checks off while parts of one whole are written in turn; the list holds what is wrong after the block.

        Whoever asks for it looks at the list and takes everything back when there is something in it.
        """
        found: list[Problem] = []
        begun = len(self.log)
        was, self.is_deferred = self.is_deferred, True
        try:
            yield found
        finally:
            self.is_deferred = was
        found += self.unsafe(since=begun)


@dataclass(slots=True)
class Aside:
    """Revisions that will be taken back: their changes, and the first day on which they may change anything."""

    changes: list[OrgChange] = field(default_factory=list)
    first_day: date | None = None


_open: ContextVar[Recorder | None] = ContextVar("org_revision", default=None)
_aside: ContextVar[Aside | None] = ContextVar("org_revisions_aside", default=None)


@contextmanager
def aside() -> Iterator[Aside]:
    """Tell nobody of the revisions made in here, for the caller takes them back; the innermost block has the changes.

    It keeps to the first day of the block around it.
    """
    around = _aside.get()
    held = Aside(first_day=around.first_day if around is not None else None)
    token = _aside.set(held)
    try:
        yield held
    finally:
        _aside.reset(token)


def too_early_words(day: date) -> str:
    """Say from when on a scenario may change things."""
    return _("This scenario holds from %(day)s: it changes nothing before. Choose that day or a later one.") % {
        "day": day
    }


@contextmanager
def revision(
    *,
    actor_id: int | None,
    source: OrgSource = OrgSource.WEB,
    note: str = "",
    undoes: OrgRevision | None = None,
) -> Iterator[Recorder]:
    """Open a revision in a transaction that holds the organisation's lock, or join the one that is open."""
    joined = _open.get()
    if joined is not None:
        yield joined
        return
    with transaction.atomic():
        lock_organisation()
        recorder = Recorder(_moment(), actor_id, source, note, undoes)
        token = _open.set(recorder)
        try:
            yield recorder
            _keep(recorder)
        finally:
            _open.reset(token)


def _moment() -> datetime:
    """Return now, but never a moment that an earlier revision has taken: the clocks of machines differ."""
    latest = OrgRevision.objects.aggregate(at=Max("at"))["at"]
    now = timezone.now()
    return now if latest is None or now > latest else latest + timedelta(microseconds=1)


def _keep(recorder: Recorder) -> None:
    changes = list(recorder.told)
    for thing, before in recorder.before.items():
        after = states(thing, before.keys())
        changes += [_change(thing, key, old, after.get(key)) for key, old in before.items() if old != after.get(key)]
    if not changes or transaction.get_rollback():
        return
    last = OrgRevision.objects.aggregate(number=Max("number"))["number"] or 0
    recorder.written = OrgRevision.objects.create(
        number=last + 1,
        at=recorder.at,
        actor_id=recorder.actor_id,
        source=recorder.source,
        note=recorder.note,
        undoes=recorder.undoes,
        in_effect_until=recorder.in_effect_until,
    )
    for change in changes:
        change.revision_id = recorder.written.pk
    insert(OrgChange, values(changes))
    held = _aside.get()
    if held is not None:
        held.changes += changes
        return
    for listener in settings.ORGANISATION_LISTENERS:
        import_string(listener)(recorder.written, changes)


def _change(thing: Thing, key: str, before: State | None, after: State | None) -> OrgChange:
    kind = ChangeKind.CREATED if before is None else ChangeKind.REMOVED if after is None else ChangeKind.CHANGED
    said = {
        "workspace_id": current_workspace_id(),
        "thing": thing.value,
        "external_id": key,
        "change": kind.value,
        "fields": changed_fields(before, after),
        "effective_on": first_difference(before, after),
        "before": before,
        "after": after,
    }
    # by place, which is much faster than by name: a first document makes thirty thousand of them
    return OrgChange(*map(said.get, CHANGE_COLUMNS))  # type: ignore[misc]
