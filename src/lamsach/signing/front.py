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

__all__ = ["CARDS", "LINKS", "PANEL"]


def _card(officer: Officer, _scope: Scope) -> Card | None:
    desks = queries.desks_of(officer)
    count = sum(one.prepared.count if one.prepared else one.awaiting for one in desks)
    if not count:
        return None
    return Card(
        sentence=gettext("doses wait for your signature."),
        count=count,
        url=reverse("signing:desk"),
        urgency=Urgency.TODAY,  # 1815/BYT-CNTT: entered and signed on the same day
        action=gettext("Look at them and sign"),
    )


def _panel(viewer: Officer, person: Person) -> dict[str, Any] | None:
    lines = queries.signature_lines(viewer, person)
    return {"lines": lines} if lines else None


def _signers(officer: Officer, _scope: Scope) -> Card | None:
    count = queries.open_signers(officer)
    if not count:
        return None
    return Card(
        sentence=gettext("signers lack a certificate that lasts another 30 days."),
        count=count,
        url=reverse("signing:signers"),
        urgency=Urgency.OPEN,
        action=gettext("See who"),
    )


CARDS: Final = (
    DeskCard("signing", 30, frozenset({Role.FACILITY_HEAD}), _card),
    DeskCard("signers", 30, frozenset({Role.ADMINISTRATOR}), _signers),
)
LINKS: Final = (
    NavigationLink(
        "signing",
        30,
        frozenset({Role.FACILITY_HEAD, Role.MINISTRY, Role.AUDITOR}),
        "signing:desk",
        lambda: gettext("Signing"),
    ),
    NavigationLink(
        "signers",
        32,
        frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
        "signing:signers",
        lambda: gettext("Signers"),
    ),
)
PANEL: Final = Panel("signing", 30, "signing/panel.html", _panel)
