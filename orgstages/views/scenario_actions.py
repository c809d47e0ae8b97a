"""What is done with a scenario: submitted, decided, applied, undone, shared, commented, its conflicts settled."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.forms.scenarios import DescribeForm, RedateForm
from orgstages.queries.scenario_diffs import conflicts_in_words, diff_of
from orgstages.views.scenario_frame import OVER, busy, found, frame, seeing
from roles.choices import Thing
from roles.errors import OrganisationBusy, ScenarioDay, UnknownScenario
from roles.services import scenarios
from roles.services.scenarios import conflicts, problems
from roles.state_merge import Side

Action = Callable[[WorkspaceRequest, int], str]


@require_POST
def act(request: WorkspaceRequest, slug: str, pk: int, action: str) -> HttpResponse:
    """Do what those may who edit scenarios."""
    return _done(request, slug, pk, ACTIONS.get(action))


@require_POST
def decide(request: WorkspaceRequest, slug: str, pk: int, action: str) -> HttpResponse:
    """Approve or reject, by somebody else than those who made it."""
    return _done(request, slug, pk, DECISIONS.get(action))


@require_POST
def comment(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Say something about the scenario."""
    return _done(request, slug, pk, _comment)


@require_POST
def drop(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take the change of one thing out of the scenario."""
    return _done(request, slug, pk, _drop)


@require_http_methods(["GET", "POST"])
def settle(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show every conflict with the live organisation at once; a POST settles those for which a side is chosen.

    Below them stands what the organisation becomes: with the sides that the URL names, else with the scenario's.
    """
    if request.method == "POST":
        return _done(request, slug, pk, _settle, to="orgstages:scenario_conflicts")
    page = frame(request, found(pk), "conflicts")
    if page.row.status in OVER:
        raise Http404
    try:
        left_out = problems(pk)
    except OrganisationBusy:
        return busy(request, page, "orgstages/scenarios/conflicts.html")
    sees, chosen = seeing(request.access), _chosen(request.GET)
    becomes, hidden = diff_of(scenarios.outcome(pk, choices=chosen), seeing=sees)
    lines = conflicts_in_words(conflicts(pk), seeing=sees)
    context = {
        "page": page,
        "row": page.row,
        "lines": [(line, chosen[line.id].value if line.id in chosen else "") for line in lines],
        "becomes": becomes,
        "hidden": hidden,
        "left_out": [(thing.label, issue.key, issue.message) for thing, issue in left_out if sees.shows(thing)],
        "left_count": len(left_out),
    }
    is_part = bool(request.htmx) and request.htmx.target == "outcome"
    return render(request, f"orgstages/scenarios/conflicts.html{'#outcome' if is_part else ''}", context)


def _done(
    request: WorkspaceRequest, slug: str, pk: int, action: Action | None, *, to: str = "orgstages:scenario"
) -> HttpResponse:
    """Do it and say what came of it; what the scenario refuses is said as well, and nothing is changed then."""
    if action is None:
        raise Http404
    try:
        said = action(request, pk)
    except UnknownScenario as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect(to, slug=slug, pk=pk)


def _text(request: WorkspaceRequest, name: str) -> str:
    """Return what a field sends; PostgreSQL holds no NUL."""
    return request.POST.get(name, "").replace("\x00", "")


def _submit(request: WorkspaceRequest, pk: int) -> str:
    scenarios.submit(pk, actor_id=request.access.user_id)
    return _("Submitted. Somebody else has to approve it.")


def _withdraw(request: WorkspaceRequest, pk: int) -> str:
    scenarios.withdraw(pk)
    return _("It is a draft again.")


def _apply(request: WorkspaceRequest, pk: int) -> str:
    written = scenarios.apply(pk, actor_id=request.access.user_id)
    if not written.is_ok:
        raise DomainError(" ".join(dict.fromkeys(issue.message for issue in written.issues)))
    return _("Applied. Each change holds from its own day.")


def _undo(request: WorkspaceRequest, pk: int) -> str:
    return _("Undone.") if scenarios.undo_edit(pk) else _("There is nothing to undo.")


def _redo(request: WorkspaceRequest, pk: int) -> str:
    return _("Done again.") if scenarios.redo_edit(pk) else _("There is nothing to do again.")


def _update(request: WorkspaceRequest, pk: int) -> str:
    scenarios.bring_up_to_date(pk, actor_id=request.access.user_id)
    return _("It rests on the organisation as it is now.")


def _discard(request: WorkspaceRequest, pk: int) -> str:
    scenarios.discard(pk)
    return _("Put away. It can still be read.")


def _share(request: WorkspaceRequest, pk: int) -> str:
    scenarios.share(pk, is_shared=True)
    return _("Whoever of the staff has the link may read it now.")


def _unshare(request: WorkspaceRequest, pk: int) -> str:
    scenarios.share(pk, is_shared=False)
    return _("The link opens nothing any more.")


def _describe(request: WorkspaceRequest, pk: int) -> str:
    form = DescribeForm(request.POST)
    form.is_valid()
    scenarios.describe(pk, name=form.cleaned_data.get("name", ""), note=form.cleaned_data.get("note", ""))
    return _("Kept.")


def _redate(request: WorkspaceRequest, pk: int) -> str:
    form = RedateForm(request.POST)
    if not form.is_valid():
        raise ScenarioDay(_("Give a day, such as 2026-11-30."))
    made = scenarios.redate(pk, effective_on=form.cleaned_data["effective_on"], actor_id=request.access.user_id)
    return _("It holds from %(day)s on.") % {"day": made.effective_on}


def _approve(request: WorkspaceRequest, pk: int) -> str:
    scenarios.approve(pk, actor_id=request.access.user_id, note=_text(request, "note"), seen=_text(request, "seen"))
    return _("Approved. It can be applied now.")


def _reject(request: WorkspaceRequest, pk: int) -> str:
    scenarios.reject(pk, actor_id=request.access.user_id, note=_text(request, "note"))
    return _("Rejected, with the reason.")


def _comment(request: WorkspaceRequest, pk: int) -> str:
    scenarios.comment(pk, text=_text(request, "text"), actor_id=request.access.user_id)
    return _("Your comment stands below.")


def _drop(request: WorkspaceRequest, pk: int) -> str:
    thing, key = request.POST.get("thing", ""), request.POST.get("key", "")
    if thing not in Thing.values:
        raise UnknownScenario(pk)
    scenarios.drop(pk, [(Thing(thing), key)], actor_id=request.access.user_id)
    return _("Taken out of the scenario.")


def _settle(request: WorkspaceRequest, pk: int) -> str:
    chosen = _chosen(request.POST)
    if not chosen:
        raise DomainError(_("Choose a side of a conflict first; nothing has been settled."))
    scenarios.choose(pk, chosen, actor_id=request.access.user_id)
    return ngettext("%(count)s conflict is settled.", "%(count)s conflicts are settled.", len(chosen)) % {
        "count": len(chosen)
    }


def _chosen(said: QueryDict) -> dict[str, Side]:
    """Read the choices: pairs of a conflict's id and a side, by number, so that ids may hold any letter."""
    sides = {side.value: side for side in Side}
    ids = said.getlist("conflict")
    return {key: sides[side] for number, key in enumerate(ids) if (side := said.get(f"side-{number}", "")) in sides}


ACTIONS: dict[str, Action] = {
    "submit": _submit,
    "withdraw": _withdraw,
    "apply": _apply,
    "undo": _undo,
    "redo": _redo,
    "update": _update,
    "discard": _discard,
    "share": _share,
    "unshare": _unshare,
    "describe": _describe,
    "redate": _redate,
}
DECISIONS: dict[str, Action] = {"approve": _approve, "reject": _reject}
