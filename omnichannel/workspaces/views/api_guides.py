"""The guides of the API: Markdown in both languages with the reader's own address. The suite runs every snippet."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET
from markdown_it import MarkdownIt

from omnichannel.core.spoken import spoken

FOLDER = Path(settings.BASE_DIR) / "docs" / "guides"
GUIDES = ("first-call", "spreadsheet", "org-chart", "wecom", "scim", "scorecards", "explain", "python-client")
PLACEHOLDER = "https://retail.example"  # what the guides write for the address of the product


@cache
def guide_text(name: str, language: str) -> str:
    """Return a guide's Markdown in `zh` or `en`."""
    return (FOLDER / language / f"{name}.md").read_text(encoding="utf-8")


def guide_links() -> list[dict[str, str]]:
    """Return every guide with its title in the reader's language, in reading order."""
    return [
        {
            "label": guide_text(name, spoken()).partition("\n")[0].lstrip("# "),
            "url": reverse("api_guide", args=[name]),
        }
        for name in GUIDES
    ]


@require_GET
def api_guide(request: HttpRequest, name: str) -> HttpResponse:
    """Show one guide."""
    if name not in GUIDES:
        raise Http404
    title, _, text = guide_text(name, spoken()).partition("\n")
    lede, _, body = text.strip().partition("\n\n")
    body = body.replace(PLACEHOLDER, request.build_absolute_uri("/")[:-1])
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(body)
    context = {
        "title": title.lstrip("# "),
        "lede": lede,
        "body": mark_safe(html),  # noqa: S308 - our own files, and raw HTML in them is not passed on
        "guides": [{**link, "current": link["url"] == request.path} for link in guide_links()],
    }
    return render(request, "workspaces/api_guide.html", context)
