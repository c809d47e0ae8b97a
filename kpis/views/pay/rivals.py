"""The page of competing targets: who carries targets over the same rows, sized, and what a person decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpis.credit_choices import CarrierKind, RulingKind
from kpis.engine.specs import Library
from kpis.models import TargetRuling
from kpis.queries.definitions import library_at
from kpis.queries.pay.credit_ask import CreditAsk, role_name
from kpis.queries.pay.rivals import Rival, find_rivals, groups_for
from kpis.queries.pay.rulings import ruling_history
from kpis.services.pay.rulings import MOST_NOTE, RulingInput, RulingRefused, RulingUndone, settle, take_back
from kpis.views.pay.credit_frame import asked_credit, frame, month_choices, query_of_ask
from omnichannel.core.csvtext import csv_text
from omnichannel.core.dayfields import day_field
from omnichannel.core.http import csv_answer
from omnichannel.core.toldforms import ToldForm
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.org_chart import UnitTree, unit_tree

ROUTE = "kpis:pay_rivals"
PAIR = ("kind", "kpi", "other_kpi", "one", "other")


class RulingForm(ToldForm):
    """A decision about two competing targets."""

    ruling = forms.ChoiceField(label=gettext_lazy("Decision"), choices=RulingKind.choices, widget=forms.RadioSelect)
    share = forms.DecimalField(label=gettext_lazy("Share of the first, percent"), required=False)
    holds_from = day_field(label=gettext_lazy("Holds from"))
    note = forms.CharField(label=gettext_lazy("Why"), max_length=MOST_NOTE, widget=forms.Textarea(attrs={"rows": 2}))


@require_http_methods(["GET", "HEAD", "POST"])
def pay_rivals(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the competing targets of a month; POST keeps a decision about two of them."""
    ask = asked_credit(request)
    rivals = find_rivals(ask.last) if ask is not None else ()
    if request.method != "POST":
        return _page(request, ask, rivals)
    rival = _chosen(request.POST.dict(), rivals)
    if ask is None or rival is None:
        raise Http404("these two do not compete")
    form = RulingForm(request.POST)
    if form.is_valid():
        try:
            ruling = settle(_input(rival, form.cleaned_data), actor_id=request.access.user_id)
        except RulingRefused as error:
            form.tell(error.faults)
        else:
            undo = reverse("kpis:pay_ruling_undo", args=[slug, ruling.pk])
            messages.success(
                request, _("The decision is kept: the two no longer count as competing."), extra_tags=f"undo:{undo}"
            )
            return redirect(reverse(ROUTE, args=[slug]) + query_of_ask(ask))
    return _page(request, ask, rivals, chosen=rival, form=form, status=422)


@require_GET
def pay_rivals_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Send the competing targets of a month as CSV, with the decision that settles them."""
    ask = asked_credit(request)
    if ask is None:
        raise Http404
    head = ("kind", "carrier", "name", "kpi", "other_carrier", "other_name", "other_kpi", "at", "table", "rows",
        "money", "decision")  # fmt: skip
    rows = [
        (each.kind.value, each.carriers[0], names[0], each.kpis[0], each.carriers[1], names[1], each.kpis[1],
            each.at.id or "", each.table, each.rows, "" if each.money is None else each.money,
            each.ruling.ruling if each.ruling else "")
        for each in find_rivals(ask.last)
        for names in [[name.in_language(get_language()) for name in each.names]]
    ]  # fmt: skip
    return csv_answer(csv_text([head, *rows]), filename=f"competing-targets-{ask.last}.csv")


def _input(rival: Rival, sent: dict[str, Any]) -> RulingInput:
    return RulingInput(
        kind=rival.kind,
        kpis=rival.kpis,
        carriers=rival.carriers,
        ruling=RulingKind(sent["ruling"]),
        holds_from=sent["holds_from"],
        note=sent["note"],
        share=sent["share"],
    )


def _chosen(source: dict[str, str], rivals: Sequence[Rival]) -> Rival | None:
    key = tuple(source.get(name, "") for name in PAIR)
    return next((each for each in rivals if each.key == key), None)


def _page(
    request: WorkspaceRequest,
    ask: CreditAsk | None,
    rivals: Sequence[Rival],
    *,
    chosen: Rival | None = None,
    form: RulingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = frame(request, ask, current=ROUTE)
    if ask is not None:
        chosen = chosen or _chosen(request.GET.dict(), rivals)
        library, tree = library_at(ask.last.last_day), unit_tree(as_of=ask.last.last_day)
        lines = [_line(each, ask, library, tree) for each in rivals]
        context |= {
            "open_lines": [line for line in lines if line["rival"].ruling is None],
            "settled": [line for line in lines if line["rival"].ruling is not None],
            "chosen": _line(chosen, ask, library, tree) if chosen else None,
            "form": form or RulingForm(initial={"ruling": RulingKind.SHARED, "holds_from": ask.last.start}),
            "may_decide": may(request.access, ROUTE, "POST"),
            "history": [_event(request, row) for row in ruling_history()],
            "months": month_choices(ask),
        }
    return render(request, "kpis/pay/rivals.html", context, status=status)


def _line(rival: Rival, ask: CreditAsk, library: Library, tree: UnitTree) -> dict[str, Any]:
    language, pair = get_language(), dict(zip(PAIR, rival.key, strict=True))
    groups = [
        {"name": names.in_language(language), "total": library.kpis[total].names.in_language(language), "kpi": total}
        for _group, names, total in groups_for(rival, library)
    ]
    return {
        "rival": rival,
        "names": [each.in_language(language) for each in rival.names],
        "kpis": [(kpi, library.kpis[kpi].names.in_language(language)) for kpi in dict.fromkeys(rival.kpis)],
        "at": tree.nodes[rival.at.id].name if rival.at.id in tree else "",
        "groups": groups,
        "pair": pair,
        "url": query_of_ask(ask, **pair) + "#decide",
        "parts": rival.parts,
    }


def _event(request: WorkspaceRequest, row: TargetRuling) -> dict[str, Any]:
    return {
        "row": row,
        "title": _("Taken back") if row.undoes_id else row.get_ruling_display(),
        "pair": [carrier_name(row.kind, each) for each in (row.one, row.other)],
        "who": str(row.created_by) if row.created_by else _("not known"),
        "undo": reverse("kpis:pay_ruling_undo", args=[request.access.workspace.slug, row.pk])
        if row.undoes_id is None
        and not hasattr(row, "undone_by")
        and may(request.access, "kpis:pay_ruling_undo", "POST")
        else "",
    }


def carrier_name(kind: str, carrier: str) -> str:
    """Return the id of a unit, or a role's name."""
    return role_name(carrier).in_language(get_language()) if kind == CarrierKind.ROLE else carrier


@require_POST
def pay_ruling_undo(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take a decision back; the history keeps both."""
    ruling = get_object_or_404(TargetRuling.objects, pk=pk)
    try:
        take_back(ruling, actor_id=request.access.user_id)
    except RulingUndone as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken back: the two count as competing again."))
    return redirect("kpis:pay_rivals", slug)
