"""What passports show on pages of others: a part of a person's page, a link to the keys."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import get_language, gettext

from lamsach.accounts.desk import NavigationLink
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.passports import queries
from lamsach.registry.models import Person
from lamsach.registry.panels import Panel

__all__ = ["LINK", "PANEL"]


def _panel(_viewer: Officer, person: Person) -> dict[str, Any] | None:
    moment = now()
    vietnamese = (get_language() or "").startswith("vi")
    passports = [(one, one.state(moment)) for one in queries.passports_of(person)[:20]]
    refusals = [
        one.message_vi if vietnamese else one.message_en for one in queries.refusals_of(person)
    ]
    return {"passports": passports, "refusals": refusals} if passports or refusals else None


LINK: Final = NavigationLink(
    "passport-keys",
    60,
    frozenset({Role.MINISTRY, Role.ADMINISTRATOR, Role.AUDITOR}),
    "passports:keys",
    lambda: gettext("Passport keys"),
)
PANEL: Final = Panel("passports", 40, "passports/panel.html", _panel)
