"""Large numbers for people: 15.000 in Vietnamese, 15,000 in English.

Asked for where a number is to be read; everywhere else (addresses, hidden fields, identifiers)
templates write plain digits, so that nothing breaks that forgets it.
"""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

__all__ = ["grouped", "register"]

register = template.Library()


@register.filter
def grouped(number: object) -> str:
    """A whole number as the language of the page groups it; what is none stays empty."""
    return number_format(number, force_grouping=True) if isinstance(number, int) else ""
