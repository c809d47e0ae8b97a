"""Where a KPI or a parameter is used: what changes, or would break, when its definition does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from kpis.engine.explain import params_of
from kpis.library import library_extras
from kpis.models import Scorecard, Target, WeightSet
from kpis.queries.alert_rules import rules_now
from kpis.queries.definitions import library_at, library_for
from kpis.queries.values import stored_periods
from kpis.queries.weights import weights_on
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import RoleKey, StageKey, roles_here
from roles.choices import StageName


@dataclass(frozen=True, slots=True)
class Use:
    """One place that uses a KPI, in the reader's language, and its page. `kind` groups them."""

    kind: str
    words: str
    url: str = ""


# Apps above this one tell where they use a KPI: they know kpis, kpis does not know them.
Elsewhere = Callable[[str, str], Iterable[Use]]
_elsewhere: list[Elsewhere] = []


def register_uses(find: Elsewhere) -> None:
    """Let an app say where it uses a KPI; it is given the KPI and the workspace's slug."""
    if find not in _elsewhere:
        _elsewhere.append(find)


def where_used(kpi: str, *, slug: str) -> tuple[Use, ...]:
    """Return every place that reads, weighs, aims at or watches a KPI."""
    found = [*_roles(kpi, slug), *weighed_in(kpi, slug=slug), *_cards(kpi, slug), *_targets(kpi, slug)]
    found += [*_alerts(kpi, slug), *_catalogue(kpi)]
    return tuple(found + [use for find in _elsewhere for use in find(kpi, slug)])


def kpis_with(parameter: str) -> tuple[str, ...]:
    """Return the KPIs whose measures depend on a parameter."""
    library = library_at()
    return tuple(kpi for kpi in library.kpis if parameter in params_of(library, kpi))


def weighed_in(kpi: str, *, since: date | None = None, slug: str = "") -> list[Use]:
    """Return the weights that count the KPI on a day (today) or are to count it later."""
    day = since or current_day()
    book = weights_on(day)
    counting = [*book.library.values(), *book.own.values()]
    found = [
        _weights(each.role, each.stage, each.subtype, each.unit, since=None, slug=slug)
        for each in counting
        if kpi in each.weights and book.of(each.role, each.stage, subtype=each.subtype, units=[each.unit]) is each
    ]
    later = WeightSet.objects.filter(effective_from__gt=day, weights__has_key=kpi)
    return found + [
        _weights(row.role_key, row.stage, row.subtype, row.unit, since=row.effective_from, slug=slug) for row in later
    ]


def _weights(role: str, stage: str, subtype: str, unit: str, *, since: date | None, slug: str) -> Use:
    names = [_local(roles_here().roles[RoleKey(role)].names), str(StageName(StageKey(stage).value).label)]
    names += [text for text in (subtype, unit) if text]
    if since is not None:
        names.append(_("from %(day)s") % {"day": date_format(since, "SHORT_DATE_FORMAT")})
    return Use("weights", " · ".join(names), reverse("kpis:weights", args=[slug, role]) if slug else "")


def _roles(kpi: str, slug: str) -> list[Use]:
    library = library_for(kpi)
    if library is None:
        return []
    names = roles_here().roles
    keys = dict.fromkeys([*library.kpis[kpi].roles, *(key.value for key, role in names.items() if kpi in role.kpis)])
    return [
        Use("roles", _local(names[RoleKey(role)].names), reverse("kpis:role_kpis", args=[slug, role])) for role in keys
    ]


def _cards(kpi: str, slug: str) -> list[Use]:
    period = next(iter(stored_periods()), None)
    if period is None:
        return []
    cards = Scorecard.objects.filter(period=str(period), is_current=True, lines__contains=[{"kpi": kpi}])
    count = cards.count()
    if not count:
        return []
    words = ngettext("%(n)s scorecard of %(period)s", "%(n)s scorecards of %(period)s", count)
    told = words % {"n": count, "period": period}
    return [Use("cards", told, f"{reverse('kpis:scorecards', args=[slug])}?period={period}")]


def _targets(kpi: str, slug: str) -> list[Use]:
    found = Target.objects.filter(kpi=kpi).aggregate(n=Count("pk"), periods=Count("period", distinct=True))
    if not found["n"]:
        return []
    words = _("%(n)s targets in %(periods)s periods") % found
    return [Use("targets", words, f"{reverse('kpis:targets', args=[slug])}?kpi={kpi}")]


def _alerts(kpi: str, slug: str) -> list[Use]:
    url = reverse("kpis:alert_rules", args=[slug])
    return [
        Use("alerts", _local(rule.spec.names), url)
        for rule in rules_now().values()
        if rule.is_on and kpi in (rule.spec.kpi, *rule.subjects)
    ]


def _catalogue(kpi: str) -> list[Use]:
    extras = library_extras()
    found = [Use("groups", _local(each.names)) for each in extras.shared_groups.values() if kpi in each.members]
    found += [Use("funnel", _local(step.names)) for step in extras.funnel if step.kpi == kpi]
    return found


def _local(text: Bilingual) -> str:
    return text.in_language(get_language())
