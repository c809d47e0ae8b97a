"""The fields of a pay plan's form, as the page draws them: label, value, choices, fault, by the path of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.queries.pay.plan_words import PHASES, RULE_MEANINGS, RULE_NAMES, role_names
from kpis.views.pay.plan_rule_fields import (
    Faults,
    PlanField,
    at_path,
    rule_bounds,
    rule_fields,
    rule_pairs,
    text_in,
    with_odd,
)
from roles.queries.library import role_options


@dataclass(frozen=True, slots=True)
class Row:
    """One component of the form: its fields by their group."""

    at: int
    title: str
    meaning: str
    fields: tuple[PlanField, ...]
    pairs: tuple[tuple[PlanField, ...], ...]
    bounds: tuple[PlanField, ...]
    is_bounded: bool
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanForm:
    """The whole form: the frame of the plan, its components, what bounds the sum."""

    frame: tuple[PlanField, ...]
    bounds: tuple[PlanField, ...]
    rows: tuple[Row, ...]
    errors: tuple[str, ...]

    @property
    def labels(self) -> dict[str, str]:
        """What the controls are called, by the path of the plan; a component's with its title before it."""
        named = {each.path: each.label for each in (*self.frame, *self.bounds)}
        for row in self.rows:
            for each in (*row.fields, *chain.from_iterable(row.pairs), *row.bounds):
                named[each.path] = f"{row.title} · {each.label}"
        return named


def plan_form(node: Mapping[str, Any], messages: Mapping[str, tuple[str, ...]], *, fixed_id: bool) -> PlanForm:
    """Lay a plan's node out as fields, whatever is wrong in it. `messages` are the faults by path."""
    faults = Faults(messages)
    held = node.get("components")
    roles = [str(role) for role in node.get("roles", ()) or ()] if isinstance(node.get("roles"), list) else []
    rows = tuple(
        _row(at, each, faults, roles=roles)
        for at, each in enumerate(held if isinstance(held, list) else ())
        if isinstance(each, Mapping)
    )
    return PlanForm(
        frame=tuple(_frame(node, roles, faults, fixed_id=fixed_id)),
        bounds=tuple(_plan_bounds(node, faults)),
        rows=rows,
        errors=faults.at("components"),
    )


def _frame(node: Mapping[str, Any], roles: list[str], faults: Faults, *, fixed_id: bool) -> Iterator[PlanField]:
    def text(path: str, label: str, **more: Any) -> PlanField:
        return PlanField(path, label, text_in(at_path(node, path)), errors=faults.at(path), **more)

    yield text("names.zh", _("Name (Chinese)"))
    yield text("names.en", _("Name (English)"))
    yield text("id", _("Id"), kind="fixed" if fixed_id else "text", help=_("Letters, digits and dashes, at most 40."))
    yield text("phase", _("Phase"), kind="select", options=with_odd(PHASES.items(), text_in(node.get("phase"))))
    offered = role_options()
    offered += [(role, name) for role, name in zip(roles, role_names(roles), strict=True) if role not in dict(offered)]
    yield PlanField("roles", _("Roles paid"), roles, kind="checks", options=offered, errors=faults.at("roles"))


def _plan_bounds(node: Mapping[str, Any], faults: Faults) -> Iterator[PlanField]:
    for path, label, suffix in (
        ("guarantee", _("Guaranteed sum"), _("CNY")),
        ("variable_cap", _("Most in all"), _("CNY")),
        ("clawback_days", _("Late refunds count for"), _("days after the close")),
    ):
        value = text_in(node.get(path))
        yield PlanField(path, label, value, kind="number", suffix=suffix, errors=faults.at(path))
    yield PlanField(
        "reason",
        _("Reason for departing from the rule of the phase"),
        text_in(node.get("reason")),
        kind="area",
        errors=faults.at("reason"),
        help=_("Only needed where a penalty touches the staff, or a launch plan pays by attainment."),
    )


def _row(at: int, node: Mapping[str, Any], faults: Faults, *, roles: list[str]) -> Row:
    path = f"components.{at}"
    rule = node.get("rule")
    rule = rule if isinstance(rule, Mapping) else {}
    names = node.get("names")
    names = names if isinstance(names, Mapping) else {}
    kind = text_in(rule.get("kind"))
    fields = [
        PlanField(
            f"{path}.names.zh", _("Name (Chinese)"), text_in(names.get("zh")), errors=_first(faults, path, "names")
        ),
        PlanField(
            f"{path}.names.en", _("Name (English)"), text_in(names.get("en")), errors=faults.at(f"{path}.names.en")
        ),
        PlanField(f"{path}.id", _("Id"), text_in(node.get("id")), errors=faults.at(f"{path}.id")),
        PlanField(
            f"{path}.rule.kind",
            _("Rule"),
            kind,
            kind="select",
            options=with_odd(RULE_NAMES.items(), kind),
            errors=faults.at(f"{path}.rule.kind"),
            refresh=True,
        ),
        *rule_fields(rule, f"{path}.rule", faults),
    ]
    bounds = tuple(rule_bounds(node, path, faults))
    return Row(
        at=at,
        title=text_in(names.get("zh" if (get_language() or "").startswith("zh") else "en")) or f"{at + 1}",
        meaning=str(RULE_MEANINGS.get(kind, "")),
        fields=tuple(fields),
        pairs=tuple(rule_pairs(rule, f"{path}.rule", faults, roles=roles)),
        bounds=bounds,
        is_bounded=any(each.value or each.errors for each in bounds if not each.path.endswith(".step")),
        errors=(
            *faults.at(path),
            *faults.at(f"{path}.rule"),
            *faults.at(f"{path}.rule.steps"),
            *faults.at(f"{path}.rule.shares"),
        ),
    )


def _first(faults: Faults, path: str, name: str) -> tuple[str, ...]:
    return (*faults.at(f"{path}.{name}"), *faults.at(f"{path}.{name}.zh"))


def as_posted(form: PlanForm) -> QueryDict:
    """Return the form as the browser sends it back untouched."""
    data = QueryDict(mutable=True)
    rows = [each for row in form.rows for each in (*row.fields, *chain(*row.pairs), *row.bounds)]
    for each in (*form.frame, *form.bounds, *rows):
        if each.kind == "checks":
            data.setlist(each.name, each.value)
        elif each.kind == "select" and each.options and each.value not in dict(each.options):
            data.appendlist(each.name, str(each.options[0][0]))
        else:
            data.appendlist(each.name, each.value)
    return data
