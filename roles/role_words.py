"""What roles' texts are called and how two versions of them differ, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from roles.catalogue import RoleKey, RoleKind, SubtypeKey, load_roles, roles_here
from roles.choices import SUBTYPE_NAMES
from roles.queries.known_kpis import known_kpis
from roles.role_merge import LANGUAGES, Choice, edits_of

LABELS: dict[str, Promise] = {
    "names": gettext_lazy("Name"),
    "aliases": gettext_lazy("Job titles"),
    "definition": gettext_lazy("Definition"),
    "position": gettext_lazy("Place in the map"),
    "duties": gettext_lazy("Duties"),
    "abilities": gettext_lazy("Abilities"),
    "kpis": gettext_lazy("KPIs"),
    "kind": gettext_lazy("Kind"),
    "expectations": gettext_lazy("Expected by sub-type"),
    "links": gettext_lazy("Receives and hands on"),
    "is_hidden": gettext_lazy("Hidden"),
}
KINDS = {RoleKind.LEAD: gettext_lazy("Lead role"), RoleKind.COLLABORATING: gettext_lazy("Collaborating role")}
CHOICES = {
    Choice.MINE: gettext_lazy("Keep ours"),
    Choice.LIBRARY: gettext_lazy("Take the library's"),
    Choice.BOTH: gettext_lazy("Both together"),
}
TONGUES = {"zh": "中文", "en": "English"}
Change = dict[str, str]


def label_of(field: str) -> str:
    """Return what a field, or a part of one such as `duties.2.en`, is called."""
    name, _dot, rest = field.partition(".")
    parts = [str(LABELS.get(name, name))]
    for part in rest.split("."):
        parts += [TONGUES.get(part, str(int(part) + 1) if part.isdecimal() else part)] if part else []
    return " · ".join(parts)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return every difference of two contents of a role, for the component `diff`."""
    return [
        change
        for field in LABELS
        if before.get(field) != after.get(field)
        for change in field_changes(field, before.get(field), after.get(field))
    ]


def field_changes(field: str, before: Any, after: Any) -> list[Change]:
    """Return how one field differs: items of lists each by itself, texts per language."""
    if isinstance(after, list) or isinstance(before, list):
        return list(_items(field, before or [], after or []))
    if isinstance(after, Mapping) and "zh" in after:
        return [
            change
            for code in LANGUAGES
            if (before or {}).get(code) != after[code]
            for change in _part(f"{field}.{code}", (before or {}).get(code), after[code])
        ]
    return [_changed(field, _value(field, before), _value(field, after))]


def items_of(field: str, value: Any) -> list[str]:
    """Return the lines in which a field is read."""
    if isinstance(value, list):
        return [_value(field, each) for each in value]
    if isinstance(value, Mapping) and "zh" in value:
        return [
            f"{TONGUES[code]}: {', '.join(value[code]) if isinstance(value[code], list) else value[code]}"
            for code in LANGUAGES
        ]
    return [_value(field, value)]


def _part(field: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(after, list):
        yield from _items(field, before or [], after)
    else:
        yield _changed(field, before or "", after)


def _items(field: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
    edits = edits_of(before, after)
    for each in edits.removed:
        yield {"label": label_of(field), "before": _value(field, each), "after": "", "kind": "removed"}
    for each in edits.added:
        yield {"label": label_of(field), "before": "", "after": _value(field, each), "kind": "added"}
    if not edits.added and not edits.removed and list(before) != list(after):
        yield {"label": label_of(field), "before": "", "after": _("in another order"), "kind": "moved"}


def _changed(field: str, before: str, after: str) -> Change:
    kind = "edited" if before and after else "added" if after else "removed"
    return {"label": label_of(field), "before": before, "after": after, "kind": kind}


def _value(field: str, value: Any) -> str:
    """Write one value as a person reads it."""
    language = get_language()
    if value is None:
        return ""
    if field == "is_hidden":
        return _("yes") if value else _("no")
    if field == "position" and value in load_roles().positions:
        return load_roles().positions[value].names.in_language(language)
    if field == "kpis":
        kpi = known_kpis().get(value)
        return f"{kpi.names.in_language(language)} ({value})" if kpi else str(value)
    if field == "kind":
        return str(KINDS[RoleKind(value)])
    if field == "expectations":
        levels = load_roles().expectation_levels
        return ", ".join(
            f"{SUBTYPE_NAMES[SubtypeKey(key)]}: {levels[level].names.in_language(language)}"
            for key, level in value.items()
        )
    if field == "links":
        way = _("receives from") if value["way"] == "in" else _("hands on to")
        told = {"label": f"{way} {_role_name(value['role'])}", "note": _value("", value["what"])}
        return _("%(label)s: %(note)s") % told
    return f"{value['zh']} / {value['en']}" if isinstance(value, Mapping) else str(value)


def _role_name(key: str) -> str:
    """Return a role's name here; the key of one that has been taken back."""
    role = roles_here().roles.get(RoleKey(key))
    return role.names.in_language(get_language()) if role else key
