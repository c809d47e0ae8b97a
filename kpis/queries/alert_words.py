"""Alerts in the reader's words: what it is about, where, what was found, what drove it, and where to look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.alert_choices import AlertSubject, LevelName
from kpis.engine.alerting import Measure
from kpis.engine.specs import KpiSpec, ScopeKind
from kpis.library import load_library
from kpis.library.extras import AlertRule as RuleSpec
from kpis.library.extras import library_extras
from kpis.models import Alert
from kpis.queries.alert_drivers import UNIT
from kpis.queries.definitions import library_at
from omnichannel.core.numerals import show
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.queries.zones import current_day
from omnichannel.workspaces.scoping import current_workspace_id
from roles.catalogue import RoleKey, roles_here
from roles.queries.org_chart import UnitTree, unit_tree

PERCENT = (Measure.ATTAINMENT, Measure.ADVERSE_CHANGE, Measure.OVER_MEAN)


@dataclass(frozen=True, slots=True)
class AlertWords:
    """An alert with everything a list, its page and a message say of it."""

    alert: Alert
    rule: RuleSpec
    kpi: KpiSpec | None
    level_label: str
    subject: str
    scope: str
    measured: str
    threshold: str
    sentence: str
    driver: str
    url: str
    why_url: str
    is_overdue: bool

    @property
    def unit(self) -> str:
        """The unit of what is compared, where the number does not carry it."""
        alone = Measure(self.rule.measure) in (Measure.RATIO, Measure.STALE_DAYS, Measure.VACANT_DAYS)
        return self.rule.unit.in_language(get_language()) if alone else ""

    @property
    def title(self) -> str:
        """What it is about and where."""
        return f"{self.subject} · {self.scope}"


def words_of(alerts: Iterable[Alert], *, tree: UnitTree | None = None) -> list[AlertWords]:
    """Put alerts into words, in two queries however many there are (one when the tree is handed in)."""
    found = list(alerts)
    if not found:
        return []
    tree = tree or unit_tree(as_of=current_day())
    slug = Workspace.objects.values_list("slug", flat=True).get(pk=current_workspace_id())
    kpis = {**load_library().kpis, **library_at().kpis}
    return [_words(alert, tree=tree, slug=slug, kpis=kpis) for alert in found]


def _words(alert: Alert, *, tree: UnitTree, slug: str, kpis: Mapping[str, KpiSpec]) -> AlertWords:
    rule = library_extras().alert_rules[alert.rule]
    kpi = kpis.get(alert.subject_id) if alert.subject_kind == AlertSubject.KPI else None
    measured, threshold = _amount(alert.measured, rule, kpi), _amount(alert.threshold, rule, kpi)
    return AlertWords(
        alert=alert,
        rule=rule,
        kpi=kpi,
        level_label=str(LevelName(alert.level).label),
        subject=subject_name(alert.subject_kind, alert.subject_id, kpis=kpis),
        scope=scope_name(alert.scope_kind, alert.scope_id, tree=tree),
        measured=measured,
        threshold=threshold,
        sentence=_sentence(alert, rule, measured=measured, threshold=threshold),
        driver=_driver(alert, kpi, tree=tree),
        url=reverse("kpis:alert", args=[slug, alert.pk]),
        why_url=_why(alert, slug=slug) if kpi else "",
        is_overdue=alert.state == "raised" and alert.due_at < timezone.now(),
    )


def subject_name(kind: str, subject: str, *, kpis: Mapping[str, KpiSpec]) -> str:
    """Return the name of a KPI, table or role; an id that is known no more stands for itself."""
    language = get_language()
    if kind == AlertSubject.KPI and subject in kpis:
        return kpis[subject].names.in_language(language)
    if kind == AlertSubject.TABLE and subject in load_library().tables:
        return load_library().tables[subject].names.in_language(language)
    if kind == AlertSubject.ROLE and subject in roles_here().roles:
        return roles_here().roles[RoleKey(subject)].names.in_language(language)
    return subject


def scope_name(kind: str, scope: str, *, tree: UnitTree) -> str:
    """Return the name of a unit, or the word for the company."""
    if kind == ScopeKind.COMPANY:
        return _("Company")
    return tree.nodes[scope].name if scope in tree else scope


def _amount(number: Decimal, rule: RuleSpec, kpi: KpiSpec | None) -> str:
    """Write what is compared, in full: the level must be told from the number."""
    language, measure = get_language() or "en", Measure(rule.measure)
    if measure in PERCENT:
        return str(show(number, "percent", language=language, places=_places(number)))
    if measure is Measure.VALUE and kpi is not None:
        return str(show(number, kpi.unit, language=language, places=_places(number)))
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"


def _places(number: Decimal) -> int:
    return 0 if number == number.to_integral_value() else 2


def _sentence(alert: Alert, rule: RuleSpec, *, measured: str, threshold: str) -> str:
    told = {
        Measure.ATTAINMENT: _("%(measured)s of the target reached"),
        Measure.ADVERSE_CHANGE: _("%(measured)s worse than the month before"),
        Measure.OVER_MEAN: _("%(measured)s above the mean of the three months before"),
        Measure.RATIO: _("%(measured)s times the month before"),
        Measure.VALUE: _("The figure is %(measured)s"),
        Measure.STALE_DAYS: _("%(measured)s days since the last load"),
        Measure.VACANT_DAYS: _("%(measured)s days without a holder"),
    }[Measure(rule.measure)] % {"measured": measured}
    if not alert.now_level:
        return _("%(told)s: back to normal") % {"told": told}
    text = _("%(told)s; %(level)s below %(threshold)s")
    if rule.side == "above":
        text = _("%(told)s; %(level)s from %(threshold)s on")
    return text % {"told": told, "level": LevelName(alert.now_level).label, "threshold": threshold}


def _change(change: Decimal, unit: str, *, language: str) -> str:
    """Write a change; one that would round to nothing in full, as it was enough to raise an alert."""
    shown = show(change, unit, language=language, signed=True)
    rounds_to_nothing = not any(digit in shown.text for digit in "123456789")
    return shown.exact if rounds_to_nothing else str(shown)


def _driver(alert: Alert, kpi: KpiSpec | None, *, tree: UnitTree) -> str:
    if not alert.driver or kpi is None:
        return ""
    language, driver = get_language() or "en", alert.driver
    if driver["kind"] != UNIT:
        part = _("the numerator") if driver["id"] == "numerator" else _("the denominator")
        change = show(Decimal(driver["change"]), "percent", language=language, signed=True)
        return _("Driven by %(part)s: %(change)s since the month before") % {"part": part, "change": change}
    unit = "points" if kpi.unit in ("percent", "0..1") else kpi.unit
    amounts = [_change(Decimal(driver[name]), unit, language=language) for name in ("change", "total")]
    name = scope_name(ScopeKind.UNIT, driver["id"], tree=tree)
    return _("Driven most by %(unit)s: %(change)s of %(total)s since the month before") % {
        "unit": name, "change": amounts[0], "total": amounts[1]
    }  # fmt: skip


def _why(alert: Alert, *, slug: str) -> str:
    query = urlencode({"period": alert.episode, "scope": f"{alert.scope_kind}:{alert.scope_id}"})
    return f"{reverse('kpis:explain', args=[slug, alert.subject_id])}?{query}"
