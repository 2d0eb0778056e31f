"""What signing shows on pages of others: a card on the desk, a link, a part of a person's page."""

from __future__ import annotations

from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext

from lamsach.accounts.desk import Card, DeskCard, NavigationLink, Urgency
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import Scope
from lamsach.registry.models import Person
from lamsach.registry.panels import Panel
from lamsach.signing import queries

__all__ = ["CARD", "LINK", "PANEL"]


def _card(officer: Officer, _scope: Scope) -> Card | None:
    desks = queries.desks_of(officer)
    count = sum(one.prepared.count if one.prepared else one.awaiting for one in desks)
    if not count:
        return None
    sentence = gettext("%(count)s doses wait for your signature.")
    return Card(
        sentence=sentence % {"count": count},
        count=count,
        url=reverse("signing:desk"),
        urgency=Urgency.TODAY,  # 1815/BYT-CNTT: entered and signed on the same day
        action=gettext("Look at them and sign"),
    )


def _panel(viewer: Officer, person: Person) -> dict[str, Any] | None:
    lines = queries.signature_lines(viewer, person)
    return {"lines": lines} if lines else None


CARD: Final = DeskCard("signing", 30, frozenset({Role.FACILITY_HEAD}), _card)
LINK: Final = NavigationLink(
    "signing",
    30,
    frozenset({Role.FACILITY_HEAD, Role.MINISTRY, Role.AUDITOR}),
    "signing:desk",
    lambda: gettext("Signing"),
)
PANEL: Final = Panel("signing", 30, "signing/panel.html", _panel)
