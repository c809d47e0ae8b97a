"""The workspace's pay bands: listed, set in a form, pasted or uploaded as a table, taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.templatetags.texts import listed
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.catalogue import load_roles
from roles.queries.library import role_library
from talent.errors.pay import PayChangedSince, PayFault, PayRefused, UnknownPayChange
from talent.forms.pay import BandForm, TableForm, add_faults
from talent.people.pay import PayBand
from talent.people.pay_files import COLUMNS, HEADERS, UnreadableTable, decoded, read_table
from talent.queries.pay_bands import band_history, pay_bands
from talent.services.pay_bands import BandsWritten, take_back, write_bands
from talent.views.tabs import talent_tabs

MOST_BYTES = 1_000_000


@require_http_methods(["GET", "HEAD", "POST"])
def bands(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the bands of the day with their history; POST keeps one."""
    if request.method != "POST":
        return _page(request)
    form = BandForm(request.POST)
    try:
        done = write_bands([form.texts], actor_id=request.access.user_id)
    except PayRefused as error:
        add_faults(form, error.faults)
        return _page(request, form=form, status=error.status)
    return _told(request, slug, done)


@require_POST
def bands_table(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Keep every band of a pasted table or a file, or none and every fault."""
    form = TableForm(request.POST, request.FILES)
    faults: tuple[PayFault, ...] = ()
    if form.is_valid():
        try:
            rows = read_table(_text(form))
            return _told(request, slug, write_bands(rows, actor_id=request.access.user_id))
        except UnreadableTable as error:
            form.add_error("table", _header_faults(error))
        except PayRefused as error:
            faults = error.faults
    return _page(request, table=form, faults=faults, status=422)


@require_GET
def bands_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the bands of the day as CSV, in the columns that the upload takes."""
    clock = clock_of(request)
    rows: list[tuple[object, ...]] = [COLUMNS]
    rows += [
        (one.role, one.level, one.city, one.low, one.middle, one.high, one.since.isoformat(), one.source, one.note)
        for one in pay_bands(as_of=clock.as_of).bands
    ]
    return csv_answer(csv_text(rows), filename=f"pay-bands-{clock.as_of}.csv")


@require_POST
def bands_undo(request: WorkspaceRequest, slug: str, batch: str) -> HttpResponse:
    """Take the rows of a batch back."""
    try:
        done = take_back(batch, actor_id=request.access.user_id)
    except UnknownPayChange as error:
        raise Http404 from error
    except PayChangedSince as error:
        messages.error(request, str(error))
        return redirect("talent:pay_bands", slug)
    undo = reverse("talent:pay_bands_undo", args=[slug, done.batch])
    messages.success(request, _("Taken back: %(count)s rows.") % {"count": done.written}, extra_tags=f"undo:{undo}")
    return redirect("talent:pay_bands", slug)


def _told(request: WorkspaceRequest, slug: str, done: BandsWritten) -> HttpResponse:
    if done.written:
        undo = reverse("talent:pay_bands_undo", args=[slug, done.batch])
        words = {"written": done.written, "unchanged": done.unchanged}
        text = _("Kept: %(written)s bands; %(unchanged)s said what holds already.") % words
        messages.success(request, text, extra_tags=f"undo:{undo}")
    else:
        messages.info(request, _("Nothing was changed."))
    return redirect("talent:pay_bands", slug)


def _page(
    request: WorkspaceRequest,
    *,
    form: BandForm | None = None,
    table: TableForm | None = None,
    faults: tuple[PayFault, ...] = (),
    status: int = 200,
) -> HttpResponse:
    clock = clock_of(request)
    asked = {name: request.GET.get(name, "") for name in ("role", "level", "city")}
    found = pay_bands(as_of=clock.as_of).bands
    cities = sorted({one.city for one in found if one.city})
    language = get_language()
    context: dict[str, Any] = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:pay"),
        "rows": [_named(one) for one in found if _fits(one, asked)],
        "total": len(found),
        "asked": asked,
        "roles": [(role.key.value, role.names.in_language(language)) for role in role_library().offered],
        "levels": [(key, level.names.in_language(language)) for key, level in load_roles().jd.levels.items()],
        "cities": [("-", _("Everywhere")), *((city, city) for city in cities)],
        "form": form or BandForm(initial=_initial(request, found, clock.as_of.isoformat())),
        "form_is_open": form is not None or "edit" in request.GET,
        "table": table or TableForm(),
        "table_is_open": table is not None,
        "faults": [{"one": fault, "column": _column(fault.field)} for fault in faults],
        "history": [{"row": row, **_words(row.role, row.level)} for row in band_history(as_of=clock.as_of)[:200]],
    }
    return render(request, "talent/pay_bands.html", context, status=status)


def _fits(one: PayBand, asked: dict[str, str]) -> bool:
    city = "" if asked["city"] == "-" else asked["city"]
    return (
        asked["role"] in ("", one.role)
        and asked["level"] in ("", one.level)
        and (not asked["city"] or one.city == city)
    )


def _initial(request: WorkspaceRequest, found: tuple[PayBand, ...], today: str) -> dict[str, object]:
    """Return what the form begins with: the band named by `?edit=role|level|city`, from the day shown."""
    role, level, city = [*request.GET.get("edit", "").split("|"), "", "", ""][:3]
    now = next((one for one in found if (one.role, one.level, one.city) == (role, level, city)), None)
    if now is None:
        return {"role": role, "level": level, "city": city, "since": today}
    money = {name: f"{getattr(now, name):f}" for name in ("low", "middle", "high")}
    return {"role": role, "level": level, "city": city, "since": today, "source": now.source, **money}


def _named(one: PayBand) -> dict[str, Any]:
    return {"band": one, "edit": f"{one.role}|{one.level}|{one.city}", **_words(one.role, one.level)}


def _words(role: str, level: str) -> dict[str, Any]:
    roles = {key.value: each.names for key, each in role_library().roles.items()}
    return {"role": roles.get(role), "key": role, "level": load_roles().jd.levels[level].names}


def _text(form: TableForm) -> str:
    file = form.cleaned_data["file"]
    if file is not None:
        return decoded(file.read(MOST_BYTES))
    return str(form.cleaned_data["table"])


def _column(name: str) -> str:
    """Return a column's name as the active language writes it in a header."""
    is_ascii = get_language() == "en"
    return next((alias for alias in HEADERS.get(name, ()) if alias.isascii() == is_ascii), name)


def _header_faults(error: UnreadableTable) -> list[str]:
    """Say which columns are not known and which are missing: both at once, for one may be the other misspelt."""
    faults = []
    if error.unknown:
        faults.append(_("Unknown columns: %(names)s.") % {"names": listed(error.unknown[:5])})
    if error.missing:
        faults.append(_("Columns are missing: %(names)s.") % {"names": listed(map(_column, error.missing))})
    return faults
