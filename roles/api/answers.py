"""How a write answers: what each row did, or a problem that lists every fault with its pointer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from omnichannel.core.http import problem
from roles.api.reading import MOST_FAULTS, Fault, fault
from roles.choices import Thing
from roles.coverage import MOST_ROLES, MOST_SHARE
from roles.queries.loads import overloads
from roles.services.batches import Done
from roles.services.sync import OutcomeKind, SyncIssue

MOST_ROWS = 1000


class IssueSerializer(serializers.Serializer[Any]):
    """One fault, at its place in the body."""

    pointer = serializers.CharField(help_text="JSON pointer into the body.")
    code = serializers.CharField(help_text="Stable; see the catalogue of errors.")
    message = serializers.CharField(help_text="What is wrong and what to do, in the language of `Accept-Language`.")


class RowErrorSerializer(serializers.Serializer[Any]):
    """Why a row was refused."""

    code = serializers.CharField(help_text="The code of its first fault; `batch_refused` where others are to blame.")
    detail = serializers.CharField(help_text="What is wrong.")
    issues = IssueSerializer(many=True, help_text="All its faults.")


class RowResultSerializer(serializers.Serializer[Any]):
    """What one row did."""

    index = serializers.IntegerField(help_text="Position in the batch, from 0.")
    status = serializers.ChoiceField(choices=[kind.value for kind in OutcomeKind], help_text="What became of it.")
    id = serializers.CharField(help_text="Our id of the thing.")
    error = RowErrorSerializer(allow_null=True, help_text="Why it was refused; null otherwise.")


class WarningSerializer(serializers.Serializer[Any]):
    """What was written, but deserves a second look."""

    pointer = serializers.CharField(help_text="JSON pointer into the body.")
    code = serializers.ChoiceField(choices=["overloaded"], help_text="Stable.")
    message = serializers.CharField(help_text="What to look at, in the language of `Accept-Language`.")


class BatchResultSerializer(serializers.Serializer[Any]):
    """What a batch did."""

    created = serializers.IntegerField(help_text="Rows that were new.")
    changed = serializers.IntegerField(help_text="Rows that differed.")
    same = serializers.IntegerField(help_text="Rows that said what was known.")
    refused = serializers.IntegerField(help_text="Rows left out for their faults; only with `partial=true`.")
    dry_run = serializers.BooleanField(help_text="True when nothing was written.")
    revision = serializers.IntegerField(allow_null=True, help_text="The revision; null when nothing differs.")
    results = RowResultSerializer(many=True, help_text="One for each row, in order.")
    warnings = WarningSerializer(
        many=True, help_text="Marks, not errors: people with too many roles or too much time promised."
    )


def overload_warnings(thing: Thing, rows: Sequence[Mapping[str, Any]], *, pointer: str = "") -> list[Fault]:
    """Return a warning for each assignment whose person has too much on hand from its first day on."""
    if thing is not Thing.ASSIGNMENTS:
        return []
    words = _(
        "From %(day)s on this person holds %(roles)s roles with a share of %(share)s in all. "
        "More than %(most_roles)s roles or %(most_share)s counts as overloaded."
    )
    return [
        fault(
            pointer.format(one.index),
            "overloaded",
            words
            % {
                "day": one.day,
                "roles": one.roles,
                "share": f"{one.share.normalize():f}",
                "most_roles": MOST_ROLES,
                "most_share": MOST_SHARE,
            },
        )
        for one in overloads(rows)
    ]


def answer_batch(done: Done, *, dry_run: bool, partial: bool = False, warnings: Sequence[Fault] = ()) -> Response:
    """Answer a batch: refused whole with 422 unless it is partial, with the same `results` beside the issues."""
    result = done.result
    results = _results(done, partial=partial)
    if result.issues and not partial:
        refusal = problem(
            422,
            code="rows_refused",
            detail=_("Nothing was written. Correct the rows listed and send the batch again."),
            issues=[_fault(issue, f"/rows/{issue.index}") for issue in result.issues[:MOST_FAULTS]],
        )
        refusal.data["results"] = results
        return refusal
    refused = sum(one.kind is OutcomeKind.REFUSED for one in result.outcomes)
    counts = {"created": result.created, "changed": result.changed, "same": result.same, "refused": refused}
    return Response({**counts, "dry_run": dry_run, "revision": done.revision, "results": results, "warnings": warnings})


def refusal_of(issues: tuple[SyncIssue, ...]) -> Response:
    """Answer the write of one thing that was refused."""
    return problem(
        422,
        code="refused",
        detail=_("Nothing was written."),
        issues=[_fault(issue, "") for issue in issues],
    )


def _fault(issue: SyncIssue, pointer: str) -> Fault:
    return fault(f"{pointer}/{issue.field}" if issue.field else pointer, issue.code, issue.message)


def _results(done: Done, *, partial: bool) -> list[dict[str, Any]]:
    faults: dict[int, list[Fault]] = {}
    for issue in done.result.issues:
        faults.setdefault(issue.index, []).append(_fault(issue, f"/rows/{issue.index}"))
    blameless = {"code": "batch_refused", "detail": _("Other rows of the batch have faults."), "issues": []}

    def error(index: int, kind: OutcomeKind) -> dict[str, Any] | None:
        if kind is not OutcomeKind.REFUSED:
            return None
        own = faults.get(index)
        return {"code": own[0]["code"], "detail": own[0]["message"], "issues": own} if own else blameless

    return [
        {"index": one.index, "status": one.kind.value, "id": one.external_id, "error": error(one.index, one.kind)}
        for one in done.result.outcomes
    ]
