"""Entries in words: why somebody is on a list, and what was heard at the door.

What the group heard without a new value (nobody at home, has died) is kept as the first words of
the entry's remark, in Vietnamese as on the workbook, so that paper and screen say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lamsach.cleansing.marking import shown_birth
from lamsach.registry.models import Sex

__all__ = ["FIELDS", "WHY", "Heard", "heard_in", "heard_told", "remark_of", "why_listed"]


class Heard(models.TextChoices):
    """What was heard of a person at the door."""

    RIGHT = "right", _("Everything is right as recorded")
    CHANGED = "changed", _("Something is different: I enter it below")
    ABSENT = "absent", _("Nobody was at home")
    MOVED = "moved", _("Does not live here any more")
    DEAD = "dead", _("Has died (as the family says)")
    UNKNOWN = "unknown", _("Nobody here knows this person")


#: Why somebody is on a list.
WHY: Final[Mapping[str, str | Promise]] = {
    "id_missing": _("No number"),
    "id_malformed": _("Number of wrong format"),
    "wrong": _("Wrong basic data"),
}

#: The fields of a suggestion, by the names under which pages show them.
FIELDS: Final[Mapping[str, str | Promise]] = {
    "full_name": _("Full name"),
    "birth_date": _("Date of birth"),
    "sex": _("Sex"),
    "personal_id": _("Personal number"),
    "hamlet": _("Hamlet"),
    "phone": _("Telephone"),
}


def why_listed(obstacle: str) -> str:
    """Why an entry is on its list."""
    return str(WHY.get(obstacle, obstacle))


def heard_told(suggestion: Mapping[str, str], note: str) -> list[tuple[str, str]]:
    """What was heard, as names and values for a page; the remark has no name."""
    told = [
        (str(name), _shown(field, suggestion[field]))
        for field, name in FIELDS.items()
        if suggestion.get(field)
    ]
    return [*told, ("", note)] if note else told


def _shown(field: str, value: str) -> str:
    if field == "birth_date":
        return shown_birth(value)
    return str(dict(Sex.choices).get(value, value)) if field == "sex" else value


def remark_of(heard: Heard, remark: str) -> str:
    """The remark that is kept.

    >>> remark_of(Heard.CHANGED, " hỏi mẹ ")
    'hỏi mẹ'
    """
    words = "" if heard == Heard.CHANGED else _words(heard)
    return ": ".join(part for part in (words, remark.strip()) if part)


def heard_in(note: str, *, changed: bool) -> tuple[str, str]:
    """What a kept remark says was heard ("" for nothing yet), and what else it says."""
    for heard in Heard:
        words = _words(heard)
        if heard != Heard.CHANGED and (note == words or note.startswith(f"{words}: ")):
            return heard.value, note[len(words) + 2 :]
    return (Heard.CHANGED.value if changed or note else ""), note


def _words(heard: Heard) -> str:
    with translation.override("vi"):
        return str(heard.label)
