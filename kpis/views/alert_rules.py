"""The rules that raise alerts: all of them, and one to look at, try on what is there now, and save."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kpis.alert_choices import LevelName, Recipient
from kpis.alert_errors import RuleInvalid
from kpis.engine.alerting import Level, Measure, Step
from kpis.library import load_library
from kpis.library.extras import library_extras
from kpis.models import AlertRule
from kpis.queries.alert_rules import EffectiveRule, rule_history, rules_now
from kpis.queries.alert_words import scope_name, subject_name
from kpis.queries.definitions import library_at
from kpis.services.alerts.rules import RulePreview, preview_rule, save_rule, wanted_rule
from kpis.views.alert_forms import RuleForm
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.choices import UnitLevel
from roles.queries.library import role_options
from roles.queries.org_chart import UnitTree, unit_tree

SHOWN = 12  # findings a preview spells out


@require_GET
def alert_rules(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show every rule as it counts now."""
    lines = [
        {"rule": rule, "cuts": _cuts(rule), "scopes": _scope_words(rule), "notify": _notify_words(rule)}
        for rule in rules_now().values()
    ]
    return render(request, "kpis/alerts/rules.html", {"lines": lines, "levels": LevelName.choices})


def _cuts(rule: EffectiveRule) -> list[str | None]:
    return [_plain(rule.cuts.get(level)) for level in Level]


def _plain(cut: Decimal | None) -> str | None:
    """Write a threshold without empty decimals."""
    return None if cut is None else f"{cut.normalize():f}"


def _scope_words(rule: EffectiveRule) -> str:
    words = {"company": _("Company"), **{value: str(label) for value, label in UnitLevel.choices}}
    return _(", ").join(words[scope] for scope in words if scope in rule.scopes)


def _notify_words(rule: EffectiveRule) -> list[tuple[str, str]]:
    words = dict(Recipient.choices)
    return [
        (str(LevelName(level.value).label), _(", ").join(str(words[kind]) for kind in rule.notify.get(level, ())))
        for level in Level
        if level in rule.cuts
    ]


@require_http_methods(["GET", "POST"])
def alert_rule(request: WorkspaceRequest, slug: str, rule: str) -> HttpResponse:
    """Show a rule; POST tries it (`step=preview`) or saves it."""
    used = rules_now().get(rule)
    if used is None:
        raise Http404(rule)
    if request.method == "GET":
        return render(request, "kpis/alerts/rule.html", _context(request, used, _form(used)))
    form = _form(used, data=request.POST)
    tried: dict[str, Any] = {}
    if form.is_valid():
        try:
            wanted = _wanted(used, form.cleaned_data)
            if request.POST.get("step") != "preview":
                return _save(request, wanted, note=form.cleaned_data["note"])
            tried = _tried(preview_rule(wanted, now=timezone.now()), tree=_tree(request))
        except RuleInvalid as error:
            for field, message in error.issues:
                form.add_error(field if field in form.fields else None, message)
    context = _context(request, used, form) | {"tried": tried}
    if request.htmx:
        return render(request, "kpis/alerts/_preview.html", context)
    return render(request, "kpis/alerts/rule.html", context, status=422 if form.errors else 200)


def _save(request: WorkspaceRequest, wanted: EffectiveRule, *, note: str) -> HttpResponse:
    outcome = save_rule(wanted, note=note, actor_id=request.access.user_id, now=timezone.now())
    many = outcome.of(Step.RAISE, Step.WORSEN)
    said = _("Saved: it counts from now on. %(n)s alerts were raised.") if many else _("Saved: it counts from now on.")
    messages.success(request, said % {"n": many} if many else said)
    return redirect("kpis:alert_rule", request.access.workspace.slug, wanted.id)


def _wanted(used: EffectiveRule, data: Mapping[str, Any]) -> EffectiveRule:
    return wanted_rule(
        used.id,
        is_on=data["is_on"],
        cuts={level: data[level.value] for level in Level},
        scopes=data["scopes"],
        subjects=data.get("subjects", ()),
        notify={level: data[f"notify_{level.value}"] for level in Level},
    )


def _form(used: EffectiveRule, *, data: Any = None) -> RuleForm:
    initial = {"is_on": used.is_on, "scopes": list(used.scopes), "subjects": list(used.subjects)}
    initial |= dict(zip(Level, _cuts(used), strict=True))
    initial |= {f"notify_{level.value}": list(used.notify.get(level, ())) for level in Level}
    subjects = _subject_options(used)
    help_text = "" if used.spec.tables else _("Without a choice: all of them.")
    return RuleForm(data, initial=initial, subjects=subjects, subjects_help=help_text)


def _subject_options(used: EffectiveRule) -> list[tuple[str, str]]:
    """Return what a rule may be narrowed to: any KPI, operating tables, or roles; nothing for a rule on one KPI."""
    language = get_language()
    if used.measure is Measure.STALE_DAYS:
        return [(spec.id, spec.names.in_language(language)) for spec in load_library().tables.values()]
    if used.measure is Measure.VACANT_DAYS:
        return role_options(*used.subjects)
    if used.spec.kpi:
        return []
    return [(kpi.id, kpi.names.in_language(language)) for kpi in library_at().kpis.values()]


def _tree(request: WorkspaceRequest) -> UnitTree:
    return unit_tree(as_of=today_in(request.access.workspace))


def _tried(preview: RulePreview, *, tree: UnitTree) -> dict[str, Any]:
    kpis = library_at().kpis
    return {
        "preview": preview,
        "levels": [(level.value, preview.of(level)) for level in reversed(Level)],
        "lines": [
            {
                "level": finding.level,
                "subject": subject_name(finding.subject_kind, finding.subject, kpis=kpis),
                "scope": scope_name(finding.scope.kind, finding.scope.id, tree=tree),
                "measured": finding.measured,
                "episode": finding.episode,
            }
            for finding in preview.raised[:SHOWN]
        ],
        "more": max(len(preview.raised) - SHOWN, 0),
    }


def _context(request: WorkspaceRequest, used: EffectiveRule, form: RuleForm) -> dict[str, Any]:
    spec = used.spec
    return {
        "rule": used,
        "form": form,
        "cut_fields": [form[level.value] for level in Level],
        "notify_fields": [form[f"notify_{level.value}"] for level in Level],
        "kpi": library_at().kpis.get(spec.kpi),
        "watch": next(row for row in library_extras().alerts["watch_dimensions"] if row["id"] == spec.watch),
        "history": [_revision(row) for row in rule_history(used.id)],
        "levels": LevelName.choices,
        "may_change": may(request.access, "kpis:alert_rule", "POST"),
        "scopes": _scope_words(used),
        "cuts": list(zip((LevelName(level.value).label for level in Level), _cuts(used), strict=True)),
        "notify": _notify_words(used),
    }


def _revision(row: AlertRule) -> dict[str, Any]:
    return {"row": row, "cuts": [_plain(getattr(row, level.value)) for level in Level]}
