"""What an upload's page says in words: why a column feeds a field, and what each correction does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.datasets.meaning.mapping import ColumnMatch
from kpis.engine.specs import TableSpec
from kpis.library import library_extras

LINES_NAMED = 5


def reason_in_words(match: ColumnMatch, *, preset: str, saved: str, hidden: bool = False) -> str:
    """Return why the column is taken for this field, or why it is asked about; empty when there is nothing to say."""
    if hidden and match.field is None:
        return _("Looks like names, phones or addresses of customers: neither read nor kept")
    if match.reason in ("preset", "derived"):
        return _("Known export: %(name)s") % {"name": preset}
    if match.reason == "saved":
        return _("As remembered for %(name)s") % {"name": saved}
    reasons = {
        "canonical": _("The header is the field's own name"),
        "alias": _("The header is one of our names for it"),
        "known": _("Every cell is an id or a name we know"),
        "amounts": _("The amounts add up with it"),
        "chosen": _("You chose it"),
        "doubtful": _("This header means different things in different systems"),
        "unit": _("The unit in the header is not known"),
        "repeated": _("Two columns claim this field"),
        "rival": _("Another column sounds like it too"),
        "table": _("It depends on the table, which is not sure yet"),
        "content": _("The cells do not look like this field"),
        "unused": _("Not needed from this export"),
        "reserved": _("Added by our problem file"),
    }
    return reasons.get(match.reason, "")


def field_name(name: str, *, table: TableSpec | None) -> str:
    """Return the field's name in the reader's language."""
    known = {column.name: column.names for column in table.columns} if table else {}
    return (known[name].in_language(get_language()) if name in known else "") or name


def value_name(value: str, *, name: str = "") -> str:
    """Return what a value is called: an enum's label, or the name of the unit or person given."""
    label = library_extras().enum_labels.get(value)
    return name or (label.in_language(get_language()) if label else value)


def steps_in_words(steps: Sequence[Mapping[str, Any]], *, table: TableSpec | None) -> list[str]:
    """Return what each correction does, in their order."""
    return [_step(step, table=table) for step in steps]


def _step(step: Mapping[str, Any], *, table: TableSpec | None) -> str:
    field = field_name(str(step.get("field", "")), table=table)
    match step["kind"]:
        case "cell":
            told = {"row": step["line"], "column": step["column"], "value": step["value"]}
            return _("Row %(row)s, %(column)s: now “%(value)s”") % told
        case "skip" if "lines" in step:
            return _("Left out: %(rows)s") % {"rows": _rows(step["lines"])}
        case "skip":
            return _("Left out: every row with this problem in %(column)s") % {"column": step["column"] or "–"}
        case "value":
            told = {"field": field, "word": step["from"] or _("(empty)"), "value": value_name(step["to"])}
            return _("%(field)s: “%(word)s” stands for %(value)s") % told
        case "blank":
            return _("%(field)s: %(words)s mean nothing") % {"field": field, "words": _quoted(step["values"])}
        case "constant":
            return _("%(field)s: %(value)s in every row") % {"field": field, "value": value_name(step["value"])}
        case "date_order":
            orders = {"dmy": _("day/month/year"), "mdy": _("month/day/year"), "ymd": _("year/month/day")}
            return _("%(field)s: dates are %(order)s") % {"field": field, "order": orders.get(step["order"], "")}
        case "scale":
            return _("%(field)s: every number × %(factor)s") % {"field": field, "factor": step["factor"]}
        case "derive":
            return _("%(field)s: worked out from the other fields") % {"field": field}
        case "keep" if step["which"] == "first":
            return _("Of rows with one key the first counts")
        case "keep":
            return _("Of rows with one key the last counts")
        case "pad":
            return _("Short lines are filled up with empty cells")
    return str(step["kind"])


def _rows(lines: Sequence[int]) -> str:
    named = ", ".join(map(str, lines[:LINES_NAMED]))
    if len(lines) > LINES_NAMED:
        return _("rows %(named)s and %(more)s more") % {"named": named, "more": len(lines) - LINES_NAMED}
    return _("rows %(named)s") % {"named": named} if len(lines) > 1 else _("row %(named)s") % {"named": named}


def _quoted(words: Sequence[str]) -> str:
    shown = ", ".join(f"“{word}”" for word in words[:LINES_NAMED])
    return f"{shown} …" if len(words) > LINES_NAMED else shown
