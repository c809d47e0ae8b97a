"""Controls a person acts on: buttons, fields, selects, pickers, drop zone, weights, sort headers, pager."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, CheckboxInput, RadioSelect
from django.template import Context

from omnichannel.templatetags.marks import flat_attrs

MOST_WEIGHT = Decimal(10**6)  # what a sum of weights still adds up

register = template.Library()


@register.inclusion_tag("components/button.html")
def button(
    label: str,
    url: str = "",
    variant: str = "secondary",
    icon: str = "",
    type: str = "button",
    small: bool = False,
    icon_only: bool = False,
    **attrs: object,
) -> dict[str, object]:
    """A button, or a link that looks like one when it has a URL. `variant`: primary, secondary, quiet, danger."""
    return {
        "label": label,
        "url": url,
        "variant": variant,
        "icon": icon,
        "type": type,
        "small": small,
        "icon_only": icon_only,
        "attrs": flat_attrs(attrs),
    }


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, prefix: str = "", suffix: str = "", label: str = "") -> dict[str, object]:
    """A form field with label, help and errors; Django ties them by aria-describedby."""
    widget = bound.field.widget
    return {
        "field": bound,
        "prefix": prefix,
        "suffix": suffix,
        "label": label or bound.label,
        "is_check": isinstance(widget, CheckboxInput),
        "is_group": isinstance(widget, RadioSelect),
    }


@register.inclusion_tag("components/form_fields.html")
def form_fields(form: BaseForm) -> dict[str, object]:
    """Every field of a form in order, after the errors of the form as a whole."""
    return {"form": form}


@register.inclusion_tag("components/select.html")
def select(
    name: str,
    options: Iterable[Sequence[object]],
    selected: object = "",
    label: str = "",
    autosubmit: bool = False,
    search: bool = False,
    empty: str = "",
    **attrs: object,
) -> dict[str, object]:
    """A labelled select. `search` lets one type to narrow it; `autosubmit` sends its form on change."""
    pairs = [(str(value), text, str(value) == str(selected)) for value, text in options]
    return {
        "name": name,
        "id": attrs.pop("id", f"select-{name}"),
        "options": pairs,
        "label": label,
        "autosubmit": autosubmit,
        "search": search,
        "empty": empty,
        "attrs": flat_attrs(attrs),
    }


@register.inclusion_tag("components/period_picker.html")
def period_picker(
    current: str,
    label: str = "",
    previous_url: str = "",
    next_url: str = "",
    options: Sequence[Mapping[str, object]] = (),
) -> dict[str, object]:
    """Step to the previous or next period, or choose one; every choice is a link."""
    return {"current": current, "label": label, "previous_url": previous_url, "next_url": next_url, "options": options}


@register.inclusion_tag("components/drop_zone.html")
def drop_zone(
    name: str, accept: str = "", multiple: bool = True, label: str = "", help: str = "", required: bool = True
) -> dict[str, object]:
    """A real file input that also takes dropped files; it stands inside the page's own multipart form."""
    return {"name": name, "accept": accept, "multiple": multiple, "label": label, "help": help, "required": required}


def _weight(value: object) -> Decimal:
    """Read a weight for the sum; what somebody typed and is no number adds nothing."""
    try:
        weight = Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)
    return weight if weight.is_finite() and abs(weight) < MOST_WEIGHT else Decimal(0)


@register.inclusion_tag("components/weight_editor.html")
def weight_editor(
    rows: Sequence[Mapping[str, object]], total: Decimal | int = 100, name: str = "weight"
) -> dict[str, object]:
    """Number inputs whose sum must be `total`; script adds the live sum, locks, and spreading of the rest."""
    values = [_weight(row.get("value")) for row in rows]
    return {"rows": rows, "total": total, "name": name, "sum": sum(values, Decimal(0))}


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: Context, label: str, key: str, numeric: bool = False) -> dict[str, object]:
    """A column head that sorts by `?sort=key`, descending with a minus, keeping the rest of the query."""
    query = context["request"].GET.copy()
    current = query.get("sort", "")
    query["sort"] = f"-{key}" if current == key else key
    query.pop("page", None)
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    return {"label": label, "url": f"?{query.urlencode()}", "direction": direction, "numeric": numeric}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: Context, page: Page[object] | Mapping[str, object], param: str = "page") -> dict[str, object]:
    """Previous, next and which rows these are, from Django's Page or a mapping with the same facts and URLs."""
    if not isinstance(page, Page):
        return dict(page)
    query = context["request"].GET.copy()

    def at(number: int) -> str:
        query[param] = str(number)
        return f"?{query.urlencode()}"

    return {
        "start": page.start_index(),
        "end": page.end_index(),
        "total": page.paginator.count,
        "previous_url": at(page.previous_page_number()) if page.has_previous() else "",
        "next_url": at(page.next_page_number()) if page.has_next() else "",
    }


@register.inclusion_tag("components/query_inputs.html", takes_context=True)
def query_inputs(context: Context, without: str = "") -> dict[str, object]:
    """Hidden inputs that carry the current query through a GET form, except the names (space separated) it sets."""
    dropped = set(without.split()) | {"page"}
    pairs = [(key, value) for key, values in context["request"].GET.lists() for value in values if key not in dropped]
    return {"pairs": pairs}
