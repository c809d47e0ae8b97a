"""Directories under Settings: connections, files, previews, readings and what each did."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseStopPolling

from omnichannel.core.errors import DomainError
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.directories.files import UploadedFile
from roles.directories.shapes import Kind
from roles.directory_choices import DEFAULT_ADDRESS, UNDER_WAY, DirectoryKind
from roles.directory_forms import ConnectionForm, ImportForm
from roles.directory_words import confirm_words
from roles.models import DirectoryConnection, DirectoryRun
from roles.queries.directories import connections, free_systems, runs, state_of
from roles.queries.org_chart import unit_tree
from roles.services.directories.connections import (
    ConnectionInput,
    connect,
    disconnect,
    reconnect,
    rename_member,
    try_connection,
)
from roles.services.directories.running import request_import, request_reading, request_writing
from roles.views.directory_pages import described, line_of

PAGE = 25
MOST_FILES = 10
GET_POST = ["GET", "HEAD", "POST"]


@require_GET
def directories(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the connections, the import of files, and the readings."""
    page = Paginator(runs(), PAGE).get_page(request.GET.get("page"))
    lines = [line_of(run) for run in page]
    context = {
        "connections": [
            {"it": one.connection, "last": one.last, "state": one.last and state_of(one.last)} for one in connections()
        ],
        "free": free_systems(),
        "form": ImportForm(),
        "page": page,
        "lines": lines,
        "busy": any(line["state"] in UNDER_WAY for line in lines),
    }
    if request.htmx and not request.htmx.boosted:
        return render(request, "roles/directories/directories.html#log", context)
    return render(request, "roles/directories/directories.html", context)


@require_http_methods(GET_POST)
def directory_new(request: WorkspaceRequest, slug: str, kind: str) -> HttpResponse:
    """Connect a system."""
    if kind not in DirectoryKind.values:
        raise Http404
    system = DirectoryKind(kind)
    form = ConnectionForm(
        request.POST or None,
        kind=system, units=_units(request), is_new=True, initial={"base_url": DEFAULT_ADDRESS[system]},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = connect(kind, ConnectionInput(**form.cleaned_data), actor_id=request.access.user_id)
            return _tried(request, made)
        except DomainError as error:
            form.add_error(None, str(error))
    context = {"form": form, "system": system, "connection": None}
    return render(request, "roles/directories/connection.html", context, status=422 if form.errors else 200)


@require_http_methods(GET_POST)
def directory(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show a connection with its readings; POST changes it."""
    found = get_object_or_404(DirectoryConnection.objects.all(), pk=pk)
    initial = {name: getattr(found, name) for name in ("base_url", "account", "root", "under", "since", "daily")}
    system = DirectoryKind(found.kind)
    form = ConnectionForm(request.POST or None, kind=system, units=_units(request), is_new=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            reconnect(found, ConnectionInput(**form.cleaned_data))
            return _tried(request, found)
        except DomainError as error:
            form.add_error(None, str(error))
    page = Paginator(runs(found), PAGE).get_page(request.GET.get("page"))
    lines = [line_of(run) for run in page]
    context = {
        "form": form,
        "system": system,
        "connection": found,
        "page": page,
        "lines": lines,
        "busy": any(line["state"] in UNDER_WAY for line in lines),
    }
    return render(request, "roles/directories/connection.html", context, status=422 if form.errors else 200)


@require_POST
def directory_test(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Try the credentials."""
    return _tried(request, get_object_or_404(DirectoryConnection.objects.all(), pk=pk))


@require_POST
def directory_read(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Read the directory now: a preview, or the real thing."""
    found = get_object_or_404(DirectoryConnection.objects.all(), pk=pk)
    try:
        run = request_reading(found, actor_id=request.access.user_id, is_preview=request.POST.get("do") != "write")
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("roles:directory", slug, pk)
    return redirect("roles:directory_run", slug, run.pk)


@require_POST
def directory_remove(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take a connection away."""
    found = get_object_or_404(DirectoryConnection.objects.all(), pk=pk)
    try:
        disconnect(found)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("roles:directory", slug, pk)
    messages.success(request, _("%(system)s is no longer connected. What it brought stays.") % {"system": found})
    return redirect("roles:directories", slug)


@require_POST
def directory_files(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Read files and show what they would change."""
    sent = request.FILES.getlist("files")[:MOST_FILES]
    form = ImportForm(request.POST)
    if not sent or not form.is_valid():
        messages.error(request, _("Choose at least one file."))
        return redirect("roles:directories", slug)
    kind = form.cleaned_data["kind"]
    files = [UploadedFile(file.name or "", file.read()) for file in sent]
    try:
        run = request_import(files, kind=Kind(kind) if kind else None, actor_id=request.access.user_id)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("roles:directories", slug)
    return redirect("roles:directory_run", slug, run.pk)


@require_http_methods(GET_POST)
def directory_run(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show a reading; POST writes what it previewed, with the words that let many leave."""
    run = get_object_or_404(runs(), pk=pk)
    if request.method == "POST":
        return _write(request, run)
    context = described(run)
    if request.htmx and not request.htmx.boosted:
        response = render(request, "roles/directories/run.html#run", context)
        return response if context["busy"] else HttpResponseStopPolling(response.content)
    return render(request, "roles/directories/run.html", context)


@require_POST
def same(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Say that a leaver and a newcomer are one person whose id has changed, and preview again."""
    run = get_object_or_404(runs(), pk=pk)
    pairs = {(pair["old"], pair["new"]): pair["name"] for pair in run.summary.get("maybe_same", [])}
    old, new = request.POST.get("old", ""), request.POST.get("new", "")
    if (old, new) not in pairs:
        raise Http404
    try:
        rename_member(run.kind, external_id=old, new_id=new)
        messages.success(request, _("%(name)s stays the same person. Preview again.") % {"name": pairs[old, new]})
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("roles:directory_run", slug, pk)


def _write(request: WorkspaceRequest, run: DirectoryRun) -> HttpResponse:
    whole = DirectoryRun.objects.select_related("connection").get(pk=run.pk)
    try:
        if request.POST.get("do") == "preview" and whole.connection is not None:
            again = request_reading(whole.connection, actor_id=request.access.user_id, is_preview=True)
        else:
            again = request_writing(
                whole,
                actor_id=request.access.user_id,
                origin=JobOrigin.WEB,
                confirm=_confirmed(run, request.POST.get("confirm", "").strip()),
            )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("roles:directory_run", request.access.workspace.slug, run.pk)
    return redirect("roles:directory_run", request.access.workspace.slug, again.pk)


def _confirmed(run: DirectoryRun, typed: str) -> str:
    """Return the words in their stable form when what was typed are those of the page."""
    wanted: str = run.summary.get("confirm", "")
    return wanted if wanted and typed == confirm_words(wanted) else typed


def _tried(request: WorkspaceRequest, connection: DirectoryConnection) -> HttpResponse:
    try:
        try_connection(connection)
        messages.success(request, _("%(system)s accepts the credentials.") % {"system": connection})
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(reverse("roles:directory", args=[request.access.workspace.slug, connection.pk]))


def _units(request: WorkspaceRequest) -> list[tuple[str, str]]:
    tree = unit_tree(as_of=today_in(request.access.workspace))
    offered = [node for node in tree if node.depth == 0 or node.children]
    return [(node.external_id, "\u3000" * node.depth + node.name) for node in offered]
