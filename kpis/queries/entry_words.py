"""What is wrong with a definition, in words of the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from kpis.choices import KpiUnitName
from kpis.library.merging import FieldChange
from kpis.library.problems import EntryProblem

Write = Callable[[], str]


@dataclass(frozen=True, slots=True)
class ToldProblem:
    """A problem with its words. `before`, `marked` and `after` are the text around its place, where it has one."""

    field: str
    label: str
    code: str
    message: str
    is_error: bool
    position: int | None
    length: int
    suggestion: str
    before: str = ""
    marked: str = ""
    after: str = ""


# In functions, so that each is translated when it is told.
MESSAGES: Mapping[str, Write] = {
    "empty": lambda: _("Write a formula."),
    "too_long": lambda: _("The formula has %(length)s characters; at most %(limit)s are allowed."),
    "too_deep": lambda: _("The formula is nested more than %(limit)s levels deep."),
    "too_many": lambda: _("The formula has more than %(limit)s operands."),
    "unexpected_character": lambda: _("“%(found)s” has no meaning in a formula."),
    "expected_operand": lambda: _("A number or a measure is missing before %(found)s."),
    "expected_symbol": lambda: _("“%(symbol)s” is missing before %(found)s."),
    "expected_column": lambda: _("A column is missing before %(found)s."),
    "expected_value": lambda: _("A value is missing before %(found)s."),
    "trailing": lambda: _("The formula should end before %(found)s."),
    "unknown_measure": lambda: _("There is no measure “%(name)s”."),
    "unknown_column": lambda: _("“%(measure)s” cannot be filtered by “%(name)s”."),
    "unknown_value": lambda: _("“%(name)s” is no value of “%(column)s”."),
    "unknown_window": lambda: _("There is no window “%(name)s”; there are prev, yoy, r12m and open."),
    "window_needs_stock": lambda: _("@open reads a stock at the start of the period; “%(measure)s” is no stock."),
    "unknown_function": lambda: _("There is no function “%(name)s”; there are min, max and abs."),
    "argument_count": lambda: _("%(name)s takes %(expected)s arguments, not %(count)s."),
    "duplicate_filter": lambda: _("The filter on “%(name)s” is given twice."),
    "counts_nothing": lambda: _("A formula of numbers alone counts nothing: name a measure."),
    "mixed_units": lambda: _("%(left)s and %(right)s are added or subtracted here; is that meant?"),
    "sentence_kept": lambda: _("The formula is not the library's, but this sentence still tells the library's."),
    "no_hundred": lambda: _("A percentage is usually multiplied: “… * 100”."),
    "unit_differs": lambda: _("The formula counts %(counted)s, but the unit is %(unit)s."),
    "judged_unit": lambda: _("The unit “score 1 to 5” and the formula %(formula)s go together."),
    "same_name": lambda: _("Another KPI has this name: %(kpi)s."),
    "unknown_field": lambda: _("A definition has no field “%(name)s”."),
    "both_languages": lambda: _("Write it in both languages: zh and en."),
    "text_missing": lambda: _("This text is missing."),
    "too_long_text": lambda: _("At most %(limit)s characters."),
    "id_is_fixed": lambda: _("The id of a library KPI stays %(id)s."),
    "bad_id": lambda: _("Begin with %(prefix)s, then small letters, digits and _; at most %(limit)s characters."),
    "id_taken": lambda: _("There is a KPI %(id)s already."),
    "choose_one": lambda: _("Choose one."),
    "unknown_choice": lambda: _("“%(value)s” is none of: %(values)s."),
    "list_needed": lambda: _("A list is needed here."),
    "given_twice": lambda: _("Something is listed twice."),
    "yes_or_no": lambda: _("Write true or false."),
    "nobodys": lambda: _("Name a role, or say that it is the company's or any role's."),
    "bad_band": lambda: _("A target range is two numbers, the lower first."),
    "bad_tests": lambda: _("Tests are a list of at most %(limit)s."),
    "bad_test": lambda: _("A test has “given” (measure: number) and “expect” (a number or no_data)."),
    "no_number": lambda: _("“%(value)s” is no number."),
    "no_operand": lambda: _("The formula has no operand “%(name)s”."),
    "no_yaml": lambda: _("This is no YAML: line %(line)s, character %(column)s."),
    "no_mapping": lambda: _("Write one field a line, such as “unit: CNY”."),
    "entry_too_long": lambda: _("The text is too long."),
    "both_changed": lambda: _("The form and the text were both changed; keep one of them."),
    "bad_parameter": lambda: _("A whole number from %(low)s to %(high)s is needed."),
    "bad_parameter_choice": lambda: _("One of these is needed: %(values)s."),
    "red_test": lambda: _("Test %(number)s is red: expected %(expected)s, found %(found)s."),
}

LABELS: Mapping[str, Write] = {
    "id": lambda: _("Id"),
    "names.zh": lambda: _("Name (Chinese)"),
    "names.en": lambda: _("Name (English)"),
    "names": lambda: _("Name"),
    "definition.zh": lambda: _("What it says (Chinese)"),
    "definition.en": lambda: _("What it says (English)"),
    "definition": lambda: _("What it says"),
    "kind": lambda: _("Kind"),
    "layer": lambda: _("Layer"),
    "unit": lambda: _("Unit of measure"),
    "direction": lambda: _("Better"),
    "target_band": lambda: _("Target range"),
    "grain": lambda: _("Rhythm"),
    "formula": lambda: _("Formula"),
    "roles": lambda: _("Roles"),
    "shared_group": lambda: _("Counts once in"),
    "source": lambda: _("Source"),
    "tests": lambda: _("Tests"),
    "yaml": lambda: _("Text"),
    "value": lambda: _("Value"),
}
UNIT_FACTS = ("left", "right", "counted", "unit")


def message_of(code: str, params: Mapping[str, object]) -> str:
    """Return what is wrong, in the reader's language."""
    told = dict(params)
    if "found" in told:
        told["found"] = f"“{told['found']}”" if told["found"] and code != "unexpected_character" else told["found"]
        told["found"] = told["found"] or _("the end")
    for name in UNIT_FACTS:
        if name in told:
            told[name] = _unit(str(told[name]))
    if code == "argument_count":
        told["expected"] = _("2 or more") if told["expected"] != "1" else "1"
    return MESSAGES[code]() % told


