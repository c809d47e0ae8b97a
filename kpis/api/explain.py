"""Why a figure is what it is, for REST clients: the same content as the page, its rows and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, partial
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.explain_shapes import ExplanationShape, GroundShape, PartsShape, RowsBehindShape
from kpis.api.parameters import PERIOD, SLUG, asked_period
from kpis.api.tables import may_see_pay
from kpis.engine.explain import shown
from kpis.engine.narrowing import NotNarrowable
from kpis.engine.plan import plan_kpi
from kpis.engine.specs import Scope, ScopeKind
from kpis.queries.counting import counted_operands
from kpis.queries.definitions import every_kpi
from kpis.queries.drilling import DIMENSIONS, Breakdown, breakdown, dimensions
from kpis.queries.explaining import Explanation, Figure, explain_figure, read_figure
from kpis.queries.figure_places import Place, moment_asked, query_of, scopes_asked
from kpis.queries.figure_rows import OperandRows, RowAccess, operand_page, plain_cells
from kpis.queries.scope_words import Sight, scope_names, scope_text
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.permissions import may
from roles.queries.org_chart import UnitTree, unit_tree

KPI = OpenApiParameter("kpi", str, OpenApiParameter.PATH, description="The KPI: `GET kpis/`.")
SCOPE = OpenApiParameter(
    "scope", str, description="Whose figure: `unit:S001`, `employee:E1`, `channel:store`; else the company."
)
WHERE = OpenApiParameter("where", str, many=True, description="Only rows of this scope too, such as `channel:store`.")
KNOWN_AT = OpenApiParameter("known_at", str, description="A moment or a day: the figure as it was known then.")
OPERAND = OpenApiParameter("operand", int, description="The operand's place in the formula, from 0.")
CURSOR = OpenApiParameter("cursor", int, description="Where the page begins, from `next` of the page before.")
PAGE_SIZE = OpenApiParameter(
    "page_size", int, description="Rows (or customers, where they are counted) of a page: 1 to 1,000."
)
BY = OpenApiParameter(
    "by", str, enum=[kind.value for kind in DIMENSIONS], description="What to take the figure apart by."
)
FIGURE = [SLUG, KPI, PERIOD, SCOPE, WHERE, KNOWN_AT]
MOST = 1_000
MOST_SKIPPED = 10**12


class FigureView(WorkspaceAPIMixin, APIView):
    """What the views of one figure have in common."""

    def asked(self, request: Request, kpi: str) -> tuple[Figure, UnitTree, Sight]:
        """Return the figure asked for; 404 for what is not there or not the caller's, 422 for what is no scope."""
        access = access_of(request)
        period = asked_period(request)
        if kpi not in every_kpi() or period is None:
            raise Http404(kpi)
        sight = Sight(access.own_unit, access.own_person, with_people=may(access, "kpis:person_scorecard"))
        query = request.query_params
        scope, where = _scopes(query.get("scope", ""), query.getlist("where"), default=sight.scope)
        try:
            known_at = moment_asked(query.get("known_at", ""), zone=access.workspace.timezone)
        except ValueError as error:
            raise ValidationError({"known_at": [_("Neither a moment nor a day")]}) from error
        place, tree = Place(kpi, period, scope, where, known_at), unit_tree(as_of=period.last_day)
        unknown = any(each.kind is ScopeKind.UNIT and each.id not in tree for each in place.scopes)
        if unknown or not sight.covers(place.scopes, on=period.last_day):
            raise Http404(scope_text(scope))
        try:
            figure = read_figure(place, tree=tree)
        except NotNarrowable as error:
            raise ValidationError({"where": [str(error)]}) from error
        if figure is None:
            raise Http404(kpi)
        return figure, tree, sight


def _scopes(scope: str, where: list[str], *, default: Scope) -> tuple[Scope, tuple[Scope, ...]]:
    try:
        return scopes_asked(scope, where, default=default)
    except ValueError as error:
        raise ValidationError({"scope": [_("No scope: %(text)s") % {"text": str(error)}]}) from error


