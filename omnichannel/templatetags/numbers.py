"""Filters that write numbers and bilingual text in the reader's language. Missing is a dash with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_lazy

from omnichannel.core.numerals import rounded, show
from omnichannel.core.text import Bilingual

register = template.Library()

Figure = Decimal | int | str | None

# Codes the engine stores beside a null (kpis.engine.specs.NoData), and the two that pages add.
REASONS = {
    "no_rows": gettext_lazy("No rows in this period"),
    "table_missing": gettext_lazy("The table has not been loaded"),
    "missing_operand": gettext_lazy("A part of the formula has no value"),
    "zero_denominator": gettext_lazy("The denominator is zero"),
    "not_at_scope": gettext_lazy("Not defined at this level"),
    "too_few_customers": gettext_lazy("Too few customers to rank"),
    "too_large": gettext_lazy("The number is too large to keep"),
    "no_target": gettext_lazy("No target has been set"),
    "not_computed": gettext_lazy("Not computed yet"),
}


def language() -> str:
    """Return the active language code; English when translation is off."""
    return get_language() or "en"


def as_decimal(value: Figure) -> Decimal | None:
    """Return the number, or None when it is missing. A float is a bug: figures are Decimal from end to end."""
    if value is None or value == "":
        return None
    if isinstance(value, float):
        raise TypeError(f"figures are Decimal, not float: {value!r}")
    return Decimal(value)


def shown_html(
    value: Figure, unit: str = "", *, places: int | None = None, signed: bool = False, reason: str = ""
) -> SafeString:
    """Write a figure as HTML: the exact value stands in `title` and is what copying takes."""
    number = as_decimal(value)
    if number is None:
        return missing(reason)
    shown = show(number, unit, language=language(), places=places, signed=signed)
    unit_html = format_html('\u202f<span class="unit">{}</span>', shown.unit) if shown.unit else ""
    if not shown.shortened:
        return format_html('<span class="figure" title="{}">{}{}</span>', shown.exact, shown.text, unit_html)
    return format_html(
        '<span class="figure" title="{}" data-exact="{}">{}{}</span>', shown.exact, shown.exact, shown.text, unit_html
    )


def missing(reason: str = "") -> SafeString:
    """Return the dash that stands for no data; its reason shows on hover and focus and is read aloud."""
    words = str(REASONS.get(reason, reason))
    label = gettext("No data: %(reason)s") % {"reason": words} if words else gettext("No data")
    return format_html(
        '<span class="missing" tabindex="0" role="note" data-tip="{}" aria-label="{}">–</span>',
        words or gettext("No data"),
        label,
    )


@register.filter
def localised(value: Bilingual | Mapping[str, str] | str | None) -> str:
    """Return a bilingual text in the active language; plain text passes through."""
    if isinstance(value, Bilingual):
        return value.in_language(language())
    if isinstance(value, Mapping):
        first, second = ("zh", "en") if language().startswith("zh") else ("en", "zh")
        return value.get(first) or value.get(second) or ""
    return "" if value is None else str(value)


@register.filter
def number(value: Figure, places: int | None = None) -> SafeString:
    """Write a plain number, shortened from 10,000 on; with `places` in full."""
    return shown_html(value, places=places)


@register.filter
def money(value: Figure, places: int | None = None) -> SafeString:
    """Write an amount in CNY, shortened from 10,000 on; with `places` in full."""
    return shown_html(value, "CNY", places=places)


@register.filter
def percent(value: Figure, places: int = 1) -> SafeString:
    """Write a percentage that is already on the 0-100 scale, as the catalogue's are."""
    return shown_html(value, "percent", places=places)


@register.filter
def share(value: Figure, places: int = 1) -> SafeString:
    """Write a share between 0 and 1 as a percentage."""
    return shown_html(value, "0..1", places=places)


@register.filter
def signed(value: Figure, unit: str = "") -> SafeString:
    """Write a change with its sign."""
    return shown_html(value, unit, signed=True)


@register.filter
def kpi_value(value: Figure, unit: str) -> SafeString:
    """Write a KPI's value by the unit name of the catalogue."""
    return shown_html(value, unit)


@register.filter
def plain_value(value: Figure, unit: str = "") -> str:
    """Write a figure as text without HTML, for titles, SVG and labels."""
    decimal = as_decimal(value)
    return "–" if decimal is None else str(show(decimal, unit, language=language()))


@register.filter
def dash(value: object, reason: str = "") -> SafeString:
    """Return the value, or the dash with its reason when there is none."""
    return missing(reason) if value is None or value == "" else conditional_escape(str(value))


@register.filter
def rounded_to(value: Figure, places: int = 1) -> Decimal | None:
    """Round half up for attributes and JSON; None stays None."""
    decimal = as_decimal(value)
    return None if decimal is None else rounded(decimal, places)


@register.simple_tag
def figure(
    value: Figure, unit: str = "", reason: str = "", places: int | None = None, signed: bool = False
) -> SafeString:
    """Write a figure by its unit, or the dash with the given reason."""
    return shown_html(value, unit, places=places, signed=signed, reason=reason)
