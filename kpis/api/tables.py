"""The canonical tables over REST: what a client needs to build its push, and the current rows as a file."""

from __future__ import annotations

from typing import Any

from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG, TABLE
from kpis.api.shapes import BilingualShape
from kpis.datasets.checks.privacy import kinds_of
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec
from kpis.library import load_library
from kpis.queries.current_rows import csv_lines, shown_columns
from omnichannel.core.http import FileNegotiation
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.choices import SEES_PAY


class ColumnShape(serializers.Serializer[Any]):
    """One column. Keys and headers may be the name, a name in either language, or an alias."""

    name = serializers.CharField()
    names = BilingualShape()
    type = serializers.ChoiceField(choices=[kind.value for kind in ColumnType])
    required = serializers.BooleanField(  # type: ignore[assignment]
        help_text="Must be there and filled in every row."
    )
    computed = serializers.BooleanField(help_text="Filled by the product; never sent.")
    unit = serializers.CharField()
    enum = serializers.ListField(child=serializers.CharField(), help_text="The only values; empty: any.")
    ref = serializers.CharField(help_text="`table.column` whose ids it holds.")
    aliases = serializers.ListField(child=serializers.CharField())
    example = serializers.CharField()


class TableShape(serializers.Serializer[Any]):
    """One table. The key decides which row is the same row."""

    id = serializers.CharField()
    names = BilingualShape()
    key = serializers.ListField(child=serializers.CharField())
    refused = BilingualShape(many=True, help_text="Personal data that is refused here, by name and by content.")
    columns = ColumnShape(many=True)
    example = serializers.DictField(child=serializers.CharField(), help_text="A row that can be pushed as it is.")


def table_or_404(table: str) -> TableSpec:
    """Return the table, or 404."""
    found = load_library().tables.get(table)
    if found is None:
        raise Http404
    return found


def may_see_pay(request: Request) -> bool:
    """Tell whether the caller administers pay; for everyone else the column is not there."""
    access = access_of(request)
    return access.role in SEES_PAY


class TablesView(WorkspaceAPIMixin, APIView):
    """All tables."""

    @extend_schema(operation_id="tables_list", responses=TableShape(many=True), parameters=[SLUG], tags=["tables"])
    def get(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Return every canonical table with its columns, types, key, allowed values, aliases and privacy rule."""
        return Response([_table(table) for table in load_library().tables.values()])


class TableView(WorkspaceAPIMixin, APIView):
    """One table."""

    @extend_schema(operation_id="tables_get", responses=TableShape, parameters=[SLUG, TABLE], tags=["tables"])
    def get(self, request: Request, slug: str, table: str, **kwargs: Any) -> Response:
        """Return one table."""
        return Response(_table(table_or_404(table)))


class ExportView(WorkspaceAPIMixin, APIView):
    """The current rows as a file."""

    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="tables_export",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        parameters=[SLUG, TABLE],
        tags=["tables"],
    )
    def get(self, request: Request, slug: str, table: str, **kwargs: Any) -> HttpResponseBase:
        """Return all current rows as CSV. Uploaded again without a change it changes nothing."""
        found = table_or_404(table)
        columns = shown_columns(found, with_pay=may_see_pay(request))
        lines = csv_lines(found, columns=columns)
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{found.id}.csv"'
        return response


def _table(table: TableSpec) -> dict[str, Any]:
    return {
        "id": table.id,
        "names": {"zh": table.names.zh, "en": table.names.en},
        "key": list(table.key),
        "refused": [{"zh": kind.names.zh, "en": kind.names.en} for kind in kinds_of(table.id)],
        "columns": [_column(column) for column in table.columns],
        "example": {column.name: column.example for column in table.columns if column.example and not column.computed},
    }


def _column(column: ColumnSpec) -> dict[str, Any]:
    return {
        "name": column.name,
        "names": {"zh": column.names.zh, "en": column.names.en},
        "type": column.type.value,
        "required": not column.nullable and not column.computed,
        "computed": column.computed,
        "unit": column.unit,
        "enum": list(column.enum),
        "ref": column.ref,
        "aliases": list(column.aliases),
        "example": column.example,
    }
