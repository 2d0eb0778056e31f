"""Reading a map in a template."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def item(values: Mapping[str, str] | None, name: str) -> str:
    """The value of a name; empty where there is none."""
    return values.get(name, "") if values else ""
