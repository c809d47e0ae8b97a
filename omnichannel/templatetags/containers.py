"""Parts that hold other content (block tags) or move between views: panels, dialogs, menus, tables, tabs, steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


def _filled(name: str, content: str, **context: object) -> SafeString:
    return render_to_string(f"components/{name}.html", {"content": content, **context})


@register.simple_block_tag
def capture(content: str) -> str:
    """Return the content; `as name` keeps it for use in several places."""
    return content.strip() if not isinstance(content, SafeString) else SafeString(content.strip())


@register.simple_block_tag
def panel(content: str, title: str = "", note: str = "", id: str = "", flush: bool = False) -> SafeString:
    """A titled section with a border; `flush` lets a table reach its edges."""
    return _filled("panel", content, title=title, note=note, id=id, flush=flush)


@register.simple_block_tag
def card(content: str, url: str = "") -> SafeString:
    """A plain bordered box; with a URL the whole box leads there by its first link."""
    return _filled("card", content, url=url)


@register.simple_block_tag
def explain(content: str, title: str = "", sentence: str = "", formula: str = "") -> SafeString:
    """Where a number comes from: a sentence, the formula with numbers put in, then rows as content."""
    return _filled("explain", content, title=title, sentence=sentence, formula=formula)


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:
    """A modal dialog, opened by any button with `data-opens="<id>"`."""
    return _filled("dialog", content, id=id, title=title, kind="dialog")


@register.simple_block_tag
def drawer(content: str, id: str, title: str) -> SafeString:
    """A dialog at the right edge, so that the list keeps its place."""
    return _filled("dialog", content, id=id, title=title, kind="drawer")


@register.simple_block_tag
def menu(content: str, label: str, icon: str = "", small: bool = False, icon_only: bool = False) -> SafeString:
    """A drop-down of links and buttons that opens without script."""
    return _filled("menu", content, label=label, icon=icon, small=small, icon_only=icon_only)


@register.simple_block_tag
def data_table(
    content: str,
    caption: str,
    key: str = "",
    export: str | Sequence[Mapping[str, str]] = "",
    columns: bool = True,
    compact: bool = False,
) -> SafeString:
    """A table around the given head and body: sticky head, density, column choice, row keys and export links."""
    links = [{"label": "", "url": export}] if isinstance(export, str) and export else export or ()
    return _filled(
        "data_table", content, caption=caption, key=key, exports=links, columns=columns and bool(key), compact=compact
    )


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Mapping[str, object]], label: str = "") -> dict[str, object]:
    """Views of one page, each with its own URL."""
    return {"items": items, "label": label}


@register.inclusion_tag("components/stepper.html")
def stepper(steps: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The steps of one task and how far it is: done, current, todo or failed."""
    return {"steps": steps}


@register.inclusion_tag("components/breadcrumb.html")
def breadcrumb(items: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The way down to this page."""
    return {"items": items}
