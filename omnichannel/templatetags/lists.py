"""Lists of facts: label and value, timeline, changes, problems, tree, cards of the org chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django import template

register = template.Library()

Item = Mapping[str, object]
SEVERITIES = ("error", "warning", "info")


def _read(item: object, name: str) -> object:
    """Read a name from a mapping or from a dataclass, as templates do."""
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)


@register.inclusion_tag("components/facts.html")
def facts(items: Iterable[Item | Sequence[object]]) -> dict[str, object]:
    """Label and value pairs, with an optional note."""
    rows = [item if isinstance(item, Mapping) else {"label": item[0], "value": item[1]} for item in items]
    return {"items": rows}


@register.inclusion_tag("components/timeline.html")
def timeline(events: Iterable[Item]) -> dict[str, object]:
    """What happened, newest first as given: when, title, text, who."""
    return {"events": events}


@register.inclusion_tag("components/diff.html")
def diff(changes: Iterable[Item]) -> dict[str, object]:
    """Before and after, marked by letter as well as colour: added, removed, moved, edited."""
    return {"changes": changes}


@register.inclusion_tag("components/problem_list.html")
def problem_list(problems: Iterable[object], grouped: bool = False) -> dict[str, object]:
    """Problems of a file: row, column, value, code, message, hint, severity; grouped by cause on request."""
    found = list(problems)
    groups: dict[object, list[object]] = {}
    for problem in found:
        groups.setdefault(_read(problem, "code"), []).append(problem)
    ranked = sorted(groups.values(), key=lambda group: (_rank(group[0]), -len(group)))
    return {"problems": found, "groups": [{"first": group[0], "rows": group} for group in ranked] if grouped else ()}


def _rank(problem: object) -> int:
    severity = _read(problem, "severity")
    return SEVERITIES.index(severity) if isinstance(severity, str) and severity in SEVERITIES else 0


@register.inclusion_tag("components/tree.html")
def tree(nodes: Iterable[object], label: str = "", level: int = 1) -> dict[str, object]:
    """A nested list that folds: label, url, note, children, open, current."""
    return {"nodes": nodes, "label": label, "level": level}


@register.inclusion_tag("components/org_card.html")
def org_card(person: object) -> dict[str, object]:
    """A person in the organisation: name, title, unit, url, reports, fte, flags."""
    return {"person": person}
