"""One-click fixes for a group of problems: offered in words with their steps, never taken by themselves."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches

import pyarrow as pa

from kpis.datasets.checks.findings import Group
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.meaning.words import enum_words, normal_value
from kpis.datasets.repair.fixcases import (
    MOST_EACH,
    MOST_WORDS,
    Case,
    Fix,
    Surroundings,
    arrows,
    replace_fix,
    short,
    value_steps,
)
from kpis.datasets.repair.fixes import DERIVED
from kpis.datasets.rereading import (
    cleaned,
    date_orders,
    hundredths,
    last_days,
    numbers,
    separators,
    without_sign,
    yes_or_no,
)
from kpis.engine.specs import TableSpec
from kpis.library import library_extras
from omnichannel.core.text import Bilingual

DIGITS = re.compile(r"[1-9][0-9]*")
MOST_KNOWN, MOST_COMPARED = 20_000, 40_000
# Problems of the file as a whole, or that need no decision: there are no rows to leave out.
WITHOUT_ROWS = frozenset(
    {
        *("empty_file", "no_rows", "unreadable_file", "unsupported_file", "password_protected", "too_large"),
        *("too_many_columns", "cell_too_long", "unterminated_quote", "duplicate_header", "column_missing"),
        *("source_missing", "personal_data", "duplicate_row", "rounded", "table_unknown", "duplicate_key"),
        *("encoding_unsure", "total_row", "archive_empty", "archive_unsafe", "archive_nested", "archive_member"),
    }
)
NET_PARTS = frozenset({"gross_amount", "discount_amount", "refund_amount"})
ZERO_WHEN_ABSENT = frozenset({"orders.discount_amount", "orders.refund_amount"})


def suggest(
    group: Group, *, mapping: ColumnMapping, table: TableSpec, around: Surroundings | None = None
) -> tuple[Fix, ...]:
    """Return the fixes for a group, the likeliest first; leaving the rows out is the last."""
    name = _field_of(group.column, mapping=mapping, table=table)
    fixes: tuple[Fix, ...] = ()
    if name:
        case = Case(group, name, table.column(name), table, mapping, around or Surroundings())
        fixes = tuple(fix for maker in MAKERS.get(group.code, ()) for fix in maker(case))
    elif group.code == "duplicate_key":
        fixes = KEEP
    elif group.code == "ragged_row":
        fixes = (
            Fix(Bilingual("按表头补齐或截去空单元格", "Pad short lines, cut empty extra cells"), ({"kind": "pad"},)),
        )
    if group.code in WITHOUT_ROWS:
        return fixes
    step = {"kind": "skip", "code": group.code, "column": group.column}
    english = "Leave this row out" if group.count == 1 else f"Leave these {group.count} rows out"
    return (*fixes, Fix(Bilingual(f"不载入这 {group.count} 行", english), (step,)))


def _field_of(column: str, *, mapping: ColumnMapping, table: TableSpec) -> str | None:
    """Return the field that the column of a problem feeds; a problem of a missing column names the field itself."""
    for name, source in mapping.fields.items():
        if column in (source.label, *source.columns):
            return name
    return next((one.name for one in table.columns if one.name == column), None)


def _nearest_words(case: Case) -> list[Fix]:
    """Offer the nearest word of an enum, all at once and one by one."""
    known = enum_words(case.column.enum)
    near: dict[str, str] = {}
    for word in case.words[:MOST_WORDS]:
        normal = normal_value(word)
        inside = {value for text, value in known.items() if len(text) > 1 and (text in normal or normal in text)}
        close = get_close_matches(normal, known, n=1, cutoff=0.6)
        if len(inside) == 1 or close:
            near[word] = inside.pop() if len(inside) == 1 else known[close[0]]
    fixes = [_word_fix(case, word, to) for word, to in list(near.items())[:MOST_EACH]]
    if len(near) > 1:
        fixes.insert(
            0,
            Fix(
                Bilingual(f"按最接近的值对应：{arrows(near)}", f"Use the nearest values: {arrows(near)}"),
                value_steps(case, near),
            ),
        )
    return fixes


def _word_fix(case: Case, word: str, to: str) -> Fix:
    label = library_extras().enum_labels.get(to, Bilingual(to, to))
    told = Bilingual(f"把“{short(word)}”当作“{label.zh}”", f"Take “{short(word)}” for “{label.en}”")
    return Fix(told, value_steps(case, {word: to}))


def _each_option(case: Case) -> list[Fix]:
    """Offer one value for all rows that have none: every value of an enum, or the zero that an absent amount means."""
    missing = case.group.code == "column_missing"
    fixes = []
    for value in case.column.enum[:12]:
        label = library_extras().enum_labels.get(value, Bilingual(value, value))
        fixes.append(_filled(case, value, Bilingual(f"“{label.zh}”", f"“{label.en}”"), missing=missing))
    if f"{case.table.id}.{case.field}" in ZERO_WHEN_ABSENT:
        fixes.append(_filled(case, "0", Bilingual("“0”（没有发生）", "“0” (there were none)"), missing=missing))
    return fixes


def _filled(case: Case, value: str, label: Bilingual, *, missing: bool) -> Fix:
    if missing:
        step = {"kind": "constant", "field": case.field, "value": value}
        return Fix(Bilingual(f"所有行都填{label.zh}", f"Use {label.en} for every row"), (step,))
    step = {"kind": "value", "field": case.field, "from": "", "to": value}
    return Fix(Bilingual(f"空的都填{label.zh}", f"Fill the empty ones with {label.en}"), (step,))


def _as_empty(case: Case) -> list[Fix]:
    """Offer to read these texts as empty, where the field may be."""
    if not case.column.nullable or not case.words or not case.complete:
        return []
    step = {"kind": "blank", "field": case.field, "values": list(case.words)}
    shown = "、".join(f"“{short(word)}”" for word in case.words[:3]) + ("…" if len(case.words) > 3 else "")
    return [Fix(Bilingual(f"把{shown}当作空值", f"Take {shown.replace('、', ', ')} as empty"), (step,))]


def _nearest_ids(case: Case) -> list[Fix]:
    """Offer the id that has this name, or else the one written nearly alike."""
    ids = case.around.allowed.get(case.field) or _listed(case.around.known.get(case.column.ref))
    names = case.around.names.get(case.column.ref, {})
    by_form = _by_form(ids)
    words = case.words[:MOST_WORDS]
    # Comparing letter by letter is slow: with many ids only as many words as fit into a page's time.
    compared = frozenset(words[: MOST_COMPARED // max(len(by_form) + len(names), 1)])
    named: dict[str, str] = {}
    near: dict[str, str] = {}
    guessed = []
    for word in words:
        if word in names:
            named[word] = names[word]
        elif _form(word) in by_form:
            near[word] = by_form[_form(word)]
        elif word in compared and (form := _alike(_form(word), by_form)):
            near[word] = by_form[form]
        elif word in compared and (name := _alike(word, names)):
            # Names that are nearly alike may be two places: each is asked about by itself, the name in sight.
            told = Bilingual(f"把“{word}”当作“{name}”（{names[name]}）", f"Take “{word}” for “{name}” ({names[name]})")
            guessed.append(Fix(told, value_steps(case, {word: names[name]})))
    return [
        *replace_fix(case, named, zh="按名称对应编号", en="Use the ids of these names"),
        *replace_fix(case, near, zh="改为最接近的编号", en="Use the nearest ids"),
        *guessed[:MOST_EACH],
    ]


def _listed(ids: Collection[str] | pa.Array | None) -> Sequence[str]:
    if ids is None or len(ids) > MOST_KNOWN:
        return ()
    return ids.to_pylist() if isinstance(ids, pa.Array) else sorted(ids)


def _by_form(ids: Sequence[str] | Collection[str]) -> dict[str, str]:
    """Return form -> id, without the forms that several ids have."""
    forms = Counter(map(_form, ids))
    return {form: one for one in ids if forms[form := _form(one)] == 1}


def _alike(word: str, known: Collection[str]) -> str:
    """Return the text that a typing error would explain best. With another number in it, it is another thing."""
    close = get_close_matches(word, known, n=3, cutoff=0.75)
    close = [one for one in close if DIGITS.findall(one) == DIGITS.findall(word)]
    ratios = [SequenceMatcher(None, one, word).ratio() for one in close]
    return close[0] if len(close) == 1 or (close and ratios[0] > ratios[1]) else ""


def _form(text: str) -> str:
    """Return an id without the differences that retyping makes: width, case, blanks, dashes, leading zeros."""
    return re.sub(r"[\s_\-]", "", unicodedata.normalize("NFKC", text).casefold()).lstrip("0")


def _worked_out(case: Case) -> list[Fix]:
    """Offer to compute the net amount from its parts."""
    if f"{case.table.id}.{case.field}" not in DERIVED or not case.mapping.fields.keys() >= NET_PARTS:
        return []
    told = Bilingual("净额改由 总额 − 优惠 − 退款 计算", "Compute the net amount as gross - discount - refund")
    return [Fix(told, ({"kind": "derive", "field": case.field},))]


def _not_used(case: Case) -> list[Fix]:
    told = Bilingual(f"不使用此列（{case.group.column}）", f"Do not use this column ({case.group.column})")
    return [Fix(told, ({"kind": "unmap", "field": case.field},))]


def _one_of_key(case: Case) -> list[Fix]:
    return list(KEEP)


KEEP = (
    Fix(
        Bilingual("主键相同的只保留最后一行", "Of rows with one key keep the last"),
        ({"kind": "keep", "which": "last"},),
    ),
    Fix(
        Bilingual("主键相同的只保留第一行", "Of rows with one key keep the first"),
        ({"kind": "keep", "which": "first"},),
    ),
)
MAKERS: Mapping[str, tuple[Callable[[Case], list[Fix]], ...]] = {
    "not_in_list": (_nearest_words, _as_empty),
    "not_boolean": (yes_or_no, _as_empty),
    "not_number": (numbers, _as_empty),
    "not_integer": (numbers, _as_empty),
    "ambiguous_number": (separators, _as_empty),
    "ambiguous_date": (date_orders, _as_empty),
    "not_date": (last_days, _as_empty),
    "not_datetime": (last_days, _as_empty),
    "date_out_of_range": (_as_empty,),
    "error_cell": (_as_empty,),
    "damaged_number": (_as_empty,),
    "too_big": (_as_empty,),
    "too_long": (_as_empty,),
    "control_character": (cleaned, _as_empty),
    "unknown_id": (_nearest_ids, _as_empty),
    "unknown_reference": (_nearest_ids, _as_empty),
    "unknown_parent": (_nearest_ids, _as_empty),
    "required_empty": (_each_option,),
    "column_missing": (_worked_out, _each_option),
    "net_mismatch": (_worked_out,),
    "out_of_range": (hundredths,),
    "negative_amount": (without_sign,),
    "personal_data": (_not_used,),
    "source_missing": (_not_used,),
    "duplicate_key": (_one_of_key,),
}
