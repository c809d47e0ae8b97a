"""Certificates: the list with what expires, one checked by its number, printed, recorded from elsewhere, revoked."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.core.csvtext import csv_text
from omnichannel.core.errors import DomainError
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue.training import load_training
from roles.paper.pdf import as_pdf
from roles.queries.people import people_names
from talent.courses.certificate import CertificatePaper, certificate_page
from talent.forms.training import ElsewhereForm
from talent.queries.certificates import (
    REMIND_DAYS,
    Certificate,
    Origin,
    Standing,
    certificate_numbered,
    certificates,
    number_pattern,
)
from talent.queries.training import national_titles, programme_titles, programmes
from talent.services.certificates import Elsewhere, record_elsewhere, revoke_certificate, set_pattern
from talent.services.training_reach import people_seen
from talent.views.training_frame import (
    CERTIFICATES,
    ORIGINS,
    actor_of,
    found_or_404,
    frame,
    programme_options,
    refuse,
    sign,
)

ROUTE, PAGE = "talent:certificates", 50
FILE_COLUMNS = (
    "number", "person_id", "person", "programme_id", "programme", "issued_on", "expires_on", "standing", "origin",
    "issuer", "revoked_on", "revoke_reason",
)  # fmt: skip


@require_GET
def certificates_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the certificates of the people whom the reader may see."""
    today = today_in(request.access.workspace)
    everything = _seen(request, today)
    asked = {name: request.GET.get(name, "") for name in ("standing", "programme", "origin", "q", "sort")}
    names = people_names({one.person for one in everything})
    titles = programme_titles({one.programme for one in everything})
    found = _sorted([one for one in everything if _fits(one, asked, names)], asked["sort"], names)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    language = get_language()
    context = frame(
        request,
        ROUTE,
        rows=[_row(one, names, titles) for one in page],
        page=page,
        total=len(everything),
        counts=[
            (words[0], key.value, sum(one.standing is key for one in everything)) for key, words in CERTIFICATES.items()
        ],
        asked=asked,
        programmes=sorted((key, title.in_language(language)) for key, title in titles.items()),
        standings=[(key.value, words[0]) for key, words in CERTIFICATES.items()],
        origins=[(key.value, words) for key, words in ORIGINS.items()],
        standard=load_training().standard,
        pattern=number_pattern(),
        remind_days=REMIND_DAYS,
        may_record=may(request.access, "talent:certificate_new", "POST"),
    )
    return render(request, "talent/training_certificates.html", context)


