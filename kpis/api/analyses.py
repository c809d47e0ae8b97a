"""Analyses for REST clients: the same findings and tables as the pages, and the customers behind them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.analysis_choices import LISTED, AnalysisName
from kpis.api.parameters import PERIOD, SLUG, asked_period
from kpis.queries.analyses.board import Board, board_of
from kpis.queries.analyses.files import FORMATS, asked_list, list_file
from kpis.queries.analyses.lists import SPECS
from kpis.queries.analyses.place import Place, place_at
from kpis.queries.analyses.stored import standing_of
from kpis.queries.analyses.story import FEWEST, Cell, Sheet
from kpis.queries.analyses.telling import gap_of, tell
from kpis.queries.health import data_digests
from kpis.queries.values import stored_periods
from omnichannel.core.http import FileNegotiation, refuse_unknown_words
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, enum=AnalysisName.values, description="The analysis.")
LIST = OpenApiParameter(
    "name", str, OpenApiParameter.PATH, enum=[name.value for name in LISTED], description="An analysis with lists."
)
UNIT = OpenApiParameter("unit", str, description="External id of a unit; the whole company when left out.")
VIEW = OpenApiParameter(
    "view", str, enum=sorted({view for spec in SPECS.values() for view in spec.views}), description="Which list."
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KIND = OpenApiParameter("kind", str, enum=list(FORMATS), description="`csv` when left out.")
AGAINST = OpenApiParameter("against", str, enum=["1", "3", "12"], description="AIPL: months back to compare with.")


class CellShape(serializers.Serializer[Any]):
    """One cell. Numbers are text. `withheld`: a group of fewer than five people."""

    value = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why there is no value.")
    withheld = serializers.BooleanField()


class LineShape(serializers.Serializer[Any]):
    """A line of a table; `cells` by the keys of its columns."""

    key = serializers.CharField(allow_blank=True)
    label = serializers.CharField()  # type: ignore[assignment]
    total = serializers.BooleanField()
    mark = serializers.CharField(allow_blank=True)
    cells = serializers.DictField(child=CellShape())


class SheetShape(serializers.Serializer[Any]):
    """A table of an analysis."""

    key = serializers.CharField()
    title = serializers.CharField()
    columns = serializers.DictField(child=serializers.CharField(), help_text="Key and heading, in their order.")
    rows = LineShape(many=True)
    note = serializers.CharField(allow_blank=True)


class AnalysisShape(serializers.Serializer[Any]):
    """One analysis. `finding` is empty where there is nothing to tell; then `gap` says why."""

    name = serializers.ChoiceField(choices=AnalysisName.values)
    period = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    finding = serializers.CharField(allow_blank=True)
    gap = serializers.CharField(allow_blank=True)
    sheets = SheetShape(many=True)
    rules = serializers.ListField(child=serializers.CharField())
    params = serializers.DictField(child=serializers.CharField(), help_text="Parameters in force when it was computed.")
    data_until = serializers.DateField(allow_null=True)
    computed_at = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField(help_text="Data, units or parameters have changed since.")


class AnalysisView(WorkspaceAPIMixin, APIView):
    """One analysis."""

    @extend_schema(
        operation_id="analyses_get",
        responses=AnalysisShape,
        parameters=[SLUG, NAME, PERIOD, UNIT, AGAINST],
        tags=["analyses"],
    )
    def get(self, request: Request, slug: str, name: str, **kwargs: Any) -> Response:
        """Return the finding, the tables and the rules of an analysis, in the language asked for."""
        refuse_unknown_words(request, [AGAINST])
        chosen, place = _name(name), _place(request)
        board = board_of(place.period, place.scope)
        story = tell(chosen, board, request.query_params.dict())
        gap = None if story else gap_of(chosen, board)
        body = {
            "name": chosen.value,
            "period": str(place.period),
            "unit": place.scope.id,
            "finding": story.finding if story else "",
            "gap": f"{gap.title}: {gap.text}" if gap else "",
            "sheets": [_sheet(sheet) for sheet in story.sheets] if story else [],
            "rules": list(story.rules) if story else [],
        }
        return Response(body | _standing(chosen, board))


class ListExportView(WorkspaceAPIMixin, APIView):
    """The customers behind an analysis."""

    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="analyses_customers",
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, XLSX): OpenApiTypes.BINARY},
        parameters=[SLUG, LIST, PERIOD, UNIT, VIEW, KIND],
        tags=["analyses"],
    )
    def get(self, request: Request, slug: str, name: str, **kwargs: Any) -> HttpResponseBase:
        """Return a list of pseudonymous customer ids with their figures as CSV or XLSX.

        Erased customers are in no list; those that serve to write to people hold only who agreed to it.
        """
        refuse_unknown_words(request, [KIND, VIEW])
        kind = request.query_params.get("kind", "csv")
        query = request.query_params
        try:
            asked = asked_list(_name(name), _place(request), view=query.get("view", ""), sort=query.get("sort", ""))
        except LookupError:
            raise Http404 from None
        file = list_file(asked, kind)
        response: HttpResponseBase
        if isinstance(file.content, bytes):
            response = HttpResponse(file.content, content_type=file.content_type)
        else:
            response = StreamingHttpResponse(file.content, content_type=file.content_type)
        response["Content-Disposition"] = f'attachment; filename="{file.filename}"'
        return response


def _name(name: str) -> AnalysisName:
    try:
        return AnalysisName(name)
    except ValueError:
        raise Http404 from None


def _place(request: Request) -> Place:
    """Return the month and unit asked for, within what the caller may see; 404 for what is not there."""
    access = access_of(request)
    period = asked_period(request)
    if period is None or period not in stored_periods():
        raise Http404
    try:
        return place_at(period, unit=request.query_params.get("unit", ""), within=access.own_unit)
    except LookupError:
        raise Http404 from None


def _standing(name: AnalysisName, board: Board) -> dict[str, Any]:
    row = board.results.get(name)
    if row is None:
        return {"params": {}, "data_until": None, "computed_at": None, "stale": False}
    standing = standing_of(row, board.period, digests=data_digests())
    return {
        "params": dict(standing.params),
        "data_until": standing.data_until,
        "computed_at": standing.computed_at,
        "stale": standing.stale,
    }


def _sheet(sheet: Sheet) -> dict[str, Any]:
    return {
        "key": sheet.key,
        "title": sheet.title,
        "columns": {column.key: column.label for column in sheet.columns},
        "rows": [
            {
                "key": row.key,
                "label": row.label,
                "total": row.total,
                "mark": row.mark,
                "cells": {column.key: _cell(cell) for column, cell in zip(sheet.columns, row.cells, strict=True)},
            }
            for row in sheet.rows
        ],
        "note": sheet.note,
    }


def _cell(cell: Cell) -> dict[str, Any]:
    value = None if cell.few or cell.value is None else str(cell.value)
    reason = f"fewer_than_{FEWEST}" if cell.few else str(cell.reason) if cell.value is None else ""
    return {"value": value, "unit": cell.unit, "reason": reason, "withheld": cell.few}