class ExplainView(FigureView):
    """One figure explained."""

    @extend_schema(operation_id="kpis_explain", responses=ExplanationShape, parameters=FIGURE, tags=["kpis"])
    def get(self, request: Request, slug: str, kpi: str, **kwargs: Any) -> Response:
        """Return the sentence, the formula with its numbers, each operand, and what the figure rests on."""
        figure, tree, _sight = self.asked(request, kpi)
        names = scope_names(figure.place.scopes, tree=tree)
        told = explain_figure(figure, names=names)
        if not told.is_complete:
            counted = counted_operands(figure.traced, library=figure.library, tree=tree, row=figure.row)
            told = explain_figure(figure, names=names, counted=counted)
        return Response(_explanation(told, names, request=request, slug=slug))


class ExplainRowsView(FigureView):
    """The rows behind one operand."""

    @extend_schema(
        operation_id="kpis_explain_rows",
        responses=RowsBehindShape,
        parameters=[*FIGURE, OPERAND, CURSOR, PAGE_SIZE],
        tags=["kpis"],
    )
    def get(self, request: Request, slug: str, kpi: str, **kwargs: Any) -> Response:
        """Return a page of the rows that add up to an operand, each with its upload, sheet and line."""
        figure, tree, _sight = self.asked(request, kpi)
        access = access_of(request)
        number = _number(request, "operand", default=0, least=0, most=len(plan_kpi(figure.library, kpi).refs) - 1)
        after = _number(request, "cursor", default=0, least=0, most=MOST_SKIPPED)
        size = _number(request, "page_size", default=100, least=1, most=MOST)
        seen = RowAccess(may_see_pay(request), may(access, "kpis:person_scorecard") or may(access, "kpis:row"))
        page = operand_page(figure, number, tree=tree, access=seen, after=after, limit=size)
        return Response(_rows(page, request=request))


class ExplainPartsView(FigureView):
    """A figure taken apart."""

    @extend_schema(
        operation_id="kpis_explain_parts",
        responses=PartsShape,
        parameters=[
            *FIGURE,
            BY,
            OpenApiParameter(
                "vs", str, enum=["prev", "yoy"], description="What to compare with; `prev` when left out."
            ),
        ],
        tags=["kpis"],
    )
    def get(self, request: Request, slug: str, kpi: str, **kwargs: Any) -> Response:
        """Return the figure by unit, person, channel, campaign or role, and what each part did to its change."""
        figure, tree, sight = self.asked(request, kpi)
        place = figure.place
        open_kinds = [each.kind for each in dimensions(figure.library, place, tree=tree) if each.is_open]
        by, vs = request.query_params.get("by", ""), request.query_params.get("vs", "prev")
        chosen = next((kind for kind in open_kinds if by in ("", kind.value)), None)
        if chosen is None or (chosen is ScopeKind.EMPLOYEE and not sight.with_people):
            raise ValidationError({"by": [_("This figure cannot be taken apart by it.")]})
        if vs not in ("prev", "yoy"):
            raise ValidationError({"vs": [_("prev or yoy")]})
        earlier = place.at(place.period.previous() if vs == "prev" else place.period.year_earlier())
        old_tree = cache(partial(unit_tree, as_of=earlier.period.last_day))
        old = read_figure(earlier, tree=old_tree())
        before = None if old is None or old.value.value is None else (earlier, old.value, old_tree)
        found = breakdown(place, figure.value, chosen, library=figure.library, tree=tree, before=before)
        if found is None:
            raise ValidationError({"by": [_("This figure cannot be taken apart by it.")]})
        names = scope_names([part.scope for part in found.parts], tree=tree)
        return Response(_parts(found, names))