@require_GET
def certificates_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the certificates as CSV."""
    found, language = _seen(request, today_in(request.access.workspace)), get_language()
    names = people_names({one.person for one in found})
    titles = programme_titles({one.programme for one in found})
    rows: list[tuple[object, ...]] = [
        (
            one.number, one.person, names.get(one.person, ""), one.programme,
            titles[one.programme].in_language(language), one.issued_on, one.expires_on or "", one.standing.value,
            one.origin.value, one.issuer, one.revoked_on or "", one.revoke_reason,
        )
        for one in found
    ]  # fmt: skip
    return csv_answer(csv_text([FILE_COLUMNS, *rows]), filename="certificates.csv")


@require_http_methods(["GET", "POST"])
def certificate_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Record a certificate that was issued elsewhere, such as a national level."""
    language, standard = get_language(), load_training().standard
    options = [(key, title.in_language(language)) for key, title in national_titles().items()]
    options += programme_options({key: one for key, one in programmes().items() if one.certifies})
    asked = request.GET.get("programme", "")
    hours = {level.key: level.hours for level in standard.levels.values()}
    initial = {"programme": asked, "hours": hours.get(asked), "person": request.GET.get("person", "")}
    form = ElsewhereForm(request.POST if request.method == "POST" else None, programmes=options, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            record_elsewhere(Elsewhere(**form.cleaned_data), actor=actor_of(request))
        except DomainError as error:
            form.add_error("person" if error.code == "unknown_trainee" else None, str(error))
        else:
            messages.success(request, _("The certificate is kept; it counts as a completed training of its hours."))
            return redirect(ROUTE, slug)
    status = 422 if request.method == "POST" else 200
    context = frame(request, ROUTE, form=form, standard=standard)
    return render(request, "talent/training_certificate_new.html", context, status=status)


@require_POST
def certificate_pattern(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Set how certificates are numbered from now on."""
    try:
        set_pattern(request.POST.get("pattern", "")[:40], actor=actor_of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Certificates are numbered so from now on; numbers that are out stay."))
    return redirect(ROUTE, slug)


@require_POST
def certificate_revoke(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Revoke a certificate."""
    try:
        row = revoke_certificate(pk, reason=request.POST.get("reason", "")[:300], actor=actor_of(request))
    except DomainError as error:
        if error.status == 404:
            refuse(error)
        messages.error(request, str(error))
        return redirect(ROUTE, slug)
    messages.success(request, _("The certificate %(number)s is revoked.") % {"number": row.number})
    return redirect(reverse("talent:certificate_check", args=[slug]) + "?" + urlencode({"number": row.number}))


@require_GET
def certificate_check(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Say whether a number is a certificate of this workspace; whose it is only to those who may see the person."""
    today, number = today_in(request.access.workspace), request.GET.get("number", "").strip()[:64]
    seen = people_seen(request.access, on=today)
    one = _numbered(number, today) if number else None
    context: dict[str, Any] = {"number": number, "asked": bool(number), "row": None}
    if one is not None:
        sees = seen is None or one.person in seen
        context["row"] = _row(one, people_names([one.person]), programme_titles([one.programme]))
        context |= {"sees": sees, "may_revoke": one.pk is not None and may(request.access, REVOKE, "POST")}
    return render(request, "talent/training_check.html", frame(request, ROUTE, **context))


@require_GET
def certificate_pdf(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer a certificate for paper, in the reader's language."""
    today = today_in(request.access.workspace)
    seen = people_seen(request.access, on=today)
    one: Certificate = found_or_404(lambda: certificate_numbered(request.GET.get("number", "")[:64], as_of=today))
    if seen is not None and one.person not in seen:
        raise Http404
    paper = paper_of(one, workspace=request.access.workspace.name)
    title = f"{paper.title} {one.number}"
    content = as_pdf([certificate_page(paper)], title=title, author=paper.workspace, made_at=timezone.now())
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="certificate.pdf"'
    return answer


REVOKE = "talent:certificate_revoke"


def paper_of(one: Certificate, *, workspace: str) -> CertificatePaper:
    """Return a certificate's texts in the reader's language."""
    name = people_names([one.person]).get(one.person, one.person)
    facts = [
        (_("Number"), one.number),
        (_("Issued on"), one.issued_on.isoformat()),
        (_("Expires on"), one.expires_on.isoformat() if one.expires_on else _("does not expire")),
    ]
    facts += [(_("Issued by"), one.issuer)] if one.issuer else []
    void = {Standing.EXPIRED: _("Expired"), Standing.REVOKED: _("Revoked")}
    return CertificatePaper(
        workspace=workspace,
        title=_("Certificate"),
        name=name,
        sentence=_("has completed the training and passed its exam")
        if one.origin is Origin.ISSUED
        else _("holds this certificate"),
        programme=programme_titles([one.programme])[one.programme].in_language(get_language()),
        facts=facts,
        check=_("Members of %(workspace)s can check this number under Training, Certificates.")
        % {"workspace": workspace},
        stamp=void.get(one.standing, ""),
    )


def _seen(request: WorkspaceRequest, today: date) -> list[Certificate]:
    return certificates(as_of=today, people=people_seen(request.access, on=today))


def _numbered(number: str, today: date) -> Certificate | None:
    try:
        return certificate_numbered(number, as_of=today)
    except DomainError:
        return None


def _row(one: Certificate, names: dict[str, str], titles: dict[str, Any]) -> dict[str, Any]:
    return {
        "one": one,
        "name": names.get(one.person, one.person),
        "names": titles[one.programme],
        "sign": sign(CERTIFICATES[one.standing]),
        "origin": ORIGINS[one.origin],
    }


def _fits(one: Certificate, asked: dict[str, str], names: dict[str, str]) -> bool:
    words = asked["q"].strip().casefold()
    texts = (one.number, one.person, names.get(one.person, ""))
    return (
        asked["standing"] in ("", one.standing.value)
        and asked["programme"] in ("", one.programme)
        and asked["origin"] in ("", one.origin.value)
        and (not words or any(words in text.casefold() for text in texts))
    )


def _sorted(found: list[Certificate], sort: str, names: dict[str, str]) -> list[Certificate]:
    keys = {
        "issued": lambda one: (one.issued_on.isoformat(), one.number),
        "expires": lambda one: (one.expires_on.isoformat() if one.expires_on else "9999", one.number),
        "person": lambda one: (names.get(one.person, one.person), one.number),
        "number": lambda one: (one.number, one.person),
    }
    asked = sort or "-issued"
    return sorted(found, key=keys.get(asked.removeprefix("-"), keys["issued"]), reverse=asked.startswith("-"))
