"""What passports show on a person's page: all there were, or why there is none."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import get_language

from lamsach.accounts.models import Officer
from lamsach.clock import now
from lamsach.passports import queries
from lamsach.registry.models import Person
from lamsach.registry.panels import Panel

__all__ = ["PANEL"]


def _panel(_viewer: Officer, person: Person) -> dict[str, Any] | None:
    moment = now()
    vietnamese = (get_language() or "").startswith("vi")
    passports = [(one, one.state(moment)) for one in queries.passports_of(person)[:20]]
    refusals = [
        one.message_vi if vietnamese else one.message_en for one in queries.refusals_of(person)
    ]
    return {"passports": passports, "refusals": refusals} if passports or refusals else None


PANEL: Final = Panel("passports", 40, "passports/panel.html", _panel)
