"""Disputes of pay: the list, one with its history, raising, taking up, answering and withdrawing it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpis.choices import DisputeReason, DisputeState
from kpis.errors import DisputeInvalid
from kpis.models import PayDispute, PayLine
from kpis.queries.pay.disputes import DisputeFilter, answerers, disputes_seen, term_days
from kpis.queries.pay.receipt import line_of
from kpis.services.pay.dispute_files import drop_file, keep_file
from kpis.services.pay.disputes import (
    Claim,
    Verdict,
    answer_dispute,
    raise_dispute,
    set_term,
    take_dispute,
    withdraw_dispute,
)
from kpis.views.pay.dispute_forms import AnswerForm, ClaimForm, TakeForm, TermForm
from kpis.views.pay.dispute_words import history, what_happens_next
from kpis.views.pay.tabs import pay_tabs
from omnichannel.core.csvtext import csv_text
from omnichannel.core.errors import DomainError
from omnichannel.core.http import csv_answer
from omnichannel.core.text import Bilingual
from omnichannel.core.toldforms import ToldForm
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.people import people_names

PAGE = 50
COLUMNS = (
    "id", "month", "person", "name", "line", "reason", "state", "asked", "granted", "due_on", "owner", "raised",
)  # fmt: skip


@require_GET
def pay_disputes(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the disputes the reader may see: late ones first, then by the day they are due."""
    asked, today = DisputeFilter.from_query(request.GET), current_day()
    seen = disputes_seen(person=request.access.own_person)
    rows = asked.apply(seen, user_id=request.access.user_id, today=today)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    running = seen.filter(state__in=[DisputeState.OPEN, DisputeState.IN_REVIEW])
    context = {
        "tabs": pay_tabs(request, "kpis:pay_disputes"),
        "page": page,
        "lines": _lines(page, today),
        "asked": asked,
        "is_narrowed": asked != DisputeFilter(),
        "counts": {"running": running.count(), "overdue": running.filter(due_on__lt=today).count()},
        "states": [("running", _("Not answered yet")), ("overdue", _("Late")), *DisputeState.choices],
        "reasons": DisputeReason.choices,
        "whose": [("mine", _("Those I answer"))],
        "term": TermForm(initial={"days": term_days()}) if _answers(request) else None,
        "is_hr": _answers(request),
    }
    return render(request, "kpis/pay/disputes.html", context)


@require_GET
def pay_disputes_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the same list as CSV."""
    today = current_day()
    rows = DisputeFilter.from_query(request.GET).apply(
        disputes_seen(person=request.access.own_person), user_id=request.access.user_id, today=today
    )
    lines: list[list[object]] = [list(COLUMNS)]
    for each in _lines(rows, today):
        row = each["row"]
        granted = row.adjustment.amount if row.adjustment else ""
        asked = "" if row.asked is None else row.asked
        told = [row.reason, row.state, asked, granted, row.due_on, str(row.owner or ""), row.raised_at.date()]
        lines.append([row.pk, each["month"], row.person_external_id, each["person"], each["line"], *told])
    return csv_answer(csv_text(lines), filename=f"disputes-{today}.csv")


@require_http_methods(["GET", "POST"])
def pay_dispute_new(request: WorkspaceRequest, slug: str, line_id: int) -> HttpResponse:
    """Dispute a line of a closed month; 404 for a line of somebody else's."""
    rows = PayLine.objects.select_related("statement__run", "statement__plan")
    own = request.access.own_person
    rows = rows if own is None else rows.filter(statement__person_external_id=own)
    line = get_object_or_404(rows.filter(statement__run__locked_at__isnull=False), pk=line_id)
    is_sent, status = request.method == "POST", 200
    form = ClaimForm(request.POST, request.FILES) if is_sent else ClaimForm()
    if is_sent:
        if form.is_valid() and (raised := _raise(request, line, form)) is not None:
            messages.success(request, _("Sent. You are told here when somebody takes it up and what the answer is."))
            return redirect("kpis:pay_dispute", slug, raised.pk)
        status = 422
    context = {"tabs": pay_tabs(request, "kpis:pay_disputes"), "line": line_of(line), "form": form, "days": term_days()}
    return render(request, "kpis/pay/dispute_new.html", context, status=status)


@require_GET
def pay_dispute(request: WorkspaceRequest, slug: str, dispute_id: int) -> HttpResponse:
    """Show one dispute: the line, what was said, every step, and what may be done next."""
    return _page(request, _found(request, dispute_id))


@require_POST
def pay_dispute_answer(request: WorkspaceRequest, slug: str, dispute_id: int) -> HttpResponse:
    """Take a dispute up or answer it, as `step` of the pressed button says; for owners and HR leads."""
    found = _found(request, dispute_id)
    if request.POST.get("step") == "take":
        return _take(request, found)
    form = AnswerForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        verdict = Verdict(DisputeState(data["state"]), data["answer"], data["amount"])
        try:
            answer_dispute(found.pk, verdict, actor_id=request.access.user_id)
        except DomainError as error:
            _tell(form, error)
        else:
            messages.success(request, _("Answered. The person reads it on the statement."))
            return redirect("kpis:pay_dispute", slug, found.pk)
    return _page(request, _found(request, dispute_id), answer=form, status=422)


