"""The history of the organisation: who wrote what, when, through what and why; one revision field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.periods import day_or_none
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.queries.members import members_of
from roles.choices import ChangeKind, OrgSource, Thing
from roles.queries.history import ChangedThing, RevisionPage, revision_of, revisions
from roles.queries.naming import names_of
from roles.queries.versions import COLUMNS, versions
from roles.state_lines import EXISTS, FieldLine, differences
from roles.state_words import Days, DiffLine, diff_line, references
from roles.views.sheets import url_of
from roles.views.version_rows import version_rows

PAGE, CHANGES_A_PAGE = 50, 100
MARKS = {ChangeKind.CREATED: "A", ChangeKind.REMOVED: "R", ChangeKind.CHANGED: "E", ChangeKind.IN_EFFECT: "●"}


@dataclass(frozen=True, slots=True)
class ThingDiff:
    """One thing that a revision touched, as it is read."""

    change: ChangedThing
    mark: str
    url: str
    lines: tuple[DiffLine, ...]


@require_GET
def history(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List revisions, newest first; `?thing=&id=` of one thing with its versions, `who`, `source`, days of writing."""
    given = request.GET
    thing = Thing(given["thing"]) if given.get("thing") in Thing.values else None
    key, before = given.get("id", "").strip(), _number(given.get("before", ""))
    found = revisions(
        before=before,
        thing=thing,
        external_id=key,
        source=OrgSource(given["source"]) if given.get("source") in OrgSource.values else None,
        actor_id=_number(given.get("who", "")),
        since=day_or_none(given.get("since", "")),
        until=day_or_none(given.get("until", "")),
        most=PAGE + 1,
    )
    members = members_of(request.access.workspace)
    context: dict[str, object] = {
        "lines": found[:PAGE],
        "older": _query(given, before=str(found[PAGE - 1].number)) if len(found) > PAGE else "",
        "newest": _query(given, before="") if before is not None else "",
        "thing": thing,
        "key": key,
        "asked": {name: given.get(name, "") for name in ("thing", "id", "source", "who", "since", "until")},
        "is_filtered": any(given.get(name) for name in ("thing", "id", "source", "who", "since", "until")),
        "thing_options": Thing.choices,
        "source_options": OrgSource.choices,
        "member_options": [(member.user_id, str(member.user)) for member in members],
        "today": today_in(request.access.workspace),
    }
    if thing is not None and key and thing in COLUMNS and thing is not Thing.ASSIGNMENTS:
        rows = version_rows(versions(thing, key, today=today_in(request.access.workspace)), with_pay=True)
        name = names_of({(thing, key)}).get((thing, key), key)
        context |= {"versions": rows, "name": name, "thing_url": url_of(slug, thing, key)}
    return render(request, "roles/changes/history.html", context)


@require_GET
def revision(request: WorkspaceRequest, slug: str, number: int) -> HttpResponse:
    """Show one revision: only what it changed, field by field; `?offset=` pages through a large one."""
    if number >= 2**63:
        raise Http404(number)
    offset = _number(request.GET.get("offset", "")) or 0
    found = revision_of(number, offset=offset, most=CHANGES_A_PAGE)
    if found is None:
        raise Http404(number)
    line = found.line
    known = {name: moment.isoformat() for name, moment in _moments(found).items()}
    place = reverse("roles:organisation", args=[slug])
    context = {
        "line": line,
        "total": found.total,
        "diffs": _diffs(slug, found),
        "facts": _facts(found),
        "known_before": f"{place}?{urlencode({'known_at': known['before']})}",
        "known_after": f"{place}?{urlencode({'known_at': known['after']})}",
        "start": offset + 1,
        "end": offset + len(found.changes),
        "previous": f"?offset={max(offset - CHANGES_A_PAGE, 0)}" if offset else "",
        "following": f"?offset={offset + CHANGES_A_PAGE}" if offset + len(found.changes) < found.total else "",
        "may_undo": line.undone_by is None and any(each.change is not ChangeKind.IN_EFFECT for each in line.counts),
    }
    return render(request, "roles/changes/revision.html", context)


def _moments(found: RevisionPage) -> Mapping[str, Any]:
    return {"before": found.line.at - timedelta(microseconds=1), "after": found.line.at}


def _facts(found: RevisionPage) -> list[dict[str, object]]:
    line = found.line
    effective = line.first_effective or _("From the first records")
    if line.last_effective and line.last_effective != line.first_effective:
        effective = f"{effective} – {line.last_effective}"
    facts: list[dict[str, object]] = [
        {"label": _("By"), "value": line.actor or _("a system")},
        {"label": _("Through"), "value": line.source.label},
        {"label": _("Effective"), "value": effective},
    ]
    if line.note:
        facts.append({"label": _("Why"), "value": line.note})
    return facts


def _diffs(slug: str, found: RevisionPage) -> list[ThingDiff]:
    lines = {(each.thing, each.external_id): _lines(each) for each in found.changes}
    pairs = ((one.field, value) for some in lines.values() for one in some for value in (one.before, one.after))
    names = names_of(references(pairs))
    return [
        ThingDiff(
            change=each,
            mark=MARKS[each.change],
            url="" if each.after is None else _url(slug, each),
            lines=tuple(
                diff_line(one, names=names, whole=_whole(each, lines), is_kept=each.change is ChangeKind.CHANGED)
                for one in lines[each.thing, each.external_id]
            ),
        )
        for each in found.changes
    ]


def _whole(change: ChangedThing, lines: Mapping[tuple[Thing, str], tuple[FieldLine, ...]]) -> Days:
    """Return the days on which a thing that came or went is there: its fields need not repeat them."""
    there = [one for one in lines[change.thing, change.external_id] if one.field == EXISTS]
    return (there[0].start, there[0].end) if len(there) == 1 else ("", "")


def _lines(change: ChangedThing) -> tuple[FieldLine, ...]:
    """Return what differs; of what came into force, what holds from the day on."""
    if change.change is ChangeKind.IN_EFFECT:
        return tuple(one for one in differences(change.before, change.after) if one.field != EXISTS)
    return differences(change.before, change.after)


def _url(slug: str, change: ChangedThing) -> str:
    thing = Thing.UNITS if change.thing is Thing.STAGES else change.thing
    return url_of(slug, thing, change.external_id)


def _query(given: Mapping[str, Any], **changed: str) -> str:
    pairs = {name: value for name, value in given.items() if value} | changed
    return "?" + urlencode({name: value for name, value in pairs.items() if value})


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 16 else None
