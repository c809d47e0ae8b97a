"""The statements of a run as rows: all that stood before goes, all of it comes in few statements of SQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from kpis.choices import AdjustmentReason
from kpis.incentives.calculating import Payout
from kpis.incentives.documents import bound_node, facts_node, payout_node
from kpis.models import PayAdjustment, PayLine, PayRun, PayStatement
from kpis.queries.pay.facts import Paid
from roles.services.sync.inserting import insert

BATCH = 2000
ZERO = Decimal(0)
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worked:
    """What one plan pays one person, and its lines as they are stored and told apart by the digest."""

    paid: Paid
    payout: Payout
    node: Node


def worked(paid: Paid, payout: Payout) -> Worked:
    """Return a payout with its node, which is made once for the rows and for the digest."""
    return Worked(paid, payout, payout_node(payout))


def write_statements(run: PayRun, found: Sequence[Worked]) -> None:
    """Replace the statements and lines of a run. The caller holds the lock of pay."""
    _clear(run)
    first = _reserve(len(found))
    insert(PayStatement, (_statement(run, pk, each) for pk, each in zip(first, found, strict=True)))
    insert(PayLine, (row for pk, each in zip(first, found, strict=True) for row in _lines(run, pk, each)))


def write_late(run: PayRun, late: Sequence[PayAdjustment]) -> None:
    """Replace the differences of closed months that a run pays."""
    run.adjustments.filter(reason=AdjustmentReason.LATE).delete()
    PayAdjustment.objects.bulk_create(late, batch_size=BATCH)


def sum_up(run: PayRun, found: Sequence[Worked]) -> None:
    """Put the sums and the digest on the run, unsaved. The digest is over everything it would pay, in one order."""
    adjustments = list(run.adjustments.order_by("line_id", "reason", "id").values_list("line_id", "reason", "amount"))
    run.statements_count = len(found)
    run.incomplete_count = sum(not each.payout.is_complete for each in found)
    run.total = sum((each.payout.amount for each in found), ZERO)
    run.adjusted = sum((amount for _line, _reason, amount in adjustments), ZERO)
    told: Iterable[object] = ([each.paid.on.row.pk, each.node] for each in found)
    run.digest = digest_of(told, [[line, reason, str(amount)] for line, reason, amount in adjustments])


def digest_of(statements: Iterable[object], adjustments: Iterable[object]) -> str:
    """Return the hash of what a run pays: pairs of plan revision and payout in their order, then its adjustments."""
    found = hashlib.sha256()
    for part in (statements, adjustments):
        for each in part:
            text = json.dumps(each, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            found.update(text.encode() + b"\n")
        found.update(b"\n")
    return found.hexdigest()


def _clear(run: PayRun) -> None:
    """Delete without loading: Django would read every line first. Nothing of a closed month hangs on these."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from kpis_payline where statement_id in (select id from kpis_paystatement where run_id = %s)",
            [run.pk],
        )
        cursor.execute("delete from kpis_paystatement where run_id = %s", [run.pk])


def _reserve(many: int) -> list[int]:
    """Return ids that nobody else gets, so that lines can name their statements."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('kpis_paystatement', 'id')) from generate_series(1, %s)", [many]
        )
        return [pk for (pk,) in cursor.fetchall()]


def _statement(run: PayRun, pk: int, each: Worked) -> Node:
    paid, payout = each.paid, each.payout
    return {
        "id": pk,
        "workspace_id": run.workspace_id,
        "run_id": run.pk,
        "plan_id": paid.on.row.pk,
        "plan_key": paid.on.row.key,
        "person_external_id": paid.holding.person_external_id,
        "unit_external_id": paid.holding.unit_external_id,
        "role_key": paid.holding.role_key,
        "facts": facts_node(paid.facts),
        "bounds": [bound_node(bound) for bound in payout.bounds],
        "amount": payout.amount,
        "is_complete": payout.is_complete,
    }


def _lines(run: PayRun, pk: int, each: Worked) -> Iterator[Node]:
    for line, node in zip(each.payout.lines, each.node["lines"], strict=True):
        yield {
            "workspace_id": run.workspace_id,
            "statement_id": pk,
            "component": line.component.id,
            "amount": line.amount,
            "workings": {name: value for name, value in node.items() if name not in ("component", "amount")},
        }
