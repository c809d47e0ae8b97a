"""How a write answers: what each row did, or a problem that lists every fault with its pointer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from omnichannel.core.http import problem
from roles.services.sync import OutcomeKind, SyncResult

MOST_ROWS = 1000


class IssueSerializer(serializers.Serializer[Any]):
    """One fault of a row."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class RowResultSerializer(serializers.Serializer[Any]):
    """What one row did."""

    index = serializers.IntegerField(help_text="Position in the batch, from 0.")
    status = serializers.ChoiceField(choices=[kind.value for kind in OutcomeKind])
    external_id = serializers.CharField()
    issues = IssueSerializer(many=True)


class WriteResultSerializer(serializers.Serializer[Any]):
    """What a batch did."""

    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    results = RowResultSerializer(many=True)


def answer(result: SyncResult, *, pointer: str = "/rows/{index}", status: int = 200) -> Response:
    """Answer a write; a batch with faults is refused whole with 422 and the same `results` beside the issues."""
    results = _results(result)
    if result.is_ok:
        counts = {"created": result.created, "changed": result.changed, "same": result.same}
        return Response({**counts, "dry_run": not result.written, "results": results}, status=status)
    refusal = problem(
        422,
        code="rows_refused",
        detail=_("Nothing was written. Correct the rows listed and send the batch again."),
        issues=[
            {"pointer": f"{pointer.format(index=issue.index)}/{issue.field}", **asdict(issue)}
            for issue in result.issues
        ],
    )
    refusal.data["results"] = results
    return refusal


def answer_one(result: SyncResult) -> Response:
    """Answer a PUT of one resource: 201 when it is new."""
    is_new = result.written and result.created == 1
    return answer(result, pointer="", status=201 if is_new else 200)


def _results(result: SyncResult) -> list[dict[str, Any]]:
    faults: dict[int, list[dict[str, str]]] = {}
    for issue in result.issues:
        said = {"field": issue.field, "code": issue.code, "message": issue.message}
        faults.setdefault(issue.index, []).append(said)
    return [
        {
            "index": outcome.index,
            "status": outcome.kind.value,
            "external_id": outcome.external_id,
            "issues": faults.get(outcome.index, []),
        }
        for outcome in result.outcomes
    ]
