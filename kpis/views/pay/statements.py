"""Statements of pay: my own, one as a receipt, the rows behind a line, and the receipt on paper."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from kpis.incentives.wording import component_sentence
from kpis.models import PayStatement
from kpis.queries.pay.plans import paid_by, plans_on, vocabulary
from kpis.queries.pay.receipt import Receipt, receipt
from kpis.queries.pay.rows import OpenedBase, opened_base
from kpis.queries.pay.statements import my_months, statements_seen
from kpis.views.pay.rule_words import rule_words
from kpis.views.pay.statement_paper import paper_of
from kpis.views.pay.tabs import pay_tabs
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.org_chart import unit_tree
from roles.queries.people import holdings_of

ROWS = 50
MONTHS = 24


@require_GET
def my_pay(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the reader's own pay: the newest closed month as a receipt, the months before as a list."""
    person = request.access.person_external_id
    months = my_months(person)[:MONTHS] if person else []
    seen = statements_seen(person=person).order_by("-run__period", "pk")
    newest = [receipt(each) for each in seen.filter(run__period=months[0].period)] if months else []
    context = {
        "tabs": pay_tabs(request, "kpis:my_pay"),
        "person": person,
        "months": months,
        "receipts": newest,
        "is_own": True,
        "plans": [] if newest or not person else _plans_of(request, person),
    }
    return render(request, "kpis/pay/my_pay.html", context | _offers(request))


@require_GET
def pay_statement(request: WorkspaceRequest, slug: str, statement_id: int) -> HttpResponse:
    """Show one statement as a receipt; 404 for somebody else's and for an open month to all but HR."""
    found = receipt(statement_of(request, statement_id))
    context = {"tabs": pay_tabs(request, "kpis:pay_runs"), "receipt": found, "is_own": _is_own(request, found)}
    return render(request, "kpis/pay/statement.html", context | _offers(request))


@require_GET
def pay_statement_rows(request: WorkspaceRequest, slug: str, statement_id: int, base: str) -> HttpResponse:
    """Show what one base of a statement counted, row by row: a fragment inside the receipt, or a page of its own."""
    statement = statement_of(request, statement_id)
    asked = request.GET.get("page", "1")
    number = max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    found = opened_base(statement, base, offset=(number - 1) * ROWS, limit=ROWS)
    if found is None:
        raise Http404
    context = {
        "statement": statement,
        "opened": found,
        "rows": [(row, rule_words(row.rule)) for row in found.found.rows],
        "page": _page(found, number),
        "address": reverse("kpis:pay_statement_rows", args=[slug, statement_id, base]),
    }
    whole = not request.htmx or request.htmx.boosted
    return render(request, f"kpis/pay/{'statement_rows' if whole else '_statement_rows'}.html", context)


@require_GET
def pay_statement_rows_file(request: WorkspaceRequest, slug: str, statement_id: int, base: str) -> HttpResponse:
    """Answer the same rows as CSV."""
    statement = statement_of(request, statement_id)
    found = opened_base(statement, base)
    if found is None:
        raise Http404
    lines = [[row.id, row.at, row.customer, row.rule, row.amount, row.count] for row in found.found.rows]
    text = csv_text([["id", "at", "customer", "rule", "amount", "count"], *lines])
    return csv_answer(text, filename=f"pay-{statement.run.period}-{statement.person_external_id}-{base}.csv")


@require_GET
def pay_statement_pdf(request: WorkspaceRequest, slug: str, statement_id: int) -> HttpResponse:
    """Answer the receipt as PDF in the reader's language."""
    # heavy: not for every process at its start, only for who prints
    from roles.paper.pdf import as_pdf
    from roles.paper.report import pages_of

    found = receipt(statement_of(request, statement_id))
    report = paper_of(found, company=request.access.workspace.name, reader=str(request.user))
    body = as_pdf(pages_of(report), title=report.title, author=str(request.user), made_at=timezone.now())
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="pay-{found.run.period}-{statement_id}.pdf"'
    return answer


def statement_of(request: WorkspaceRequest, statement_id: int) -> PayStatement:
    """Return a statement that the reader may open, else 404."""
    return get_object_or_404(statements_seen(person=request.access.own_person), pk=statement_id)


def _page(found: OpenedBase, number: int) -> Page[Any]:
    return Paginator(range(found.found.total), ROWS).get_page(number)


def _is_own(request: WorkspaceRequest, found: Receipt) -> bool:
    return found.statement.person_external_id == request.access.person_external_id


def _offers(request: WorkspaceRequest) -> dict[str, bool]:
    """Tell which links of a receipt the reader may follow."""
    return {
        "may_dispute": may(request.access, "kpis:pay_dispute_new", "POST"),
        "may_what_if": may(request.access, "kpis:pay_what_if"),
        "may_see_run": may(request.access, "kpis:pay_run"),
    }


def _plans_of(request: WorkspaceRequest, person: str) -> list[dict[str, Any]]:
    """Return the plans that pay the reader now, each in its sentences; none has paid them yet."""
    day, language = today_in(request.access.workspace), get_language() or "en"
    tree, words = unit_tree(as_of=day), vocabulary()
    plans = plans_on(day)
    found = {}
    for holding in holdings_of([person], as_of=day, tree=tree).get(person, ()):
        on = paid_by(holding, plans, tree)
        if on is not None:
            found[on.row.key] = {
                "name": on.plan.names,
                "role": holding.role_names,
                "sentences": [component_sentence(each, words, language) for each in on.plan.components],
                "from": on.row.effective_from,
            }
    return list(found.values())
