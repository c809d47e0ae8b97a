"""Scopes as addresses (`unit:S001`) and in words, and whether a reader may see their figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext, override

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.library import library_extras, load_library
from kpis.queries.current_rows import rows_read
from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, roles_here
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import people_names, people_within

MOST_CAMPAIGNS = 5_000
Names = Mapping[Scope, Bilingual]


def parse_scope(text: str) -> Scope:
    """Read `kind:id`; `company:` or nothing is the company. ValueError for anything else."""
    kind, _colon, external_id = text.partition(":")
    if not text or (kind == COMPANY.kind.value and not external_id):
        return COMPANY
    scope = Scope(ScopeKind(kind), external_id)
    if scope.kind is ScopeKind.COMPANY or not external_id or len(external_id) > 64:
        raise ValueError(text)
    return scope


def scope_text(scope: Scope) -> str:
    """Return a scope as addresses write it."""
    return f"{scope.kind.value}:{scope.id}"


def both(text: str, **values: object) -> Bilingual:
    """Return a text of the translations in both languages; a Bilingual value stands in the language of the text."""
    found = {}
    for code in ("zh-hans", "en"):
        with override(code):
            said = {
                name: each.in_language(code) if isinstance(each, Bilingual) else each for name, each in values.items()
            }
            found[code] = gettext(text) % said if said else gettext(text)
    return Bilingual(found["zh-hans"], found["en"])


def scope_names(scopes: Iterable[Scope], *, tree: UnitTree) -> Names:
    """Return what scopes are called; one that nobody has named is called by its id. One query per kind of names."""
    asked = list(dict.fromkeys(scopes))
    by_kind: dict[ScopeKind, list[str]] = {}
    for scope in asked:
        by_kind.setdefault(scope.kind, []).append(scope.id)
    people = people_names(by_kind[ScopeKind.EMPLOYEE]) if ScopeKind.EMPLOYEE in by_kind else {}
    campaigns = _campaign_names() if ScopeKind.CAMPAIGN in by_kind else {}
    return {scope: _name(scope, tree, people, campaigns) for scope in asked}


def _name(scope: Scope, tree: UnitTree, people: Mapping[str, str], campaigns: Mapping[str, str]) -> Bilingual:
    if scope.kind is ScopeKind.COMPANY:
        return both("Company")
    if scope.kind is ScopeKind.ROLE and scope.id in roles_here().roles:
        return roles_here().roles[RoleKey(scope.id)].names
    if scope.kind is ScopeKind.CHANNEL:
        return library_extras().enum_labels.get(scope.id) or Bilingual(scope.id, scope.id)
    if scope.kind is ScopeKind.UNIT:
        name = tree.nodes[scope.id].name if scope.id in tree else scope.id
    else:
        name = (people if scope.kind is ScopeKind.EMPLOYEE else campaigns).get(scope.id, scope.id)
    return Bilingual(name, name)


def _campaign_names() -> dict[str, str]:
    table = load_library().tables["campaigns"]
    rows = rows_read(table, columns=["campaign_id", "name"], filters={}, limit=MOST_CAMPAIGNS)
    return {row["campaign_id"]: row["name"] for row in rows}


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader may see: a unit with what is below it, one person, or everything; people only `with_people`."""

    unit: str | None = None
    person: str | None = None
    with_people: bool = True

    @property
    def scope(self) -> Scope:
        """Return the reader's own scope: themselves, their unit, or everything."""
        if self.person is not None:
            return Scope(ScopeKind.EMPLOYEE, self.person)
        return COMPANY if self.unit is None else Scope(ScopeKind.UNIT, self.unit)

    def covers(self, scopes: Collection[Scope], *, on: date) -> bool:
        """Tell whether the figures of all these scopes taken together are the reader's: one within is enough.

        `scopes` is a scope and what narrows it. A single person's figures need the right to see people.
        """
        if self.person is not None:
            return Scope(ScopeKind.EMPLOYEE, self.person) in scopes
        if not self.with_people and any(scope.kind is ScopeKind.EMPLOYEE for scope in scopes):
            return False
        if self.unit is None:
            return True
        units = unit_tree(as_of=on, within=self.unit).subtree(self.unit)
        return any(self._is_within(scope, units, on=on) for scope in scopes)

    def _is_within(self, scope: Scope, units: Collection[str], *, on: date) -> bool:
        if scope.kind is ScopeKind.UNIT:
            return scope.id in units
        if scope.kind is ScopeKind.EMPLOYEE:
            return people_within(units, as_of=on).filter(person__external_id=scope.id).exists()
        return False