def _explanation(told: Explanation, names: Mapping[Scope, Bilingual], *, request: Request, slug: str) -> dict[str, Any]:
    place, value, ground = told.place, told.value, told.ground
    return {
        "kpi": place.kpi,
        "names": told.spec.names.as_json(),
        "unit": told.spec.unit,
        "period": str(place.period),
        "scope": _scope(place.scope, names),
        "where": [_scope(each, names) for each in place.where],
        "known_at": place.known_at,
        "value": _text(value.value),
        "numerator": _text(value.numerator),
        "denominator": _text(value.denominator),
        "row_count": value.rows,
        "reason": value.reason.value if value.reason else "",
        "target": _text(told.target),
        "sentence": told.sentence.as_json(),
        "formula": told.spec.formula,
        "formula_in_words": told.in_words.as_json(),
        "formula_in_numbers": told.numbers("en"),
        "operands": [_operand(each, place, request=request, slug=slug) for each in told.operands],
        "parameters": [{"name": each.name, "names": each.names.as_json(), "value": each.value} for each in told.params],
        "tables": [
            {
                "id": each.table.id,
                "names": each.table.names.as_json(),
                "last_day": each.last_day,
                "newest_upload": each.newest_upload,
            }
            for each in told.tables
        ],
        "ground": None if ground is None else GroundShape(ground).data,
    }


def _operand(each: Any, place: Place, *, request: Request, slug: str) -> dict[str, Any]:
    url = reverse("kpis_api:explain_rows", args=[slug, place.kpi])
    return {
        "index": each.place,
        "ref": str(each.ref),
        "names": each.label.as_json(),
        "value": _text(each.value),
        "reason": each.reason,
        "how": each.words.how.as_json(),
        "conditions": [one.as_json() for one in each.words.conditions],
        "tables": [table.id for table in each.words.tables],
        "first_day": each.first_day,
        "last_day": each.last_day,
        "rows": request.build_absolute_uri(f"{url}?{query_of(place)}&operand={each.place}"),
    }


def _rows(page: OperandRows, *, request: Request) -> dict[str, Any]:
    following = page.behind.page.next
    query = request.query_params.copy()
    query["cursor"] = str(following)
    return {
        "operand": page.number,
        "ref": str(page.ref),
        "value": _text(page.value),
        "amount": _text(page.amount),
        "weight": _text(page.weight),
        "reason": page.operand.reason.value if page.operand.reason else "",
        "total": page.behind.page.total,
        "by_entity": page.behind.page.by_entity,
        "known_at": page.behind.known_at,
        "next": None if following is None else request.build_absolute_uri(f"{request.path}?{query.urlencode()}"),
        "results": [_row(line) for line in page.lines],
    }


def _row(line: Any) -> dict[str, Any]:
    traced, upload = line.traced, line.upload
    return {
        "table": traced.table,
        "key": line.key,
        "counted_as": traced.counted_as.value,
        "amount": _text(line.amount),
        "weight": _text(line.weight),
        "entity": line.entity,
        "upload": None
        if upload is None
        else {"id": upload.pk, "filename": upload.filename, "sheet": traced.sheet, "line": traced.line},
        "cells": plain_cells(line),
    }


def _parts(found: Breakdown, names: Mapping[Scope, Bilingual]) -> dict[str, Any]:
    rest = found.rest
    return {
        "by": found.kind.value,
        "value": _text(found.whole.value),
        "before": None if found.before is None else _text(found.before.value),
        "change": _text(found.change),
        "change_by_numerator": _text(found.by_top),
        "change_by_denominator": _text(found.by_bottom),
        "adds_up": found.adds_up,
        "counted_anew": found.counted_anew,
        "parts": [
            {
                "scope": _scope(part.scope, names),
                "value": _text(part.value.value if part.value else None),
                "numerator": _text(part.value.numerator if part.value else None),
                "denominator": _text(part.value.denominator if part.value else None),
                "rows": part.value.rows if part.value else 0,
                "reason": part.value.reason.value if part.value and part.value.reason else "",
                "share": _text(part.share),
                "rate": _text(part.rate),
                "mix": _text(part.mix),
                "effect": _text(part.total),
            }
            for part in found.parts
        ],
        "rest": None
        if rest is None
        else {"numerator": _text(rest.top), "denominator": _text(rest.bottom), "effect": _text(rest.effect)},
    }


def _scope(scope: Scope, names: Mapping[Scope, Bilingual]) -> dict[str, Any]:
    return {"kind": scope.kind.value, "id": scope.id, "name": names[scope].as_json()}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else shown(value)


def _number(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 13 or not least <= int(text) <= most:
        raise ValidationError({name: [_("A whole number from %(least)s to %(most)s") % {"least": least, "most": most}]})
    return int(text)
