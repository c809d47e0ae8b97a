"""What the pages of head count and budget share: units to choose from, words of sources and faults, cost types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.engine.specs import ScopeKind
from kpis.library.extras import library_extras
from kpis.queries.definitions import library_at
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.permissions import Access, may
from roles.catalogue import load_roles
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from talent.choices import DriverSource, fault_words
from talent.headcount.document import Issue
from talent.queries.drivers import DriverValue


def asked_unit(said: str, tree: UnitTree) -> str:
    """Return the unit asked for, the topmost one without any; empty where there are no units. Http404 outside."""
    if said and said not in tree:
        raise Http404(said)
    return said or next(iter(tree.root_ids), "")


def role_name(key: str) -> str:
    """Return what a role is called here; one that is gone goes by its key."""
    names = {role.key.value: role.names for role in role_library().roles.values()}
    return names[key].in_language(get_language()) if key in names else key


def type_name(kind: str) -> str:
    """Return what a cost type is called."""
    return library_extras().enum_labels[kind].in_language(get_language())


def driver_names() -> Mapping[str, Bilingual]:
    """Return what the drivers are called."""
    return {key: driver.names for key, driver in load_roles().headcount.drivers.items()}


def unit_name(key: str, tree: UnitTree) -> str:
    """Return what a unit is called; one that is gone goes by its id."""
    return tree.nodes[key].name if key in tree else key


def driver_note(value: DriverValue, access: Access) -> Mapping[str, Any]:
    """Return where the value of a driver comes from in words, and where to look at it."""
    slug = access.workspace.slug
    if value.source is DriverSource.MEASURED and value.period is not None and value.scope is not None:
        spec = library_at().kpis[value.kpi]
        text = _("%(kpi)s, %(period)s") % {"kpi": spec.names.in_language(get_language()), "period": value.period}
        scope = "" if value.scope.kind is ScopeKind.COMPANY else f"&scope={value.scope.kind.value}:{value.scope.id}"
        url = f"{reverse('kpis:explain', args=[slug, value.kpi])}?period={value.period}{scope}"
        return {"text": text, "url": url if may(access, "kpis:explain") else ""}
    if value.source is DriverSource.ENTERED and value.on is not None:
        told = " · ".join(filter(None, (value.on.isoformat(), value.author, value.note)))
        return {"text": _("entered: %(told)s") % {"told": told}, "url": ""}
    if value.source is DriverSource.COUNTED and value.on is not None:
        url = f"{reverse('roles:organisation', args=[slug])}?as_of={value.on.isoformat()}"
        return {"text": _("counted in the organisation, %(day)s") % {"day": value.on.isoformat()}, "url": url}
    return {"text": str(value.source.label), "url": ""}


def faults_at(issues: Iterable[Issue]) -> dict[str, str]:
    """Return what is wrong by the name of the form's field; a month's fault stands at its line."""
    found: dict[str, str] = {}
    for issue in issues:
        name, _months, month = issue.pointer.removeprefix("/").partition("/months/")
        text = fault_words(issue.fault, issue.allowed)
        place = f"{name}/months" if month else name
        told = f"{month}: {text}" if month else text
        found[place] = f"{found[place]} {told}" if place in found else told
    return found


def plain(number: Decimal | None) -> str:
    """Return a number as a form and a file hold it; empty where there is none."""
    return "" if number is None else f"{number.normalize():f}"


def together(names: Sequence[str]) -> str:
    """Return a list in the reader's punctuation."""
    return ("、" if (get_language() or "").startswith("zh") else ", ").join(names)
