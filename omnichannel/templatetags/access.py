"""What this reader may open, so that a page offers no link that answers with a refusal."""

from __future__ import annotations

from django import template
from django.template.context import Context

from omnichannel.workspaces.permissions import may

register = template.Library()


@register.simple_tag(takes_context=True)
def may_open(context: Context, route: str, method: str = "GET") -> bool:
    """Tell whether the reader's role may use the route; `{% may_open "kpis:data" as ok %}`."""
    return may(context.get("access"), route, method)