@require_POST
def pay_dispute_withdraw(request: WorkspaceRequest, slug: str, dispute_id: int) -> HttpResponse:
    """Take one's dispute back."""
    found, access = _found(request, dispute_id), request.access
    try:
        withdraw_dispute(found.pk, actor_id=access.user_id, person=access.person_external_id)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken back."))
    return redirect("kpis:pay_dispute", slug, found.pk)


@require_POST
def pay_dispute_term(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Set in how many days disputes raised from now on are answered."""
    form = TermForm(request.POST)
    if form.is_valid():
        set_term(form.cleaned_data["days"], actor_id=request.access.user_id)
        messages.success(request, _("Saved: it holds for disputes raised from now on."))
    else:
        messages.error(request, _("From 1 to 90 days."))
    return redirect("kpis:pay_disputes", slug)


@require_GET
def pay_dispute_file(request: WorkspaceRequest, slug: str, dispute_id: int) -> HttpResponseBase:
    """Answer the file that came with a dispute, always as a file to keep."""
    found = _found(request, dispute_id)
    if not found.path or not found.file.exists():
        raise Http404
    return FileResponse(
        found.file.open("rb"), as_attachment=True, filename=found.filename, content_type="application/octet-stream"
    )


def _raise(request: WorkspaceRequest, line: PayLine, form: ClaimForm) -> PayDispute | None:
    data, kept = form.cleaned_data, None
    try:
        if data["file"]:
            kept = keep_file(data["file"].chunks(), filename=data["file"].name)
        claim = Claim(data["reason"], data["text"], data["asked"])
        return raise_dispute(line, claim, actor_id=request.access.user_id, file=kept)
    except DomainError as error:
        if kept is not None:
            drop_file(kept)
        _tell(form, error)
        return None


def _take(request: WorkspaceRequest, found: PayDispute) -> HttpResponse:
    form = TakeForm(request.POST, owners=answerers(found))
    if form.is_valid():
        data = form.cleaned_data
        try:
            take_dispute(
                found.pk,
                actor_id=request.access.user_id,
                owner_id=int(data["owner"]),
                due_on=data["due_on"],
                note=data["note"],
            )
        except DomainError as error:
            _tell(form, error)
        else:
            messages.success(request, _("Noted."))
            return redirect("kpis:pay_dispute", request.access.workspace.slug, found.pk)
    return _page(request, _found(request, found.pk), take=form, status=422)


def _tell(form: ToldForm, error: DomainError) -> None:
    form.tell(error.faults if isinstance(error, DisputeInvalid) else {"": str(error)})


def _page(
    request: WorkspaceRequest,
    found: PayDispute,
    *,
    take: TakeForm | None = None,
    answer: AnswerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    owners = answerers(found)
    may_answer = found.is_running and _answers(request) and request.access.user_id in owners
    mine = request.access.user_id == found.raised_by_id or (
        bool(found.person_external_id) and request.access.person_external_id == found.person_external_id
    )
    owner = str(found.owner_id or request.access.user_id)
    person = people_names([found.person_external_id]).get(found.person_external_id, found.person_external_id)
    context = {
        "tabs": pay_tabs(request, "kpis:pay_disputes"),
        "dispute": found,
        "person": person,
        "line": line_of(found.line),
        "events": history(found),
        "next": what_happens_next(found, today=current_day()),
        "take": take or (TakeForm(owners=owners, initial={"owner": owner, "due_on": found.due_on})),
        "answer": answer or AnswerForm(initial={"amount": found.asked}),
        "may_answer": may_answer,
        "may_withdraw": found.is_running and mine,
        "is_late": found.is_running and found.due_on < current_day(),
    }
    return render(request, "kpis/pay/dispute.html", context, status=status)


def _found(request: WorkspaceRequest, dispute_id: int) -> PayDispute:
    return get_object_or_404(disputes_seen(person=request.access.own_person), pk=dispute_id)


def _answers(request: WorkspaceRequest) -> bool:
    return may(request.access, "kpis:pay_dispute_answer", "POST")


def _lines(rows: Iterable[PayDispute], today: Any) -> list[dict[str, Any]]:
    found = list(rows)
    names, language = people_names({each.person_external_id for each in found}), get_language()
    return [
        {
            "row": each,
            "person": names.get(each.person_external_id, each.person_external_id),
            "line": Bilingual(**each.line.workings["names"]).in_language(language),
            "month": each.line.statement.run.period,
            "is_late": each.is_running and each.due_on < today,
        }
        for each in found
    ]
