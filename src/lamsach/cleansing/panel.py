"""Cleansing's part of a person's page: on which list they are or were, and what was decided."""

from __future__ import annotations

from typing import Any, Final

from lamsach.accounts.models import Officer
from lamsach.cleansing.queries import lists_of_person
from lamsach.registry.models import Person
from lamsach.registry.panels import Panel

__all__ = ["PANEL"]


def _context(_viewer: Officer, person: Person) -> dict[str, Any] | None:
    shown = list(lists_of_person(person)[:10])
    return {"entries": shown} if shown else None


PANEL: Final = Panel("cleansing", 40, "cleansing/panel.html", _context)
