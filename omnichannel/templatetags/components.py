"""The one door to the design system: every tag and filter of its parts under one library, a template builtin."""

from __future__ import annotations

from django import template

from omnichannel.templatetags import access, containers, controls, durations, lists, marks, numbers, texts, visuals

register = template.Library()
for part in (access, numbers, durations, texts, marks, controls, containers, lists, visuals):
    register.tags.update(part.register.tags)
    register.filters.update(part.register.filters)
