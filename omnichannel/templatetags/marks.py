"""The smallest parts: icon, status, tag, notice, empty state. Written in Python because tables hold hundreds."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy
from heroicons.templatetags.heroicons import heroicon_micro, heroicon_outline

register = template.Library()

# Status: icon and words; the colour is CSS. The hatched square of `no_data` is our own drawing.
STATUSES = {
    "met": ("check-circle", gettext_lazy("Met")),
    "near": ("minus-circle", gettext_lazy("Near")),
    "low": ("arrow-down-circle", gettext_lazy("Low")),
    "missed": ("x-circle", gettext_lazy("Missed")),
    "no_data": ("", gettext_lazy("No data")),
}
HATCHED = mark_safe(
    '<svg class="icon" width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" aria-hidden="true">'
    '<rect x="2.5" y="2.5" width="11" height="11" rx="2"/><path d="M3 9l6-6M3 13L13 3M7 13l6-6"/></svg>'
)
TONE_ICONS = {"info": "information-circle", "good": "check-circle", "warn": "exclamation-triangle", "bad": "x-circle"}


def flat_attrs(attrs: dict[str, object]) -> SafeString:
    """Write keyword arguments as HTML attributes: `hx_get` is `hx-get`, True is bare, None and False are left out."""
    kept = {key.rstrip("_").replace("_", "-"): value for key, value in attrs.items() if value not in (None, False)}
    return format_html_join("", "{}", ((_attribute(key, value),) for key, value in kept.items()))


def _attribute(key: str, value: object) -> SafeString:
    return format_html(" {}", key) if value is True else format_html(' {}="{}"', key, escape(str(value)))


@lru_cache(maxsize=512)
def _drawn(name: str, size: int, style: str) -> str:
    draw = heroicon_micro if style == "micro" else heroicon_outline
    extra: dict[str, object] = {} if style == "micro" else {"stroke_width": "1.6"}
    return draw(name, size=size, **{"class": "icon", "aria_hidden": "true", **extra})


@register.simple_tag
def icon(name: str, size: int = 16, style: str = "outline", label: str = "") -> SafeString:
    """Draw a heroicon (`outline`, or `micro` for the filled 16 px set); it is silent unless it has a label."""
    drawn = mark_safe(_drawn(str(name), size, style))  # noqa: S308 - out of the icons' wheel
    return format_html('{}<span class="visually-hidden">{}</span>', drawn, label) if label else drawn


@register.simple_tag
def status(key: str | None, label: str = "") -> SafeString:
    """Say met, near, low, missed or no data by word, icon and colour."""
    name = str(key or "no_data")
    drawn, word = STATUSES.get(name, STATUSES["no_data"])
    mark = icon(drawn, style="micro") if drawn else HATCHED
    return format_html(
        '<span class="status status--{}">{}<span>{}</span></span>', name.replace("_", "-"), mark, label or word
    )


@register.simple_tag
def tag(label: object, tone: str = "", icon: str = "") -> SafeString:
    """A small label beside a name: kind, layer, provenance."""
    mark = mark_safe(_drawn(icon, 14, "outline")) if icon else ""  # noqa: S308 - out of the icons' wheel
    return format_html('<span class="tag{}">{}{}</span>', f" tag--{tone}" if tone else "", mark, label)


@register.simple_tag
def notice(title: str, text: str = "", tone: str = "info") -> SafeString:
    """A band that says something about the whole page; bad news is announced at once."""
    body = format_html("<p>{}</p>", text) if text else ""
    return format_html(
        '<div class="notice notice--{}" role="{}">{}<div><strong>{}</strong>{}</div></div>',
        tone,
        "alert" if tone == "bad" else "note",
        icon(TONE_ICONS[tone], size=18),
        title,
        body,
    )


@register.inclusion_tag("components/empty_state.html")
def empty_state(
    title: str, text: str = "", action_label: str = "", action_url: str = "", icon: str = "inbox"
) -> dict[str, object]:
    """Say what will stand here, why it is empty, and the one next step."""
    return {"title": title, "text": text, "action_label": action_label, "action_url": action_url, "icon": icon}


@register.inclusion_tag("components/skeleton.html")
def skeleton(rows: int = 3, kind: str = "table") -> dict[str, object]:
    """The real shape of what is loading; CSS holds it back for 200 ms."""
    return {"rows": range(rows), "kind": kind, "label": gettext("Loading")}