def label_of(field: str) -> str:
    """Return what a field of the editor is called; tests are numbered."""
    if field in LABELS:
        return LABELS[field]()
    first, _dot, rest = field.partition(".")
    if first == "tests":
        return _("Test %(number)s") % {"number": rest.partition(".")[0]}
    return LABELS[first]() if first in LABELS else field


def told(problem: EntryProblem, text: str = "") -> ToldProblem:
    """Return a problem in words; `text` is that of its field, whose wrong part is marked."""
    at = problem.position
    return ToldProblem(
        field=problem.field,
        label=label_of(problem.field),
        code=problem.code,
        message=message_of(problem.code, problem.params),
        is_error=problem.is_error,
        position=at,
        length=problem.length,
        suggestion=problem.suggestion,
        before=text[:at] if at is not None else "",
        marked=text[at : at + problem.length] if at is not None else "",
        after=text[at + problem.length :] if at is not None else "",
    )


def diff_of(changes: Sequence[FieldChange]) -> list[dict[str, object]]:
    """Return changes of fields as the component `diff` shows them."""
    return [
        {
            "label": label_of(each.field),
            "before": _value(each.base),
            "after": _value(each.ours),
            "kind": "added" if each.base is None else "removed" if each.ours is None else "edited",
        }
        for each in changes
    ]


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else _("yes") if value is True else str(value)


def _unit(unit: str) -> str:
    return str(KpiUnitName(unit).label) if unit in KpiUnitName.values else unit
