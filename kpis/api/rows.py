"""Rows of a canonical table over REST: pushed as JSON or NDJSON, and read as they are now."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG, TABLE
from kpis.api.shapes import EffectSerializer, ProblemShape, problem_json
from kpis.api.tables import may_see_pay, table_or_404
from kpis.datasets.files.jsonfile import NotJson
from kpis.datasets.limits import TooLarge
from kpis.datasets.store.outcomes import RowEffect
from kpis.engine.specs import TableSpec
from kpis.errors import BodyTooLarge, ColumnsUnsure
from kpis.queries.current_rows import filter_value, rows_page, shown_columns
from kpis.services import pushing
from kpis.services.pushing import Push, PushedRow, RowStatus, push_batch, read_batch, try_batch
from omnichannel.core.http import is_dry_run, problem
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

NDJSON = "application/x-ndjson"
CHUNK = 64 * 1024
ORDER = {
    "order_id": "O20240601-0001",
    "customer_id": "C100001",
    "channel": "mini_program",
    "unit_id": "S0101",
    "paid_at": "2024-06-01T10:05:00+08:00",
    "status": "paid",
    "gross_amount": 399.0,
    "discount_amount": 40,
    "refund_amount": 0,
    "net_amount": "359.00",
    "item_count": 2,
}
MODE = OpenApiParameter(
    "mode",
    str,
    enum=["good_rows", "all_or_nothing"],
    description="`good_rows` (the default) loads the rows without an error; `all_or_nothing` loads all or none.",
)
CURSOR = OpenApiParameter("cursor", str, description="Where a page begins, from `next` of the page before.")
PAGE_SIZE = OpenApiParameter("page_size", int, description="Rows of a page, at most 1,000; 100 when left out.")
MOST_SHOWN = 1_000
MOST_SKIPPED = 10**12
DRY_RUN = OpenApiParameter(
    "dry_run", bool, description="Check and answer as if; nothing is kept. Same as `Prefer: dry-run`."
)


class JsonRowsParser(BaseParser):
    """The body as it came, up to a limit; the rows are read by the data door, not by DRF."""

    media_type = "application/json"
    most_bytes: ClassVar[int] = pushing.MOST_JSON_BYTES

    def parse(  # type: ignore[override] # bytes are data too
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> bytes:
        """Return the bytes; BodyTooLarge beyond the limit."""
        chunks, size = [], 0
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > self.most_bytes:
                raise BodyTooLarge(megabytes=self.most_bytes // 1024**2)
            chunks.append(chunk)
        return b"".join(chunks)


class NdjsonRowsParser(JsonRowsParser):
    """One JSON object a line."""

    media_type = NDJSON
    most_bytes = pushing.MOST_NDJSON_BYTES


class PushBody(serializers.Serializer[Any]):
    """Rows by canonical column names (or their aliases): see `GET tables/{table}/`. A bare array will do as well."""

    rows = serializers.ListField(child=serializers.DictField(), help_text="At most 1,000 objects without nesting.")


class PushedRowShape(serializers.Serializer[PushedRow]):
    """What became of one row."""

    index = serializers.IntegerField(help_text="Position in the batch, from 0.")
    status = serializers.ChoiceField(
        choices=[status.value for status in RowStatus],
        help_text="`held`: the row is right, but other rows kept the batch from being loaded.",
    )
    effect = serializers.ChoiceField(choices=[effect.value for effect in RowEffect], allow_null=True)
    key = serializers.DictField(child=serializers.CharField(allow_null=True), help_text="The row's key as sent.")
    problems = ProblemShape(many=True)


class PushResult(serializers.Serializer[Push]):
    """What a batch came to. `results` is absent when a worker is still on it (202)."""

    upload = serializers.IntegerField(allow_null=True, help_text="See `GET uploads/{id}/`; null for a dry run.")
    state = serializers.CharField()
    table = serializers.CharField()
    mode = serializers.CharField()
    dry_run = serializers.BooleanField()
    rows = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), required=False, help_text="Rows by status.")
    effect = EffectSerializer(required=False)
    ignored = serializers.ListField(child=serializers.CharField(), help_text="Keys that feed no column.")
    problems = ProblemShape(many=True, required=False, help_text="Those of the batch as a whole.")
    results = PushedRowShape(many=True, required=False)
    job = serializers.IntegerField(allow_null=True, help_text="The job that does or did it: `GET jobs/{id}/`.")
    computation = serializers.IntegerField(allow_null=True, help_text="The job that computes the touched months.")


class RowsPageShape(serializers.Serializer[Any]):
    """A page of rows; decimals are strings, moments are local time of the workspace."""

    next = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=serializers.DictField())


class RowsView(WorkspaceAPIMixin, APIView):
    """The rows of one table."""

    parser_classes = (JsonRowsParser, NdjsonRowsParser)

    @extend_schema(
        operation_id="rows_list",
        responses=RowsPageShape,
        parameters=[SLUG, TABLE, CURSOR, PAGE_SIZE],
        tags=["tables"],
    )
    def get(self, request: Request, slug: str, table: str, **kwargs: Any) -> Response:
        """Return current rows by key. Any column's name as a parameter filters, such as `?order_id=O1`.

        A parameter that is unknown, or whose value the column cannot hold, is refused with 422 and named.
        """
        found = table_or_404(table)
        columns = shown_columns(found, with_pay=may_see_pay(request))
        asked = request.query_params
        filters = _filters(request, table=found, columns=columns)
        offset = _number(request, "cursor", default=0, least=0, most=MOST_SKIPPED)
        size = _number(request, "page_size", default=100, least=1, most=MOST_SHOWN)
        page = rows_page(found, columns=columns, filters=filters, offset=offset, limit=size)
        following = asked.copy()
        following["cursor"] = str(offset + size)
        url = request.build_absolute_uri(f"{request.path}?{following.urlencode()}")
        return Response({"next": url if page.more else None, "results": page.rows})

    @extend_schema(
        operation_id="rows_push",
        request={"application/json": PushBody, NDJSON: OpenApiTypes.STR},
        responses={200: PushResult, 202: PushResult, 422: PushResult},
        parameters=[SLUG, TABLE, MODE, DRY_RUN, IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample("An order", value={"rows": [ORDER]}, request_only=True, media_type="application/json")
        ],
        tags=["tables"],
    )
    @idempotent
    def post(self, request: Request, slug: str, table: str, **kwargs: Any) -> Response:
        """Insert or update rows by their key: up to 1,000 as JSON, up to 50,000 (32 MB) as NDJSON.

        The checks and messages are those of files. Up to 1,000 rows are answered at once, row by row; more of them with
        202 and the job to follow. The same rows again are `unchanged`. Figures of the touched months follow some
        seconds later, once for all batches of that time.
        """
        access = access_of(request)
        table_or_404(table)
        mode, dry_run = _mode(request), is_dry_run(request)
        lines = (request.content_type or "").startswith(NDJSON)
        # An empty body never reaches the parser.
        body = request.data if isinstance(request.data, bytes) else b""
        try:
            batch = read_batch(body, table_id=table, lines=lines)
        except NotJson as error:
            return problem(400, code="not_json", detail=str(error))
        except TooLarge as error:
            return problem(413, code="too_large", detail=str(error))
        except ColumnsUnsure as error:
            return _unsure(error)
        good_rows, zone = mode == "good_rows", access.workspace.timezone
        if dry_run:
            push = try_batch(batch, good_rows=good_rows, zone=zone)
        else:
            push = push_batch(batch, good_rows=good_rows, actor_id=access.user_id, zone=zone)
        return _answer(push, mode=mode, slug=slug)


def _filters(request: Request, *, table: TableSpec, columns: list[str]) -> dict[str, object]:
    """Return what the query asks of the columns; all that cannot be followed is refused at once, by name."""
    filters: dict[str, object] = {}
    refused: dict[str, list[str]] = {}
    for name, texts in request.query_params.lists():
        if len(texts) > 1:
            refused[name] = [_("Given more than once")]
        elif name in columns:
            try:
                filters[name] = filter_value(table.column(name), texts[0])
            except ValueError:
                kind = table.column(name).type.value
                refused[name] = [_("Not a value this column can hold (%(type)s)") % {"type": kind}]
        elif name not in (CURSOR.name, PAGE_SIZE.name):
            refused[name] = [_("There is no such parameter")]
    if refused:
        raise serializers.ValidationError(refused)
    return filters


def _number(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 13 or not least <= int(text) <= most:
        raise serializers.ValidationError(
            {name: [_("A whole number from %(least)s to %(most)s") % {"least": least, "most": most}]}
        )
    return int(text)


def _mode(request: Request) -> str:
    mode = request.query_params.get("mode", "good_rows")
    if mode not in ("good_rows", "all_or_nothing"):
        raise serializers.ValidationError({"mode": [_("good_rows or all_or_nothing")]})
    return mode


def _unsure(error: ColumnsUnsure) -> Response:
    issues = [
        {"pointer": f"/0/{_escaped(column)}", "code": error.code, "message": ", ".join(names), "columns": list(names)}
        for column, names in error.columns.items()
    ]
    return problem(error.status, code=error.code, detail=str(error), issues=issues)


def _answer(push: Push, *, mode: str, slug: str) -> Response:
    upload = push.upload
    load = upload.load_job if upload else None
    body: dict[str, Any] = {
        "upload": upload.pk if upload else None,
        "state": str(upload.standing) if upload else "dry_run",
        "table": push.batch.table.id,
        "mode": mode,
        "dry_run": upload is None,
        "rows": push.batch.rows,
        "ignored": list(push.batch.ignored),
        "job": load.pk if load else upload.check_job_id if upload else None,
        "computation": load.result.get("computation") if load else None,
    }
    headers = {"Location": f"/api/v1/workspaces/{slug}/uploads/{upload.pk}/"} if upload else {}
    if push.rows is None:
        return Response(body, status=202, headers=headers)
    body |= {
        "counts": push.counts,
        "effect": {name: (push.effect or {}).get(name, 0) for name in ("new", "changed", "same")},
        "problems": [problem_json(one) for one in push.problems],
        "results": [_row(row) for row in push.rows],
    }
    if not push.refused:
        return Response(body, headers=headers)
    issues = [_issue(one, index=row.index) for row in push.rows for one in row.problems]
    issues += [_issue(one, index=None) for one in push.problems]
    detail = _("Nothing was loaded. Correct the rows listed and send them again.")
    refusal = problem(422, code="rows_refused", detail=detail, issues=issues)
    refusal.data |= body
    for name, value in headers.items():
        refusal[name] = value
    return refusal


def _row(row: PushedRow) -> dict[str, Any]:
    return {
        "index": row.index,
        "status": row.status.value,
        "effect": row.effect.value if row.effect else None,
        "key": dict(row.key),
        "problems": [problem_json(one) for one in row.problems],
    }


def _issue(one: Any, *, index: int | None) -> dict[str, Any]:
    place = "/" if index is None else f"/{index}/{_escaped(one.column)}" if one.column else f"/{index}"
    return {"pointer": place, "code": one.code, "message": one.message.in_language(get_language() or "zh-hans")}


def _escaped(name: str) -> str:
    """Return a key as part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
