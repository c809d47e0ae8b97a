"""What is wrong with the texts of a role: every fault at once, each at its field."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from unicodedata import category

from django.utils.translation import gettext as _

from roles.catalogue import ExpectationLevel, RoleKind, SubtypeKey
from roles.queries.known_kpis import known_kpis
from roles.role_merge import LANGUAGES
from roles.role_texts import FIELDS, RoleLibrary

Issue = tuple[str, str, str]
MOST = {"names": 80, "definition": 2000, "duties": 400, "abilities": 400, "aliases": 80, "links": 200}
MOST_ITEMS = 60
WAYS = ("in", "out")
UNREADABLE = ("Cc", "Cs")


def tidy(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return texts without white space at their ends, lists without what is empty or said twice."""
    return {field: _tidy(value) for field, value in content.items()}


def _tidy(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(each for each in value.strip() if each == "\n" or category(each) not in UNREADABLE)
    if isinstance(value, Mapping):
        return {name: _tidy(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        items: list[Any] = []
        for each in map(_tidy, value):
            if each and each not in items and not (isinstance(each, Mapping) and not any(each.values())):
                items.append(each)
        return items
    return value


def faults_of(key: str, content: Mapping[str, Any], *, library: RoleLibrary, is_new: bool = False) -> list[Issue]:
    """Return the faults of the given fields of a role; of a new one all have to be there."""
    issues = [_missing(field) for field in FIELDS if is_new and field != "aliases" and not content.get(field)]
    told = {field for field, _code, _message in issues}
    for field, check in CHECKS.items():
        if field in content and field not in told:
            issues += check(field, content[field])
    if "names" in content and "names" not in told:
        issues += _taken(key, content["names"], library)
    issues += _links(key, content.get("links", ()), library)
    if "position" in content and content["position"] and content["position"] not in library.catalogue.positions:
        issues.append(_unknown("position", content["position"], library.catalogue.positions))
    return issues


def _missing(field: str) -> Issue:
    return field, "required", _("This field is missing.")


def _unknown(field: str, value: object, allowed: Collection[str]) -> Issue:
    message = _("%(value)s is not known. Use one of: %(allowed)s.")
    return field, "unknown_choice", message % {"value": str(value)[:40] or "-", "allowed": ", ".join(allowed)}


def _text(field: str, value: Any) -> Iterator[Issue]:
    """Check a text that stands in both languages."""
    most = MOST[field.partition(".")[0]]
    for code in LANGUAGES:
        text = value.get(code, "")
        if not text:
            yield f"{field}.{code}", "required", _("This text is needed in both languages.")
        elif len(text) > most:
            yield f"{field}.{code}", "too_long", _too_long(most)


def _too_long(most: int) -> str:
    return _("This is longer than %(most)s characters.") % {"most": most}


def _items(field: str, value: Sequence[Any]) -> Iterator[Issue]:
    if not value:
        yield _missing(field)
    if len(value) > MOST_ITEMS:
        yield _too_many(field)
    for number, each in enumerate(value[:MOST_ITEMS]):
        yield from _text(f"{field}.{number}", each)


def _too_many(field: str) -> Issue:
    return field, "too_many", _("At most %(most)s are kept here.") % {"most": MOST_ITEMS}


def _aliases(field: str, value: Any) -> Iterator[Issue]:
    for code in LANGUAGES:
        titles = value.get(code, [])
        if len(titles) > MOST_ITEMS:
            yield _too_many(f"{field}.{code}")
        for title in titles:
            if len(title) > MOST["aliases"]:
                yield f"{field}.{code}", "too_long", _too_long(MOST["aliases"])


def _kpis(field: str, value: Sequence[str]) -> Iterator[Issue]:
    if not value:
        yield _missing(field)
    known = known_kpis()
    for kpi in value:
        if kpi not in known:
            yield field, "unknown_kpi", _("There is no KPI %(kpi)s in the library or of your own.") % {"kpi": kpi[:60]}


def _kind(field: str, value: Any) -> Iterator[Issue]:
    if value not in set(RoleKind):
        yield _unknown(field, value, [each.value for each in RoleKind])


def _expectations(field: str, value: Mapping[str, Any]) -> Iterator[Issue]:
    for subtype, level in value.items():
        if subtype not in set(SubtypeKey):
            yield _unknown(field, subtype, [each.value for each in SubtypeKey])
        elif level not in set(ExpectationLevel):
            yield _unknown(f"{field}.{subtype}", level, [each.value for each in ExpectationLevel])


def _links(key: str, links: Sequence[Any], library: RoleLibrary) -> Iterator[Issue]:
    """Check what an added role receives and hands on: a known role at the other end, and what, in both languages."""
    if len(links) > MOST_ITEMS:
        yield _too_many("links")
    seen = set()
    for number, each in enumerate(links[:MOST_ITEMS]):
        field, other, way = f"links.{number}", each["role"], each["way"]
        if way not in WAYS:
            yield _unknown(f"{field}.way", way, WAYS)
        if other not in library.roles:
            yield f"{field}.role", "unknown_role", _("Choose the role at the other end.")
        elif other == key:
            yield f"{field}.role", "itself", _("A role hands nothing to itself.")
        elif (way, other) in seen:
            yield f"{field}.role", "twice", _("This role is linked twice in the same direction: write it as one.")
        seen.add((way, other))
        yield from _text(f"{field}.what", each["what"])


def _taken(key: str, names: Mapping[str, str], library: RoleLibrary) -> Iterator[Issue]:
    """Refuse the name of another role: pickers and files could not tell them apart."""
    for other in library.roles.values():
        if other.key != key:
            for code, name in other.names.as_json().items():
                if names.get(code, "").casefold() == name.casefold():
                    yield (
                        f"names.{code}",
                        "taken",
                        _("The role %(role)s goes by this name already.") % {"role": other.key},
                    )


CHECKS = {
    "names": _text,
    "definition": _text,
    "duties": _items,
    "abilities": _items,
    "aliases": _aliases,
    "kpis": _kpis,
    "kind": _kind,
    "expectations": _expectations,
}
